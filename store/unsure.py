"""Messages of which nobody knows whether they went: how they come to be, and how they go again.

Called by journey's deliver and tidy steps and by ``palaute retry``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import ledger, messages

INVITATION = messages.INVITATION
MESSAGE = messages.MESSAGE
EVENT = ledger.EVENT


def leave(tx: sa.Connection, one: messages.Outgoing, problem: str, at: datetime) -> None:
    """It may or may not have gone."""
    messages.settle(tx, one, state="unsure", problem=problem)
    messages.note(tx, one, at, "unsure", problem)


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
    which = sa.and_(MESSAGE.c.state == "unsure", sa.exists().where(of_message, *messages.answerable(now)))
    if channels is not None:
        which = sa.and_(which, MESSAGE.c.channel.in_(channels))
    if ids is not None:
        which = sa.and_(which, MESSAGE.c.id.in_(ids))
    if most is not None:
        lines = sa.select(sa.func.count()).where(of_message, EVENT.c.touchpoint_id == INVITATION.c.touchpoint_id)
        which = sa.and_(which, lines.where(EVENT.c.what == "unsure").correlate(MESSAGE).scalar_subquery() <= most)
    return tx.execute(sa.update(MESSAGE).where(which).values(state="due", due_at=now)).rowcount
