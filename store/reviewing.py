"""Reviewing answers: what an admin sees of them, and their release or withdrawal.

Called by journey/reviewing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, holding, ledger, messages, rows, touchpoints, updates

ANSWER = answers.ANSWER
INVITATION = messages.INVITATION
TOUCHPOINT = touchpoints.TOUCHPOINT
UPDATE = updates.UPDATE
WITHDRAWN = "withdrawn"
"""Topic of a field update that takes an answer back, and the only thing that it carries."""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """An answer with its invitation."""

    id: int
    token: str
    given: answers.Given
    state: str


_LISTED = (
    sa.select(
        ANSWER.c.id,
        ANSWER.c.state,
        ANSWER.c.version,
        ANSWER.c.value,
        ANSWER.c.comment,
        ANSWER.c.at,
        ANSWER.c.sign,
        ANSWER.c.doubt,
        ANSWER.c.language,
        ANSWER.c.channel,
        ANSWER.c.device,
        INVITATION.c.survey,
        TOUCHPOINT.c.connector,
        TOUCHPOINT.c.object,
        TOUCHPOINT.c.record,
        TOUCHPOINT.c.label,
        TOUCHPOINT.c.kind,
    )
    .join(INVITATION, INVITATION.c.id == ANSWER.c.invitation_id)
    .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
)


def listed(tx: sa.Connection, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Answers with the names of what they are about, the newest first. ``state`` None: every version but taps in the mail."""
    which = ANSWER.c.version > 0 if state is None else ANSWER.c.state == state
    return rows.as_dicts(tx.execute(_LISTED.where(which).order_by(ANSWER.c.id.desc()).limit(limit)))


def load(tx: sa.Connection, answer_id: int) -> Reviewed | None:
    """The answer with this id; None for an unknown one, and for a tap in the mail, which is none."""
    query = sa.select(ANSWER, INVITATION.c.token).join(INVITATION, INVITATION.c.id == ANSWER.c.invitation_id)
    row = tx.execute(query.where(ANSWER.c.id == answer_id, ANSWER.c.version > 0)).mappings().first()
    if row is None:
        return None
    given = answers.Given(
        value=row["value"],
        comment=row["comment"] or "",
        nonce=row["nonce"] or "",
        at=row["at"],
        extras=row["extras"] or {},
    )
    return Reviewed(id=row["id"], token=row["token"], given=given, state=row["state"])


def release(tx: sa.Connection, one: Reviewed, invited: holding.Invited, targets: Sequence[updates.Target], now: datetime) -> None:
    """This answer counts from now on, in place of another one where there is one, and goes to the CRM."""
    before = sa.and_(ANSWER.c.invitation_id == invited.id, ANSWER.c.state.in_(("confirmed", "provisional")))
    tx.execute(sa.update(ANSWER).where(before).values(state="replaced"))
    tx.execute(sa.update(ANSWER).where(ANSWER.c.id == one.id).values(state="confirmed"))
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == invited.id).values(state="answered"))
    messages.answered(tx, invited.id)
    _give_way(tx, invited.touchpoint_id)
    # It may have been written before, when it counted for the first time: now it comes after everything that waits.
    tx.execute(sa.delete(UPDATE).where(UPDATE.c.answer_id == one.id))
    rows.insert(tx, UPDATE, [updates.row(one.id, invited.touchpoint_id, target, now) for target in targets])
    _note(tx, invited, now, "released", f"answer-{one.id}")


def void(tx: sa.Connection, one: Reviewed, invited: holding.Invited, why: str, now: datetime) -> None:
    """This answer counts no longer and leaves the CRM; the link is open again until it expires.

    No other answer of the invitation takes its place. On the record comes what an answer about another occurrence says, if
    there is one that counts; else the fields are emptied.
    """
    tx.execute(sa.update(ANSWER).where(ANSWER.c.id == one.id).values(state="void"))
    if one.state == "confirmed":
        _give_way(tx, invited.touchpoint_id)
        state = "open" if now < invited.expires_at else "expired"
        tx.execute(sa.update(INVITATION).where(INVITATION.c.id == invited.id).values(state=state))
        written = sa.select(UPDATE.c.connector, UPDATE.c.object, UPDATE.c.record).where(UPDATE.c.answer_id == one.id)
        for connector, object_name, record in tx.execute(written).all():
            target = updates.Target(connector=connector, object=object_name, record=record, fields={WITHDRAWN: True})
            if not _restore(tx, target, now):
                updates.tell(tx, {invited.touchpoint_id: target}, now, topic=WITHDRAWN)
    _note(tx, invited, now, "voided", f"answer-{one.id}{': ' if why else ''}{why}")


def _give_way(tx: sa.Connection, touchpoint_id: int) -> None:
    """What still waits to be written of this touchpoint's answers is not wanted any more."""
    of_answers = sa.or_(UPDATE.c.answer_id.is_not(None), UPDATE.c.topic == WITHDRAWN)
    waiting = sa.and_(UPDATE.c.touchpoint_id == touchpoint_id, of_answers, UPDATE.c.state.in_(("due", "dead")))
    tx.execute(sa.update(UPDATE).where(waiting).values(state="replaced"))


def _restore(tx: sa.Connection, target: updates.Target, now: datetime) -> bool:
    """Write once more what the latest other answer that counts says about this record; False where there is none."""
    same = sa.and_(UPDATE.c.connector == target.connector, UPDATE.c.object == target.object, UPDATE.c.record == target.record)
    query = (
        sa.select(UPDATE)
        .join(ANSWER, ANSWER.c.id == UPDATE.c.answer_id)
        .where(same, ANSWER.c.state == "confirmed", UPDATE.c.fields.is_not(sa.null()))
        .order_by(ANSWER.c.at.desc(), ANSWER.c.id.desc())
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return False
    before = updates.Target(connector=row["connector"], object=row["object"], record=row["record"], fields=row["fields"])
    tx.execute(sa.delete(UPDATE).where(UPDATE.c.id == row["id"]))
    rows.insert(tx, UPDATE, [updates.row(row["answer_id"], row["touchpoint_id"], before, now)])
    return True


def _note(tx: sa.Connection, invited: holding.Invited, now: datetime, what: str, detail: str) -> None:
    ledger.note(tx, [ledger.Line(touchpoint_id=invited.touchpoint_id, at=now, step="review", what=what, detail=detail)])


def fired(tx: sa.Connection) -> dict[str, dict[str, int]]:
    """Sign → state → how many of the answers that showed it are in that state now."""
    query = sa.select(ANSWER.c.sign, ANSWER.c.state, sa.func.count()).where(ANSWER.c.sign != "")
    found: dict[str, dict[str, int]] = {}
    for sign, state, count in tx.execute(query.group_by(ANSWER.c.sign, ANSWER.c.state)):
        found.setdefault(sign, {})[state] = count
    return found
