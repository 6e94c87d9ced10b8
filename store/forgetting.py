"""Forgetting: personal data goes on time, the figures stay."""

from datetime import datetime

import sqlalchemy as sa

from store import answers, bad_addresses, decisions, messages, rows, touchpoints, updates

_TOUCHPOINT = touchpoints.TOUCHPOINT
_INVITATION = messages.INVITATION
_UPDATE = updates.UPDATE


def forget(tx: sa.Connection, before: datetime, limit: int) -> int:
    """Empty the personal columns of touchpoints noticed before this instant; how many touchpoints, at most ``limit`` a call.

    Touchpoints that still wait for a verdict or for an answer are left alone. What stays: who was asked when (by the person's
    hash), the score and the ledger.
    """
    open_for_answers = sa.exists().where(_INVITATION.c.touchpoint_id == _TOUCHPOINT.c.id, _INVITATION.c.state == "open")
    old = sa.and_(
        _TOUCHPOINT.c.noticed_at < before,
        _TOUCHPOINT.c.decide_at.is_(None),
        sa.text("NOT touchpoint.forgotten"),  # word for word the condition of the index
        sa.not_(open_for_answers),
    )
    ids = list(tx.execute(sa.select(_TOUCHPOINT.c.id).where(old).limit(limit)).scalars())
    for chunk in rows.chunks(ids):
        _empty(tx, chunk)
    return len(ids)


def _empty(tx: sa.Connection, touchpoint_ids: list[int]) -> None:
    invitations = sa.select(_INVITATION.c.id).where(_INVITATION.c.touchpoint_id.in_(touchpoint_ids))
    nothing = sa.null()
    # A label may be the name that somebody gave an opportunity; the record's id takes its place.
    tx.execute(
        sa.update(_TOUCHPOINT)
        .where(_TOUCHPOINT.c.id.in_(touchpoint_ids))
        .values(recipient=nothing, context=nothing, label=_TOUCHPOINT.c.record, forgotten=True)
    )
    of_touchpoint = decisions.DECISION.c.touchpoint_id.in_(touchpoint_ids)
    tx.execute(sa.update(decisions.DECISION).where(of_touchpoint).values(explanation="", checked=[], domain=""))
    tx.execute(sa.update(messages.MESSAGE).where(messages.MESSAGE.c.invitation_id.in_(invitations)).values(address=None))
    # The mark on an address stays, by its keyed hash; what the far end said of it may hold a name.
    sent = sa.select(messages.MESSAGE.c.id).where(messages.MESSAGE.c.invitation_id.in_(invitations))
    tx.execute(sa.update(bad_addresses.BAD).where(bad_addresses.BAD.c.message_id.in_(sent)).values(problem=""))
    tx.execute(
        sa.update(answers.ANSWER)
        .where(answers.ANSWER.c.invitation_id.in_(invitations))
        .values(comment=None, extras=None, visitor=None)
    )
    waiting = sa.and_(_UPDATE.c.touchpoint_id.in_(touchpoint_ids), _UPDATE.c.state == "due")
    given_up = {"state": "dead", "code": "", "problem": "its personal data was forgotten before it could be written"}
    tx.execute(sa.update(_UPDATE).where(waiting).values(**given_up))
    tx.execute(sa.update(_UPDATE).where(_UPDATE.c.touchpoint_id.in_(touchpoint_ids)).values(fields=nothing))
