"""Messages of invitations: claimed before they are sent, settled afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import decisions, ledger, people, rows, tables, touchpoints

INVITATION = rows.table(tables.Invitation)
MESSAGE = rows.table(tables.Message)
TOUCHPOINT = touchpoints.TOUCHPOINT
PERSON = people.PERSON
EVENT = ledger.EVENT
_DECISION = decisions.DECISION


FIRST = "invitation"
"""``send`` of an invitation's first message; the others are ``reminder-1``, ``reminder-2`` …"""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message that is due, with what is needed to look again and to send it."""

    id: int
    invitation_id: int
    key: str
    channel: str
    address: str = field(repr=False)
    attempts: int
    token: str = field(repr=False)
    survey: str
    language: str
    expires_at: datetime
    waiting: touchpoints.Waiting
    send: str = FIRST
    """Which of the invitation's messages it is."""
    remind: tuple[timedelta, ...] = ()
    """When the person is to be reminded, counted from the first message."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """The wording of the invitation's variant."""

    @property
    def is_reminder(self) -> bool:
        """Whether the person has a message about the same thing already."""
        return self.send != FIRST


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """How much waits, so that a step can tell whether to go now or to let the batch grow."""

    count: int
    oldest: datetime | None
    newest: datetime | None


def gathered(tx: sa.Connection, connector: str, now: datetime, resting: Sequence[str] = ()) -> Gathered:
    """What is due to be sent for this connector, but by the channels that rest.

    Oldest by when it became due, newest by when it was made or became due.
    """
    became_due = sa.case((MESSAGE.c.made_at > MESSAGE.c.due_at, MESSAGE.c.made_at), else_=MESSAGE.c.due_at)
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.min(MESSAGE.c.due_at), sa.func.max(became_due, type_=MESSAGE.c.due_at.type)).where(
            _due(connector, now, resting)
        )
    ).one()
    return Gathered(count=row[0], oldest=row[1], newest=row[2])


def _due(connector: str, now: datetime, resting: Sequence[str]) -> sa.ColumnElement[bool]:
    due = sa.and_(MESSAGE.c.state == "due", MESSAGE.c.connector == connector, MESSAGE.c.due_at <= now)
    return sa.and_(due, MESSAGE.c.channel.not_in(resting)) if resting else due


def due(tx: sa.Connection, connector: str, now: datetime, limit: int, resting: Sequence[str] = ()) -> list[int]:
    """Ids of the next messages to send for this connector, those due first first. Nothing is claimed yet."""
    query = sa.select(MESSAGE.c.id).join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
    wanted = query.where(_due(connector, now, resting), *_answerable(now))
    return list(tx.execute(wanted.order_by(MESSAGE.c.due_at, MESSAGE.c.id).limit(limit)).scalars())


def _answerable(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Nobody gets a link that leads to a closed survey, or to one that they answered."""
    return INVITATION.c.state == "open", INVITATION.c.expires_at > now


def load(tx: sa.Connection, ids: Sequence[int]) -> list[Outgoing]:
    """Those of these messages that are still due, in the order in which they became due."""
    found: list[Outgoing] = []
    for chunk in rows.chunks(ids):
        query = (
            sa.select(MESSAGE, INVITATION, TOUCHPOINT, _DECISION.c.plan)
            .join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
            .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
            .outerjoin(_DECISION, _DECISION.c.touchpoint_id == TOUCHPOINT.c.id)
            .where(MESSAGE.c.id.in_(chunk), MESSAGE.c.state == "due")
            .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
            .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        )
        found += [_outgoing(row) for row in rows.as_dicts(tx.execute(query))]
    return found


def _outgoing(row: Mapping[str, Any]) -> Outgoing:
    touch = {name: row[f"touchpoint_{name}"] for name in touchpoints.COLUMNS}
    return Outgoing(
        id=row["message_id"],
        invitation_id=row["invitation_id"],
        key=row["message_key"],
        channel=row["message_channel"],
        address=row["message_address"] or "",
        attempts=row["message_attempts"],
        token=row["invitation_token"],
        survey=row["invitation_survey"],
        language=row["invitation_language"],
        expires_at=row["invitation_expires_at"],
        waiting=touchpoints.Waiting(id=touch["id"], touch=touchpoints.as_noun(touch), person_id=touch["person_id"]),
        send=row["message_send"],
        remind=decisions.reminders(row["decision_plan"]),
        words=row["invitation_words"] or {},
    )


def last_sent(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, datetime]:
    """Person id → when the last message went to them, or may have gone; a reminder is part of the same asking."""
    at = sa.func.coalesce(MESSAGE.c.sent_at, MESSAGE.c.claimed_at, MESSAGE.c.due_at, type_=MESSAGE.c.due_at.type)
    gone = MESSAGE.c.state.in_(("sent", "sending", "unsure"))
    found: dict[int, datetime] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = (
            sa.select(INVITATION.c.person_id, sa.func.max(at, type_=MESSAGE.c.due_at.type))
            .join(MESSAGE, MESSAGE.c.invitation_id == INVITATION.c.id)
            .where(INVITATION.c.person_id.in_(chunk), gone, MESSAGE.c.send == FIRST)
            .group_by(INVITATION.c.person_id)
        )
        found.update((i, latest) for i, latest in tx.execute(query))
    return found


def claim(tx: sa.Connection, message_id: int, now: datetime) -> bool:
    """Take this message for sending; False when somebody else did, it is no longer due, or the person has just said no."""
    of_message = INVITATION.c.id == MESSAGE.c.invitation_id
    answerable = sa.exists().where(of_message, *_answerable(now))
    said_no = sa.exists().where(of_message, PERSON.c.id == INVITATION.c.person_id, PERSON.c.opted_out_at.is_not(None))
    taken = tx.execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.id == message_id, MESSAGE.c.state == "due", answerable, sa.not_(said_no))
        .values(state="sending", claimed_at=now, attempts=MESSAGE.c.attempts + 1)
    )
    return taken.rowcount == 1


def sent(tx: sa.Connection, one: Outgoing, reference: str, at: datetime) -> None:
    """The transport took it."""
    _settle(tx, one, state="sent", sent_at=at, reference=reference, problem="")
    if not one.is_reminder:
        decisions.asked(tx, one.waiting.id, at)
    _note(tx, one, at, "reminded" if one.is_reminder else "sent", one.channel)


def later(tx: sa.Connection, one: Outgoing, due_at: datetime, problem: str, at: datetime) -> None:
    """It did not go and will be tried again."""
    _settle(tx, one, state="due", due_at=due_at, problem=problem)
    _note(tx, one, at, "deferred", problem)


def unsure(tx: sa.Connection, one: Outgoing, problem: str, at: datetime) -> None:
    """It may or may not have gone."""
    _settle(tx, one, state="unsure", problem=problem)
    _note(tx, one, at, "unsure", problem)


def refused(tx: sa.Connection, one: Outgoing, problem: str, at: datetime) -> None:
    """The address is refused for good: the invitation ends, unless the person has its first message."""
    _settle(tx, one, state="refused", problem=problem)
    if one.is_reminder:
        _call_off(tx, one.invitation_id, "the address is refused for good")
    else:
        tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    _note(tx, one, at, "refused", problem)


def cancel(tx: sa.Connection, one: Outgoing, why: str, at: datetime) -> bool:
    """The last look said no: the invitation ends before it went. False when somebody else has taken it to send it."""
    waiting = sa.and_(MESSAGE.c.id == one.id, MESSAGE.c.state == "due")
    if tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled")).rowcount == 0:
        return False
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    _note(tx, one, at, "cancelled", why)
    return True


def remind(tx: sa.Connection, one: Outgoing, *, send: str, key: str, due_at: datetime, now: datetime) -> None:
    """Store the reminder that follows this message, unless it is there already or an answer has come."""
    still_open = sa.select(INVITATION.c.id).where(INVITATION.c.id == one.invitation_id, INVITATION.c.state == "open")
    if tx.execute(still_open).first() is None:
        return
    row = {
        "invitation_id": one.invitation_id,
        "connector": one.waiting.touch.connector,
        "send": send,
        "key": key,
        "channel": one.channel,
        "address": one.address,
        "state": "due",
        "made_at": now,
        "due_at": due_at,
        "attempts": 0,
        "reference": "",
        "problem": "",
    }
    rows.insert_new(tx, MESSAGE, [row])


def no_more(tx: sa.Connection, one: Outgoing, why: str, explanation: str, at: datetime) -> None:
    """The last look before a reminder said no: no reminder goes any more. The first message went, so its link stays."""
    if _call_off(tx, one.invitation_id, explanation):
        _note(tx, one, at, "not_reminded", why)


def _call_off(tx: sa.Connection, invitation_id: int, problem: str) -> int:
    waiting = sa.and_(MESSAGE.c.invitation_id == invitation_id, MESSAGE.c.state == "due")
    return tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled", problem=problem)).rowcount


def answered(tx: sa.Connection, invitation_id: int) -> None:
    """The person answered: what was still to be sent is not needed, and what may or may not have gone did go."""
    _call_off(tx, invitation_id, "answered before it was sent")
    of_invitation = MESSAGE.c.invitation_id == invitation_id
    tx.execute(sa.update(MESSAGE).where(of_invitation, MESSAGE.c.state == "unsure").values(state="sent", problem=""))


def postpone(tx: sa.Connection, message_id: int, until: datetime, problem: str) -> None:
    """A message that cannot even be looked at waits, so that it does not hold up the others."""
    waiting = sa.and_(MESSAGE.c.id == message_id, MESSAGE.c.state == "due")
    tx.execute(sa.update(MESSAGE).where(waiting).values(due_at=until, problem=problem))


def _settle(tx: sa.Connection, one: Outgoing, **values: Any) -> None:
    # "unsure" too: tidy may have given up on a send that was merely slow.
    claimed = MESSAGE.c.state.in_(("sending", "unsure"))
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == one.id, claimed).values(claimed_at=None, **values))


def _note(tx: sa.Connection, one: Outgoing, at: datetime, what: str, detail: str) -> None:
    ledger.note(tx, [ledger.Line(touchpoint_id=one.waiting.id, at=at, step="deliver", what=what, detail=detail)])


def stalled(tx: sa.Connection, now: datetime, after: timedelta) -> int:
    """Messages claimed longer ago than ``after`` whose sender never came back: unsure from now on; how many."""
    old = sa.and_(MESSAGE.c.state == "sending", MESSAGE.c.claimed_at <= now - after)
    query = sa.select(MESSAGE.c.id, INVITATION.c.touchpoint_id).join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
    found = tx.execute(query.where(old)).all()
    problem = "the program ended while this was being sent; it may or may not have gone"
    tx.execute(sa.update(MESSAGE).where(old).values(state="unsure", claimed_at=None, problem=problem))
    ledger.note(
        tx,
        (ledger.Line(touchpoint_id=row.touchpoint_id, at=now, step="tidy", what="unsure", detail=problem) for row in found),
    )
    return len(found)


def send_again(
    tx: sa.Connection,
    now: datetime,
    *,
    channels: Sequence[str] | None = None,
    ids: Sequence[int] | None = None,
    most: int | None = None,
) -> int:
    """Unsure messages are due again, with the same key, unless the survey is closed or answered; how many.

    ``channels`` and ``ids`` narrow it to some, ``most`` to those that have been unsure at most so many times.
    """
    of_message = INVITATION.c.id == MESSAGE.c.invitation_id
    which = sa.and_(MESSAGE.c.state == "unsure", sa.exists().where(of_message, *_answerable(now)))
    if channels is not None:
        which = sa.and_(which, MESSAGE.c.channel.in_(channels))
    if ids is not None:
        which = sa.and_(which, MESSAGE.c.id.in_(ids))
    if most is not None:
        lines = sa.select(sa.func.count()).where(of_message, EVENT.c.touchpoint_id == INVITATION.c.touchpoint_id)
        which = sa.and_(which, lines.where(EVENT.c.what == "unsure").correlate(MESSAGE).scalar_subquery() <= most)
    return tx.execute(sa.update(MESSAGE).where(which).values(state="due", due_at=now)).rowcount
