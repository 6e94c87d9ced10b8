"""The nouns of a parsed query. Positions count characters from the query's start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Literal:
    """A value as written: kind is string, number, date, datetime, boolean, null or named (a date literal)."""

    kind: str
    text: str
    at: int
    count: int | None = None
    """The n of ``LAST_N_DAYS:n``."""


@dataclass(frozen=True)
class Path:
    """A field, possibly through parents: ``Contact.Account.Name``."""

    names: tuple[str, ...]
    at: int
    alias: str | None = None

    @property
    def text(self) -> str:
        """As it was written."""
        return ".".join(self.names)


@dataclass(frozen=True)
class Function:
    """An aggregate, a date function, or toLabel/format and their like, around a path or another function."""

    name: str
    """In capitals."""
    inner: "Path | Function | None"
    at: int
    alias: str | None = None


@dataclass(frozen=True)
class TypeOf:
    """``TYPEOF Owner WHEN User THEN Name ELSE Id END``."""

    path: Path
    whens: Sequence[tuple[str, Sequence[Path]]]
    otherwise: Sequence[Path]


@dataclass(frozen=True)
class AllFields:
    """``FIELDS(ALL)``, STANDARD or CUSTOM."""

    kind: str
    at: int


@dataclass(frozen=True)
class Compare:
    """``field = value``; LIKE, INCLUDES and EXCLUDES too."""

    target: Path | Function
    operator: str
    values: Sequence[Literal]


@dataclass(frozen=True)
class Member:
    """``field IN (values or sub-select)``."""

    target: Path
    negated: bool
    values: Sequence[Literal]
    query: "Query | None"
    at: int


@dataclass(frozen=True)
class Both:
    """AND."""

    parts: Sequence["Condition"]


@dataclass(frozen=True)
class Either:
    """OR."""

    parts: Sequence["Condition"]


@dataclass(frozen=True)
class Negation:
    """NOT."""

    part: "Condition"


Condition: TypeAlias = Compare | Member | Both | Either | Negation


@dataclass(frozen=True)
class Ordering:
    """One term of ORDER BY."""

    target: Path | Function
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, kw_only=True)
class Query:
    """A whole SELECT."""

    text: str
    select: Sequence["Path | Function | TypeOf | AllFields | Query"]
    entity: str
    entity_at: int
    alias: str | None = None
    where: Condition | None = None
    group_by: Sequence[Path | Function] = ()
    having: Condition | None = None
    order_by: Sequence[Ordering] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False
