"""Places: where a survey can be answered without an invitation. Called by journey/places and commands/place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows, tables

PLACE = rows.table(tables.Place)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A place as it is stored."""

    id: int
    code: str
    name: str
    way: str
    survey: str
    made_at: datetime
    closed_at: datetime | None
    options: Mapping[str, Any]


def add(tx: sa.Connection, values: Mapping[str, Any]) -> bool:
    """Store a new place; False when its code or name is taken."""
    return bool(rows.insert_new(tx, PLACE, [values]))


def find(tx: sa.Connection, code: str) -> Stored | None:
    """The place with this code, closed or not."""
    return _one(tx, PLACE.c.code == code)


def named(tx: sa.Connection, name: str) -> Stored | None:
    """The place of this name."""
    return _one(tx, PLACE.c.name == name)


def _one(tx: sa.Connection, where: sa.ColumnElement[bool]) -> Stored | None:
    found = rows.as_dicts(tx.execute(sa.select(PLACE).where(where)))
    return _stored(found[0]) if found else None


def _stored(row: Mapping[str, Any]) -> Stored:
    return Stored(**{**row, "options": row["options"] or {}})


def every(tx: sa.Connection) -> list[Stored]:
    """All places, by name."""
    return [_stored(row) for row in rows.as_dicts(tx.execute(sa.select(PLACE).order_by(PLACE.c.name)))]


def change(tx: sa.Connection, code: str, **values: Any) -> None:
    """Set columns of a place. Raises IntegrityError for a name that is taken."""
    tx.execute(sa.update(PLACE).where(PLACE.c.code == code).values(**values))
