"""Rows in bulk: the few ways in which all of the store's files put rows in and take them out."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

Item = TypeVar("Item")
_CHUNK = 500
"""Rows a statement: well under SQLite's 32,766 and PostgreSQL's 65,535 bound values."""


def table(model: type[SQLModel]) -> sa.Table:
    """The Core table of a SQLModel class: hot paths go through Core, which is several times faster than the ORM."""
    return cast(sa.Table, model.__table__)  # type: ignore[attr-defined]


def chunks(items: Iterable[Item], size: int = _CHUNK) -> Iterator[list[Item]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def insert(tx: sa.Connection, into: sa.Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Put these rows in."""
    if values:
        tx.execute(sa.insert(into), [dict(row) for row in values])


def insert_new(tx: sa.Connection, into: sa.Table, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put those rows in that violate no uniqueness and return them; the others are there already and stay as they are."""
    if not values:
        return []
    statement = sqlite.insert(into) if tx.dialect.name == "sqlite" else postgresql.insert(into)
    returning = statement.on_conflict_do_nothing().returning(into)
    return as_dicts(tx.execute(returning, [dict(row) for row in values]))


def as_dicts(result: sa.CursorResult[Any]) -> list[dict[str, Any]]:
    """The rows of a result as plain dicts."""
    return [dict(row) for row in result.mappings()]
