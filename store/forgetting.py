"""Forgetting: personal data goes on time, the figures stay."""

from datetime import datetime

import sqlalchemy as sa

from store import answers, messages, rows, touchpoints, updates

_TOUCHPOINT = touchpoints.TOUCHPOINT


def forget(tx: sa.Connection, before: datetime, limit: int) -> int:
    """Empty the personal columns of touchpoints noticed before this instant; how many touchpoints, at most ``limit`` a call.

    Touchpoints that still wait for a verdict are left alone. What stays: who was asked when (by the person's hash), the score and
    the ledger.
    """
    old = sa.and_(
        _TOUCHPOINT.c.noticed_at < before,
        _TOUCHPOINT.c.decide_at.is_(None),
        _TOUCHPOINT.c.forgotten.is_(False),
    )
    ids = list(tx.execute(sa.select(_TOUCHPOINT.c.id).where(old).limit(limit)).scalars())
    for chunk in rows.chunks(ids):
        _empty(tx, chunk)
    return len(ids)


def _empty(tx: sa.Connection, touchpoint_ids: list[int]) -> None:
    invitations = sa.select(messages.INVITATION.c.id).where(messages.INVITATION.c.touchpoint_id.in_(touchpoint_ids))
    of_touchpoint = _TOUCHPOINT.c.id.in_(touchpoint_ids)
    nothing = sa.null()
    tx.execute(sa.update(_TOUCHPOINT).where(of_touchpoint).values(recipient=nothing, context=nothing, forgotten=True))
    tx.execute(sa.update(messages.MESSAGE).where(messages.MESSAGE.c.invitation_id.in_(invitations)).values(address=None))
    tx.execute(sa.update(answers.ANSWER).where(answers.ANSWER.c.invitation_id.in_(invitations)).values(comment=None))
    tx.execute(sa.update(updates.UPDATE).where(updates.UPDATE.c.touchpoint_id.in_(touchpoint_ids)).values(fields=nothing))
