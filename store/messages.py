"""Messages of invitations: claimed before they are sent, settled afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import decisions, ledger, people, rows, tables, touchpoints

INVITATION = rows.table(tables.Invitation)
MESSAGE = rows.table(tables.Message)
TOUCHPOINT = touchpoints.TOUCHPOINT
PERSON = people.PERSON


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


def answerable(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Nobody gets a link that leads to a closed survey, or to one that they answered."""
    return INVITATION.c.state == "open", INVITATION.c.expires_at > now


def claim(tx: sa.Connection, message_id: int, now: datetime) -> bool:
    """Take this message for sending; False when somebody else did, it is no longer due, or the person has just said no."""
    of_message = INVITATION.c.id == MESSAGE.c.invitation_id
    can_answer = sa.exists().where(of_message, *answerable(now))
    said_no = sa.exists().where(of_message, PERSON.c.id == INVITATION.c.person_id, PERSON.c.opted_out_at.is_not(None))
    taken = tx.execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.id == message_id, MESSAGE.c.state == "due", can_answer, sa.not_(said_no))
        .values(state="sending", claimed_at=now, attempts=MESSAGE.c.attempts + 1)
    )
    return taken.rowcount == 1


def sent(tx: sa.Connection, one: Outgoing, reference: str, at: datetime) -> None:
    """The transport took it."""
    settle(tx, one, state="sent", sent_at=at, reference=reference, problem="")
    if not one.is_reminder:
        decisions.asked(tx, one.waiting.id, at)
    note(tx, one, at, "reminded" if one.is_reminder else "sent", one.channel)


def later(tx: sa.Connection, one: Outgoing, due_at: datetime, problem: str, at: datetime) -> None:
    """It did not go and will be tried again."""
    settle(tx, one, state="due", due_at=due_at, problem=problem)
    note(tx, one, at, "deferred", problem)


def refused(tx: sa.Connection, one: Outgoing, problem: str, at: datetime) -> None:
    """The address is refused for good: the invitation ends, unless the person has its first message."""
    settle(tx, one, state="refused", problem=problem)
    if one.is_reminder:
        _call_off(tx, one.invitation_id, "the address is refused for good")
    else:
        tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    note(tx, one, at, "refused", problem)


def cancel(tx: sa.Connection, one: Outgoing, why: str, at: datetime) -> bool:
    """The last look said no: the invitation ends before it went. False when somebody else has taken it to send it."""
    waiting = sa.and_(MESSAGE.c.id == one.id, MESSAGE.c.state == "due")
    if tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled")).rowcount == 0:
        return False
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    note(tx, one, at, "cancelled", why)
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
        note(tx, one, at, "not_reminded", why)


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


def settle(tx: sa.Connection, one: Outgoing, **values: Any) -> None:
    """Store what became of a message that was claimed."""
    # "unsure" too: tidy may have given up on a send that was merely slow.
    claimed = MESSAGE.c.state.in_(("sending", "unsure"))
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == one.id, claimed).values(claimed_at=None, **values))


def note(tx: sa.Connection, one: Outgoing, at: datetime, what: str, detail: str) -> None:
    """A line in the ledger."""
    ledger.note(tx, [ledger.Line(touchpoint_id=one.waiting.id, at=at, step="deliver", what=what, detail=detail)])
