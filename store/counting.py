"""Counting what is stored, by noun and state."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from store import anonymous, answers, decisions, messages, touchpoints, updates

_STATES: Mapping[str, tuple[sa.Table, tuple[str, ...]]] = {
    "invitations": (messages.INVITATION, ("open", "answered", "expired", "cancelled")),
    "messages": (messages.MESSAGE, ("due", "sending", "sent", "unsure", "refused", "bounced", "cancelled")),
    "answers": (answers.ANSWER, ("provisional", "confirmed", "doubtful", "replaced", "void")),
    "writes": (updates.UPDATE, ("due", "done", "dead", "replaced")),
}


def counts(tx: sa.Connection) -> dict[str, Any]:
    """Noun → state → how many; states with none are there with 0."""
    return {"touchpoints": _touchpoints(tx), "decisions": _decisions(tx)} | {
        noun: dict.fromkeys(states, 0) | _by(tx, table.c.state, _counted(table)) for noun, (table, states) in _STATES.items()
    }


def _touchpoints(tx: sa.Connection) -> dict[str, int]:
    table = touchpoints.TOUCHPOINT
    by_kind = _by(tx, table.c.kind, sa.not_(anonymous.KEPT_APART))
    waiting = tx.execute(sa.select(sa.func.count()).where(table.c.decide_at.is_not(None))).scalar_one()
    return {"total": sum(by_kind.values()), "waiting": waiting, **by_kind}


def _decisions(tx: sa.Connection) -> dict[str, int]:
    return _by(tx, decisions.DECISION.c.reason)


def _counted(table: sa.Table) -> sa.ColumnElement[bool]:
    """All rows, but for a tap in the mail that was then sent off as an answer: that is not an answer that was replaced; and what
    only carries an anonymous answer is no invitation."""
    if table is messages.INVITATION:
        return table.c.state != anonymous.STATE
    if table is answers.ANSWER:
        return sa.or_(table.c.version > 0, table.c.state != "replaced")
    return sa.true()


def _by(tx: sa.Connection, column: sa.ColumnElement[str], where: sa.ColumnElement[bool] | None = None) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(sa.true() if where is None else where).group_by(column).order_by(column)
    return {str(value): count for value, count in tx.execute(query)}


def dead_letters(tx: sa.Connection, limit: int = 20) -> list[dict[str, Any]]:
    """Field updates that a person must look at, the newest first."""
    table = updates.UPDATE
    columns = (table.c.id, table.c.connector, table.c.object, table.c.record, table.c.code, table.c.problem)
    query = sa.select(*columns).where(table.c.state == "dead").order_by(table.c.id.desc()).limit(limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def unsure_messages(tx: sa.Connection, limit: int = 20) -> list[dict[str, Any]]:
    """Messages that may or may not have gone, the newest first."""
    table = messages.MESSAGE
    query = (
        sa.select(table.c.id, table.c.connector, table.c.channel, table.c.problem, touchpoints.TOUCHPOINT.c.record)
        .join(messages.INVITATION, messages.INVITATION.c.id == table.c.invitation_id)
        .join(touchpoints.TOUCHPOINT, touchpoints.TOUCHPOINT.c.id == messages.INVITATION.c.touchpoint_id)
        .where(table.c.state == "unsure")
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in tx.execute(query).mappings()]
