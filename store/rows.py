"""Rows in bulk: the few ways in which all of the store's files put rows in and take them out."""

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
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


def among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether the column's value is in the list that the parameter ``name`` holds: numbers or texts, of any count.

    ``IN`` with one parameter for each item is another statement for each count, which SQLAlchemy and the database prepare anew.
    """
    return _Among(column, sa.bindparam(name, type_=_Many(column.type)))


class _Among(sa.sql.functions.FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Self:
        """A condition as it is: for SQLite, SQLAlchemy would write ``… = 1`` behind it, and no index would be used."""
        return self


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: sa.sql.compiler.SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({items}))"  # noqa: S608 - compiled parts, no values


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: sa.sql.compiler.SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY ({items})"


class _Many(sa.types.TypeDecorator[Any]):
    """A list as one parameter: an array where the database has them, else JSON."""

    impl = sa.String
    cache_ok = True

    def __init__(self, item: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """An array on PostgreSQL."""
        return postgresql.ARRAY(self.item) if dialect.name == "postgresql" else sa.String()

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """As the driver takes it."""
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


def insert(tx: sa.Connection, into: sa.Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Put these rows in; all of them have the columns of the first."""
    if not values:
        return
    plain = _plain_insert(into, tuple(values[0]), tx.dialect)
    if plain is None:
        tx.execute(sa.insert(into), [dict(row) for row in values])
    else:
        tx.exec_driver_sql(plain.statement, plain.parameters(values))


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """An insert as the driver takes it: SQLAlchemy's own way from rows to parameters takes longer than storing them."""

    statement: str
    columns: Sequence[tuple[str, Callable[[Any], Any] | None]]
    """Each with what makes its values those of the driver."""
    by_name: bool

    def parameters(self, values: Sequence[Mapping[str, Any]]) -> Any:
        """The rows as the driver takes them."""
        plan = self.columns
        if self.by_name:
            return [{name: row[name] if make is None else make(row[name]) for name, make in plan} for row in values]
        return [tuple([row[name] if make is None else make(row[name]) for name, make in plan]) for row in values]


@functools.lru_cache(maxsize=256)
def _plain_insert(into: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> _Plain | None:
    """None where a column that is not given has a default of Python's, which SQLAlchemy puts in."""
    compiled = sa.insert(into).inline().compile(dialect=dialect, column_keys=names)
    if set(compiled.params) != set(names):
        return None
    order = names if compiled.positiontup is None else compiled.positiontup
    makers = {name: into.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
    return _Plain(statement=str(compiled), columns=[(name, makers[name]) for name in order], by_name=compiled.positiontup is None)


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
