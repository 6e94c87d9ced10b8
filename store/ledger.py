"""The ledger: one line per transition of a touchpoint, written in the transaction that makes it."""

from collections.abc import Iterable
from dataclasses import dataclass
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

    @property
    def row(self) -> dict[str, Any]:
        """As a row of the table; by hand, for ``asdict`` copies every value deeply and takes ten times as long."""
        return {
            "touchpoint_id": self.touchpoint_id,
            "at": self.at,
            "step": self.step,
            "what": self.what,
            "detail": self.detail,
        }


def note(tx: sa.Connection, lines: Iterable[Line]) -> None:
    """Write these lines."""
    rows.insert(tx, EVENT, [line.row for line in lines])


def of_touchpoints(tx: sa.Connection, touchpoint_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Touchpoint id → its lines, oldest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for chunk in rows.chunks(touchpoint_ids):
        query = sa.select(EVENT).where(EVENT.c.touchpoint_id.in_(chunk)).order_by(EVENT.c.id)
        for row in rows.as_dicts(tx.execute(query)):
            found.setdefault(row["touchpoint_id"], []).append(row)
    return found
