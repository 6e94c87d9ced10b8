"""Health: how each outside party is doing, so that another process (``palaute status``) can tell."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows, tables
from wire import errors

HEALTH = rows.table(tables.Health)


def well(tx: sa.Connection, subject: str, at: datetime, **figures: Any) -> bool:
    """Note that it did what was asked; True when it was failing until now."""
    failing = tx.execute(sa.select(HEALTH.c.failing_since).where(HEALTH.c.subject == subject)).scalar()
    _put(tx, subject, ok_at=at, failing_since=None, problem="", remedy="", **figures)
    return failing is not None


def failing(tx: sa.Connection, subject: str, at: datetime, error: errors.OutsideError) -> bool:
    """Note that it fails; True when that is news."""
    remedy = error.remedy if isinstance(error, errors.NeedsPerson) else ""
    since = tx.execute(sa.select(HEALTH.c.failing_since).where(HEALTH.c.subject == subject)).scalar()
    _put(tx, subject, failing_since=since or at, problem=str(error), remedy=remedy)
    return since is None


def all_of(tx: sa.Connection) -> list[dict[str, Any]]:
    """One dict per subject, by name."""
    return rows.as_dicts(tx.execute(sa.select(HEALTH).order_by(HEALTH.c.subject)))


def _put(tx: sa.Connection, subject: str, **values: Any) -> None:
    if tx.execute(sa.update(HEALTH).where(HEALTH.c.subject == subject).values(**values)).rowcount == 0:
        tx.execute(sa.insert(HEALTH).values({"problem": "", "remedy": "", "calls": 0, "subject": subject, **values}))
