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
"""``send`` of an invitation's first message; the others are ``reminder-1`` …, and ``fallback-1`` … over other channels."""
_REMINDER = "reminder-"


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
    channels: tuple[str, ...] = ()
    """All that the rule names, in its order."""
    due_at: datetime | None = None
    tried_at: datetime | None = None
    """When it was first tried."""

    @property
    def is_reminder(self) -> bool:
        """Whether the person has a message about the same thing already."""
        return self.send.startswith(_REMINDER)


def of_touchpoint(tx: sa.Connection, touchpoint_id: int) -> list[int]:
    """Ids of the messages about it, the oldest first."""
    query = sa.select(MESSAGE.c.id).join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
    return list(tx.execute(query.where(INVITATION.c.touchpoint_id == touchpoint_id).order_by(MESSAGE.c.id)).scalars())


def not_a_reminder() -> sa.ColumnElement[bool]:
    """First messages and those that take their place: what counts as asking."""
    return sa.not_(MESSAGE.c.send.startswith(_REMINDER))


def in_state(*states: str) -> sa.ColumnElement[bool]:
    """Whether messages that were found by something else are in one of these states.

    Not a search by state: SQLite would go through all messages that went, or wait, instead of through those of the person.
    """
    return MESSAGE.c.state.concat("").in_(states)


def answerable(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Nobody gets a link that leads to a closed survey, or to one that they answered."""
    return INVITATION.c.state == "open", INVITATION.c.expires_at > now


_OF_MESSAGE = INVITATION.c.id == MESSAGE.c.invitation_id
_NOW = sa.bindparam("now", type_=MESSAGE.c.claimed_at.type)
_SAID_NO = sa.exists().where(_OF_MESSAGE, PERSON.c.id == INVITATION.c.person_id, PERSON.c.opted_out_at.is_not(None))
_CLAIM = (
    sa.update(MESSAGE)
    .where(
        MESSAGE.c.id == sa.bindparam("message"),
        MESSAGE.c.state == "due",
        sa.exists().where(_OF_MESSAGE, INVITATION.c.state == "open", INVITATION.c.expires_at > _NOW),
        sa.not_(_SAID_NO),
    )
    .values(
        state="sending",
        claimed_at=_NOW,
        attempts=MESSAGE.c.attempts + 1,
        tried_at=sa.func.coalesce(MESSAGE.c.tried_at, _NOW, type_=MESSAGE.c.tried_at.type),
        reference=sa.bindparam("known_as"),
    )
)
"""Made once, like the next: putting it together takes more of the processor than running it, and every message needs both."""
_CLAIMED = MESSAGE.c.state.in_(("sending", "unsure"))
"""``unsure`` too: tidy may have given up on a send that was merely slow."""
_SENT = (
    sa.update(MESSAGE)
    .where(MESSAGE.c.id == sa.bindparam("message"), _CLAIMED)
    .values(claimed_at=None, state="sent", sent_at=_NOW, reference=sa.bindparam("known_as"), problem="", code="")
)


def claim(tx: sa.Connection, message_id: int, now: datetime, reference: str = "") -> bool:
    """Take this message for sending; False when somebody else did, it is no longer due, or the person has just said no.

    ``reference``: what the far end will call it, where that is known before it has gone.
    """
    return tx.execute(_CLAIM, {"message": message_id, "now": now, "known_as": reference}).rowcount == 1


def sent(tx: sa.Connection, one: Outgoing, reference: str, at: datetime) -> None:
    """The transport took it."""
    tx.execute(_SENT, {"message": one.id, "now": at, "known_as": reference})
    if not one.is_reminder:
        decisions.asked(tx, one.waiting.id, at)
    note(tx, one, at, "reminded" if one.is_reminder else "sent", one.channel)


def made_of(tx: sa.Connection, one: Outgoing, parts: int) -> None:
    """Of how many text messages it was made."""
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == one.id).values(parts=parts))


def later(tx: sa.Connection, one: Outgoing, due_at: datetime, problem: str, at: datetime, code: str = "") -> None:
    """It did not go and will be tried again."""
    settle(tx, one, state="due", due_at=due_at, problem=problem, code=code)
    note(tx, one, at, "deferred", problem)


def refused(tx: sa.Connection, one: Outgoing, problem: str, at: datetime, code: str = "") -> None:
    """It is refused for good, and so are its reminders. What becomes of the invitation is for the caller."""
    settle(tx, one, state="refused", problem=problem, code=code)
    call_off(tx, one.invitation_id, "the message before it did not arrive")
    note(tx, one, at, "refused", problem)


def hold(tx: sa.Connection, one: Outgoing, why: str, problem: str, at: datetime) -> bool:
    """It does not go after all, and the invitation waits for what takes its place. False when somebody took it to send it."""
    waiting = sa.and_(MESSAGE.c.id == one.id, MESSAGE.c.state == "due")
    if tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled", problem=problem)).rowcount == 0:
        return False
    note(tx, one, at, "cancelled", why)
    return True


def end(tx: sa.Connection, invitation_id: int) -> None:
    """The invitation is over before it was answered; its link leads to a closed survey."""
    still = sa.and_(INVITATION.c.id == invitation_id, INVITATION.c.state == "open")
    tx.execute(sa.update(INVITATION).where(still).values(state="cancelled"))


def cancel(tx: sa.Connection, one: Outgoing, why: str, at: datetime) -> bool:
    """The last look said no: the invitation ends before it went. False when somebody else has taken it to send it."""
    waiting = sa.and_(MESSAGE.c.id == one.id, MESSAGE.c.state == "due")
    if tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled")).rowcount == 0:
        return False
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    note(tx, one, at, "cancelled", why)
    return True


@dataclass(frozen=True, kw_only=True)
class Next:
    """A message that follows another one of the same invitation."""

    send: str
    key: str
    channel: str
    address: str = field(repr=False)
    due_at: datetime


def follow(tx: sa.Connection, one: Outgoing, wanted: Next, now: datetime) -> bool:
    """Store what follows this message, unless it is there already or the invitation is over."""
    still_open = sa.select(INVITATION.c.id).where(INVITATION.c.id == one.invitation_id, INVITATION.c.state == "open")
    if tx.execute(still_open).first() is None:
        return False
    row = {
        "invitation_id": one.invitation_id,
        "connector": one.waiting.touch.connector,
        "send": wanted.send,
        "key": wanted.key,
        "channel": wanted.channel,
        "address": wanted.address,
        "state": "due",
        "made_at": now,
        "due_at": wanted.due_at,
        "attempts": 0,
        "reference": "",
        "problem": "",
    }
    return bool(rows.insert_new(tx, MESSAGE, [row]))


def drop_reminders(tx: sa.Connection, invitation_id: int) -> None:
    """Reminders that were never tried are taken back: they belong to a message that did not arrive."""
    untried = sa.and_(
        MESSAGE.c.invitation_id == invitation_id, MESSAGE.c.state.in_(("due", "cancelled")), MESSAGE.c.attempts == 0
    )
    tx.execute(sa.delete(MESSAGE).where(untried, sa.not_(not_a_reminder())))


def no_more(tx: sa.Connection, one: Outgoing, why: str, explanation: str, at: datetime) -> None:
    """The last look before a reminder said no: no reminder goes any more. The first message went, so its link stays."""
    if call_off(tx, one.invitation_id, explanation):
        note(tx, one, at, "not_reminded", why)


def call_off(tx: sa.Connection, invitation_id: int, problem: str) -> int:
    """What is still to be sent for the invitation does not go; how many messages."""
    waiting = sa.and_(MESSAGE.c.invitation_id == invitation_id, MESSAGE.c.state == "due")
    return tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled", problem=problem)).rowcount


def answered(tx: sa.Connection, invitation_id: int) -> None:
    """The person answered: what was still to be sent is not needed, and what may or may not have gone did go."""
    call_off(tx, invitation_id, "answered before it was sent")
    of_invitation = MESSAGE.c.invitation_id == invitation_id
    tx.execute(sa.update(MESSAGE).where(of_invitation, MESSAGE.c.state == "unsure").values(state="sent", problem=""))


def postpone(tx: sa.Connection, message_id: int, until: datetime, problem: str) -> None:
    """A message that cannot even be looked at waits, so that it does not hold up the others."""
    waiting = sa.and_(MESSAGE.c.id == message_id, MESSAGE.c.state == "due")
    tx.execute(sa.update(MESSAGE).where(waiting).values(due_at=until, problem=problem))


def settle(tx: sa.Connection, one: Outgoing, **values: Any) -> None:
    """Store what became of a message that was claimed."""
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == one.id, _CLAIMED).values(claimed_at=None, **values))


def note(tx: sa.Connection, one: Outgoing, at: datetime, what: str, detail: str) -> None:
    """A line in the ledger."""
    ledger.note(tx, [ledger.Line(touchpoint_id=one.waiting.id, at=at, step="deliver", what=what, detail=detail)])
