"""What one answer at a place becomes: touchpoint, decision, answered invitation and answer, in the caller's transaction.

Called by journey/places and journey/anonymous. It gets the same rows as an answer to a message, so that why, status, forgetting
and reports need not know that nobody was written to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import answers, decisions, ledger, messages, rows, tables, touchpoints, updates
from triggers import decision

TOUCHPOINT = touchpoints.TOUCHPOINT
INVITATION = messages.INVITATION
ANSWER = answers.ANSWER
TAP = rows.table(tables.Tap)
CODE = "code"
"""Fact of a visit whose record is known: the place, which is the record of all others."""
SOURCE = "places"
"""``Touchpoint.source`` of what happened at a place of ours, where no CRM was read."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it was given. ``state`` is confirmed or doubtful."""

    nonce: str = field(repr=False)
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)
    at: datetime
    state: str = "confirmed"
    sign: str = ""
    doubt: str = ""
    language: str = ""
    channel: str = ""
    device: str = ""
    wording: str = ""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One answer's touchpoint, and how it was asked."""

    found: touchpoints.Found
    survey: str
    explanation: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The newest version of an answer at a place."""

    id: int
    invitation_id: int
    touchpoint_id: int
    nonce: str = field(repr=False)
    version: int
    state: str
    sign: str
    doubt: str


def visit(tx: sa.Connection, one: Visit, given: Given, now: datetime) -> Kept | None:
    """Store a visit whole; None, and nothing changed, when its touchpoint is there already.

    Nobody was sent anything: the decision has no moment of asking, so that no cap or quarantine counts it; but for a person who
    is known, who has been asked by answering.
    """
    if touchpoints.add(tx, [one.found], now) == 0:
        return None
    row = tx.execute(sa.select(TOUCHPOINT.c.id, TOUCHPOINT.c.person_id).where(_is(one.found))).one()
    said = decision.Decision(verdict=decision.Verdict.ASK, reason=decision.Reason.ASKED, explanation=one.explanation)
    decisions.put(tx, {row.id: (row.person_id, said)}, now)
    decisions.invited(tx, [row.id])
    if row.person_id is not None:
        decisions.asked(tx, row.id, given.at)
    invited = {
        "touchpoint_id": row.id,
        "person_id": row.person_id,
        "token": one.token,
        "survey": one.survey,
        "language": given.language,
        "state": "answered",
        "made_at": given.at,
        "expires_at": given.at,
    }
    made = tx.execute(sa.insert(INVITATION).values(invited).returning(INVITATION.c.id)).scalar_one()
    return _put(tx, (made, row.id), given, 1)


def _is(found: touchpoints.Found) -> sa.ColumnElement[bool]:
    touch = found.touch
    return sa.and_(
        TOUCHPOINT.c.connector == touch.connector,
        TOUCHPOINT.c.kind == touch.kind,
        TOUCHPOINT.c.record == touch.record,
        TOUCHPOINT.c.occurrence == touch.occurrence,
    )


def _put(tx: sa.Connection, at: tuple[int, int], given: Given, version: int) -> Kept:
    """One version of the answer to this invitation of this touchpoint, with its line in the ledger."""
    invitation_id, touchpoint_id = at
    values = {
        "invitation_id": invitation_id,
        "version": version,
        "state": given.state,
        "value": given.value,
        "comment": given.comment,
        "nonce": given.nonce,
        "at": given.at,
        "sign": given.sign,
        "doubt": given.doubt,
        "extras": dict(given.extras) or sa.null(),
        "language": given.language,
        "channel": given.channel,
        "device": given.device,
        "wording": given.wording,
    }
    made = tx.execute(sa.insert(ANSWER).values(values).returning(ANSWER.c.id)).scalar_one()
    what = "doubtful" if given.state == "doubtful" else "answered" if version == 1 else "changed"
    ledger.note(tx, [ledger.Line(touchpoint_id=touchpoint_id, at=given.at, step="collect", what=what, detail=given.doubt)])
    return Kept(
        id=made,
        invitation_id=invitation_id,
        touchpoint_id=touchpoint_id,
        nonce=given.nonce,
        version=version,
        state=given.state,
        sign=given.sign,
        doubt=given.doubt,
    )


def newest(tx: sa.Connection, found: touchpoints.Found) -> Kept | None:
    """The newest version of what was answered in this visit."""
    query = (
        sa.select(ANSWER, INVITATION.c.touchpoint_id)
        .join(INVITATION, INVITATION.c.id == ANSWER.c.invitation_id)
        .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
        .where(_is(found))
        .order_by(ANSWER.c.version.desc())
        .limit(1)
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else Kept(**{name: row[name] for name in Kept.__dataclass_fields__})


def change(tx: sa.Connection, before: Kept, given: Given) -> Kept:
    """The same visitor says more: a new version, which counts as much as the one before did."""
    tx.execute(sa.update(ANSWER).where(ANSWER.c.id == before.id).values(state="replaced"))
    made = _put(tx, (before.invitation_id, before.touchpoint_id), given, before.version + 1)
    tx.execute(sa.update(TAP).where(TAP.c.answer_id == before.id).values(answer_id=made.id))
    return made


def write(tx: sa.Connection, kept: Kept, targets: Sequence[updates.Target], now: datetime) -> None:
    """Queue the answer for the record that it is about."""
    updates.add(tx, kept.id, kept.touchpoint_id, targets, now)


@dataclass(frozen=True, kw_only=True)
class Tap:
    """One answer by one hand, as the search for repeats needs it."""

    answer_id: int
    touchpoint_id: int
    at: datetime
    state: str
    sign: str


def tap(tx: sa.Connection, hand: str, kept: Kept, at: datetime, now: datetime) -> None:
    """Note by which hand this answer was given."""
    rows.insert(tx, TAP, [{"hand": hand, "at": at, "noted_at": now, "answer_id": kept.id}])


def taps(tx: sa.Connection, hand: str, at: datetime, around: timedelta, most: int = 500) -> list[Tap]:
    """What this hand answered around this moment, oldest first."""
    query = (
        sa.select(TAP.c.answer_id, INVITATION.c.touchpoint_id, TAP.c.at, ANSWER.c.state, ANSWER.c.sign)
        .join(ANSWER, ANSWER.c.id == TAP.c.answer_id)
        .join(INVITATION, INVITATION.c.id == ANSWER.c.invitation_id)
        .where(TAP.c.hand == hand, TAP.c.at >= at - around, TAP.c.at <= at + around)
        .order_by(TAP.c.at, TAP.c.id)
        .limit(most)
    )
    return [Tap(**row) for row in rows.as_dicts(tx.execute(query))]


def judge(tx: sa.Connection, taps: Sequence[Tap], state: str, sign: str, doubt: str) -> None:
    """From now on these answers are in this state."""
    for chunk in rows.chunks(taps):
        these = ANSWER.c.id.in_([one.answer_id for one in chunk])
        tx.execute(sa.update(ANSWER).where(these).values(state=state, sign=sign, doubt=doubt))


def counts(tx: sa.Connection, code: str, since: datetime) -> list[tuple[str, str, str, int, int]]:
    """(Shift, state, sign, value) and how many answers of a place there are, given since this moment."""
    shift, own = TOUCHPOINT.c.context["shift"].as_string(), TOUCHPOINT.c.context[CODE].as_string()
    here = sa.or_(sa.and_(TOUCHPOINT.c.connector == "", TOUCHPOINT.c.record == code), own == code)
    columns = (shift.label("shift"), ANSWER.c.state, ANSWER.c.sign, ANSWER.c.value)
    query = (
        sa.select(*columns, sa.func.count())
        .join(INVITATION, INVITATION.c.touchpoint_id == TOUCHPOINT.c.id)
        .join(ANSWER, ANSWER.c.invitation_id == INVITATION.c.id)
        .where(TOUCHPOINT.c.source == SOURCE, here, TOUCHPOINT.c.happened_at >= since, ANSWER.c.state != "replaced")
        .group_by(sa.text("shift"), ANSWER.c.state, ANSWER.c.sign, ANSWER.c.value)
    )
    return [(found or "", state, sign, value, count) for found, state, sign, value, count in tx.execute(query)]


def forget_taps(tx: sa.Connection, before: datetime) -> int:
    """Forget by which hand answers were given that were stored before; how many."""
    return tx.execute(sa.delete(TAP).where(TAP.c.noted_at < before)).rowcount
