"""Invitations and their messages: made once, claimed before they are sent, settled afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import decisions, ledger, rows, tables, touchpoints

INVITATION = rows.table(tables.Invitation)
MESSAGE = rows.table(tables.Message)
TOUCHPOINT = touchpoints.TOUCHPOINT


@dataclass(frozen=True, kw_only=True)
class Invited:
    """A new invitation with its first message."""

    touchpoint_id: int
    person_id: int | None
    token: str = field(repr=False)
    key: str
    survey: str
    language: str
    connector: str
    channel: str
    address: str = field(repr=False)
    due_at: datetime
    expires_at: datetime


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


def invite(tx: sa.Connection, invited: Sequence[Invited], now: datetime) -> int:
    """Store these invitations, each with its first message; how many were new."""
    made = rows.insert_new(
        tx,
        INVITATION,
        [
            {
                "touchpoint_id": one.touchpoint_id,
                "person_id": one.person_id,
                "token": one.token,
                "survey": one.survey,
                "language": one.language,
                "state": "open",
                "made_at": now,
                "expires_at": one.expires_at,
            }
            for one in invited
        ],
    )
    by_touchpoint = {one.touchpoint_id: one for one in invited}
    rows.insert(tx, MESSAGE, [_first_message(row["id"], by_touchpoint[row["touchpoint_id"]], now) for row in made])
    ledger.note(tx, (_invited(row["touchpoint_id"], by_touchpoint, now) for row in made))
    return len(made)


def _invited(touchpoint_id: int, by_touchpoint: Mapping[int, Invited], now: datetime) -> ledger.Line:
    channel = by_touchpoint[touchpoint_id].channel
    return ledger.Line(touchpoint_id=touchpoint_id, at=now, step="invite", what="invited", detail=channel)


def _first_message(invitation_id: int, one: Invited, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": invitation_id,
        "connector": one.connector,
        "send": "invitation",
        "key": one.key,
        "channel": one.channel,
        "address": one.address,
        "state": "due",
        "made_at": now,
        "due_at": one.due_at,
        "attempts": 0,
        "reference": "",
        "problem": "",
    }


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """How much waits, so that a step can tell whether to go now or to let the batch grow."""

    count: int
    oldest: datetime | None
    newest: datetime | None


def gathered(tx: sa.Connection, connector: str, now: datetime) -> Gathered:
    """What is due to be sent for this connector. Oldest by when it became due, newest by when it was made or became due."""
    became_due = sa.case((MESSAGE.c.made_at > MESSAGE.c.due_at, MESSAGE.c.made_at), else_=MESSAGE.c.due_at)
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.min(MESSAGE.c.due_at), sa.func.max(became_due, type_=MESSAGE.c.due_at.type)).where(
            _due(connector, now)
        )
    ).one()
    return Gathered(count=row[0], oldest=row[1], newest=row[2])


def _due(connector: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(MESSAGE.c.state == "due", MESSAGE.c.connector == connector, MESSAGE.c.due_at <= now)


def due(tx: sa.Connection, connector: str, now: datetime, limit: int) -> list[Outgoing]:
    """The next messages to send for this connector, those due first first. Nothing is claimed yet."""
    query = (
        sa.select(MESSAGE, INVITATION, TOUCHPOINT)
        .join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
        .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
        .where(_due(connector, now))
        .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
        .limit(limit)
        .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
    )
    return [_outgoing(row) for row in rows.as_dicts(tx.execute(query))]


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
    )


def claim(tx: sa.Connection, message_id: int, now: datetime) -> bool:
    """Take this message for sending; False when somebody else did or it is no longer due."""
    taken = tx.execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.id == message_id, MESSAGE.c.state == "due")
        .values(state="sending", claimed_at=now, attempts=MESSAGE.c.attempts + 1)
    )
    return taken.rowcount == 1


def sent(tx: sa.Connection, one: Outgoing, reference: str, at: datetime) -> None:
    """The transport took it."""
    _settle(tx, one, state="sent", sent_at=at, reference=reference, problem="")
    decisions.asked(tx, one.waiting.id, at)
    _note(tx, one, at, "sent", one.channel)


def later(tx: sa.Connection, one: Outgoing, due_at: datetime, problem: str, at: datetime) -> None:
    """It did not go and will be tried again."""
    _settle(tx, one, state="due", due_at=due_at, problem=problem)
    _note(tx, one, at, "deferred", problem)


def unsure(tx: sa.Connection, one: Outgoing, problem: str, at: datetime) -> None:
    """It may or may not have gone."""
    _settle(tx, one, state="unsure", problem=problem)
    _note(tx, one, at, "unsure", problem)


def refused(tx: sa.Connection, one: Outgoing, problem: str, at: datetime) -> None:
    """The address is refused for good: the invitation ends."""
    _settle(tx, one, state="refused", problem=problem)
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    _note(tx, one, at, "refused", problem)


def cancel(tx: sa.Connection, one: Outgoing, why: str, at: datetime) -> None:
    """The last look said no: the invitation ends before it went."""
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == one.id, MESSAGE.c.state == "due").values(state="cancelled"))
    tx.execute(sa.update(INVITATION).where(INVITATION.c.id == one.invitation_id).values(state="cancelled"))
    _note(tx, one, at, "cancelled", why)


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
    tx: sa.Connection, now: datetime, *, channels: Sequence[str] | None = None, ids: Sequence[int] | None = None
) -> int:
    """Unsure messages are due again, with the same key; how many. ``channels`` and ``ids`` narrow it to some."""
    which = MESSAGE.c.state == "unsure"
    if channels is not None:
        which = sa.and_(which, MESSAGE.c.channel.in_(channels))
    if ids is not None:
        which = sa.and_(which, MESSAGE.c.id.in_(ids))
    return tx.execute(sa.update(MESSAGE).where(which).values(state="due", due_at=now)).rowcount


def expire(tx: sa.Connection, now: datetime) -> int:
    """Open invitations whose time is over: closed, with what was still to be sent for them; how many."""
    over = sa.and_(INVITATION.c.state == "open", INVITATION.c.expires_at <= now)
    found = tx.execute(sa.select(INVITATION.c.id, INVITATION.c.touchpoint_id).where(over)).all()
    for chunk in rows.chunks(row.id for row in found):
        tx.execute(sa.update(INVITATION).where(INVITATION.c.id.in_(chunk)).values(state="expired"))
        waiting = sa.and_(MESSAGE.c.invitation_id.in_(chunk), MESSAGE.c.state == "due")
        tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled", problem="expired before it was sent"))
    ledger.note(tx, (ledger.Line(touchpoint_id=row.touchpoint_id, at=now, step="tidy", what="expired") for row in found))
    return len(found)
