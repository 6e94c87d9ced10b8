"""The ledger: one line per transition of a touchpoint, written in the transaction that makes it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows, tables

EVENT = rows.table(tables.Event)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What happened to one touchpoint. ``detail`` holds no personal data."""

    touchpoint_id: int
    at: datetime
    step: str
    what: str
    detail: str = ""


def note(tx: sa.Connection, lines: Iterable[Line]) -> None:
    """Write these lines."""
    rows.insert(tx, EVENT, [asdict(line) for line in lines])


def of_touchpoints(tx: sa.Connection, touchpoint_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Touchpoint id → its lines, oldest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for chunk in rows.chunks(touchpoint_ids):
        query = sa.select(EVENT).where(EVENT.c.touchpoint_id.in_(chunk)).order_by(EVENT.c.id)
        for row in rows.as_dicts(tx.execute(query)):
            found.setdefault(row["touchpoint_id"], []).append(row)
    return found
