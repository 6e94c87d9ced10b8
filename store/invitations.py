"""Invitations: made once with their first message, open until they are answered or their time is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import decisions, ledger, messages, rows
from triggers import decision

INVITATION = messages.INVITATION
MESSAGE = messages.MESSAGE


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
    variant: str = ""
    words: Mapping[str, Mapping[str, str]] | None = None
    """The variant's wording: ``subject`` and ``question``, each by language."""


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
                "variant": one.variant,
                "words": sa.null() if one.words is None else dict(one.words),
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


def expire(tx: sa.Connection, now: datetime) -> int:
    """Open invitations whose time is over: closed, with what was still to be sent for them; how many.

    Where nothing had gone out, nobody was asked: the decision says so and the person is free for other questions.
    """
    over = sa.and_(INVITATION.c.state == "open", INVITATION.c.expires_at <= now)
    touchpoint_of = {row.id: row.touchpoint_id for row in tx.execute(sa.select(INVITATION).where(over))}
    for chunk in rows.chunks(touchpoint_of):
        tx.execute(sa.update(INVITATION).where(INVITATION.c.id.in_(chunk)).values(state="expired"))
        waiting = sa.and_(MESSAGE.c.invitation_id.in_(chunk), MESSAGE.c.state == "due")
        tx.execute(sa.update(MESSAGE).where(waiting).values(state="cancelled", problem="expired before it was sent"))
        went = MESSAGE.c.state.not_in(("cancelled", "refused", "bounced"))
        gone = sa.select(MESSAGE.c.invitation_id).where(MESSAGE.c.invitation_id.in_(chunk), went)
        asked = set(tx.execute(gone).scalars())
        for invitation_id in set(chunk) - asked:
            decisions.withdraw(tx, touchpoint_of[invitation_id], decision.Reason.TOO_OLD, _TOO_LATE)
    ledger.note(tx, (ledger.Line(touchpoint_id=i, at=now, step="tidy", what="expired") for i in touchpoint_of.values()))
    return len(touchpoint_of)


_TOO_LATE = "The survey's time was over before the message could go out."
