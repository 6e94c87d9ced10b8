"""Openings: that somebody fetched the page of an invitation, and the value that a tap in the mail chose. Many at once.

Called by journey/collect through the writer, which hands in all that came since its last commit. An opening counts for nothing:
the first one of an invitation is kept, and a tapped value as a provisional answer until one is sent off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, ledger, messages, rows

ANSWER = answers.ANSWER
INVITATION = messages.INVITATION


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """One fetch of a page that asks."""

    invitation_id: int
    touchpoint_id: int
    at: datetime
    value: int | None = None
    """What was tapped in the mail."""


_UNOPENED = (
    sa.select(INVITATION.c.id)
    .where(rows.among(INVITATION.c.id, "ids"), INVITATION.c.opened_at.is_(None))
    .order_by(INVITATION.c.id)
    .with_for_update()
)
_OPEN = sa.update(INVITATION).where(INVITATION.c.id == sa.bindparam("opened")).values(opened_at=sa.bindparam("at"))
_ANSWERED = sa.select(ANSWER.c.invitation_id).where(rows.among(ANSWER.c.invitation_id, "ids"), ANSWER.c.state == "confirmed")
_TAPPED = (ANSWER.c.invitation_id == sa.bindparam("tapped"), ANSWER.c.version == 0)
_TAP_AGAIN = sa.update(ANSWER).where(*_TAPPED).values(value=sa.bindparam("chosen"), at=sa.bindparam("when"))


def note(tx: sa.Connection, openings: Sequence[Opening]) -> list[bool]:
    """Store these; which were the first of their invitations."""
    unopened = set(tx.execute(_UNOPENED, {"ids": sorted({one.invitation_id for one in openings})}).scalars())
    first: dict[int, Opening] = {}
    for one in openings:
        if one.invitation_id in unopened:
            first.setdefault(one.invitation_id, one)
    if first:
        tx.execute(_OPEN, [{"opened": one.invitation_id, "at": one.at} for one in first.values()])
    ledger.note(tx, (_line(one) for one in first.values()))
    _tap(tx, [one for one in openings if one.value is not None])
    return [one is first.get(one.invitation_id) for one in openings]


def _line(one: Opening) -> ledger.Line:
    return ledger.Line(touchpoint_id=one.touchpoint_id, at=one.at, step="collect", what="opened")


def _tap(tx: sa.Connection, taps: Iterable[Opening]) -> None:
    """The latest tap of each stands, as far as nothing was sent off."""
    latest = {one.invitation_id: one for one in taps}
    if not latest:
        return
    answered = set(tx.execute(_ANSWERED, {"ids": list(latest)}).scalars())
    for invitation_id, one in latest.items():
        if invitation_id in answered:
            continue
        again = {"tapped": invitation_id, "chosen": one.value, "when": one.at}
        if tx.execute(_TAP_AGAIN, again).rowcount == 0:
            rows.insert_new(tx, ANSWER, [_provisional(one)])


def _provisional(one: Opening) -> dict[str, Any]:
    return {
        "invitation_id": one.invitation_id,
        "version": 0,
        "state": "provisional",
        "value": one.value,
        "at": one.at,
        "sign": "",
    }
