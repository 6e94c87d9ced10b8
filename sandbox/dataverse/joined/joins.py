"""Queries over joined tables, as FetchXML and SQL ask them: what is asked, and which combinations of rows fulfil it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import filters, odata, operands, scope, shape
from sandbox.dataverse.rows import indexes, records, values
from sandbox.dataverse.rows.indexes import Row

Name = tuple[str, str]
"""Alias of a table, logical name of its column."""
Joined = dict[str, Row | None]
"""Alias → row; None where an outer join found nothing."""


@dataclass(frozen=True)
class Like:
    """A column against an SQL pattern (``%``, ``_``, ``[…]``)."""

    column: Name
    pattern: str


@dataclass(frozen=True)
class Both:
    """Conditions that must all hold (``and``) or one of which must (``or``)."""

    word: str
    items: tuple["Condition", ...]


@dataclass(frozen=True)
class Negated:
    """The opposite; a missing value fulfils neither."""

    item: "Condition"
    column: Name


Condition = Like | Both | Negated | odata.Compare | odata.Call


@dataclass(frozen=True, kw_only=True)
class Source:
    """One table of the query; all but the first are joined to an earlier one."""

    table: schema.Table
    alias: str
    outer: bool = False
    own: str = ""
    """Column of this table that joins."""
    other: Name = ("", "")
    """What it must equal."""
    where: Condition | None = None
    """What rows of this table must fulfil to be joined."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One column of the result; none for ``COUNT(*)``."""

    column: Name | None
    label: str = ""
    """What it is called; empty for its own name."""
    aggregate: str = ""
    """``count``, ``countcolumn``, ``sum``, ``avg``, ``min`` or ``max``."""
    distinct: bool = False
    part: str = ""
    """Group a date by day, week, month, quarter or year."""


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One part of the order: a column, or a label of the result."""

    column: Name | None = None
    label: str = ""
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """A whole query."""

    sources: tuple[Source, ...]
    shown: tuple[Shown, ...]
    where: Condition | None = None
    order: tuple[Sort, ...] = ()
    grouped: tuple[Name, ...] = ()
    distinct: bool = False
    by_words: bool = False
    """Choices and lookups sort by what people read, as FetchXML has it."""

    @property
    def totals(self) -> bool:
        """True when rows are added up."""
        return bool(self.grouped) or any(shown.aggregate for shown in self.shown)


class Names:
    """What names mean over joined rows; ``operands.Scope`` with paths of alias and column."""

    def __init__(
        self, store: records.Store, sources: Iterable[Source], user: str, hidden: frozenset[str], blank: frozenset[str]
    ) -> None:
        self.store = store
        self._tables = {source.alias: source.table for source in sources}
        self._user = user
        self._hidden = hidden
        self._blank = blank

    @property
    def clock(self) -> Callable[[], datetime]:
        """The organisation's time."""
        return self.store.clock.now

    @property
    def user(self) -> str:
        """The calling systemuser."""
        return self._user

    def column(self, name: Name) -> schema.Column:
        """A column by alias and logical name (or its name on the wire)."""
        table = self._tables.get(name[0])
        if table is None:
            raise refusal.bad_query(f"There is no table with the alias '{name[0]}' in the query.")
        found = table.columns.get(name[1].lower())
        return scope.find_column(table, found.wire if found else name[1].lower(), self._hidden)

    def operand(self, steps: tuple[str, ...]) -> operands.Operand:
        """The column at (alias, name)."""
        alias, wanted = steps
        column = self.column((alias, wanted))
        wire = column.wire
        if f"{self._tables[alias].name}.{column.name}" in self._blank:
            return operands.Operand(lambda _: None, values.edm(column), column.name)
        return operands.Operand(lambda joined: (joined.get(alias) or {}).get(wire), values.edm(column), column.name)

    attribute = operand

    def rows(self, steps: tuple[str, ...], variable: str) -> tuple[Callable[[Row], Iterable[Row]], operands.Scope]:
        """There are no lambdas here."""
        raise refusal.bad_query(f"'{'/'.join(steps)}' cannot be used here.")

    def words(self, name: Name) -> Callable[[Joined], Any]:
        """What people read in a column."""
        column, alias = self.column(name), name[0]

        def read(joined: Joined) -> Any:
            row = joined.get(alias)
            return None if row is None else shape.formatted(self.store, column, row)

        return read


def literal(operand: operands.Operand, text: str) -> odata.Literal:
    """A constant that travels as text, as the column's type wants it."""
    if operand.edm == "Edm.DateTimeOffset":
        text = text.strip().replace(" ", "T")
        if "T" in text and not re.search(r"(Z|[+-]\d\d:\d\d)$", text):
            text += "Z"
        return odata.Literal(text, "datetime" if "T" in text else "date")
    if operand.edm == "Edm.Date":
        return odata.Literal(text[:10], "date")
    if operand.edm == "Edm.String":
        return odata.Literal(text, "string")
    kinds = {"Edm.Boolean": "boolean", "Edm.Guid": "guid"}
    return odata.Literal(operands.from_text(operand, text.strip("{}")), kinds.get(operand.edm, "number"))


def compile_condition(condition: Condition, names: Names) -> operands.Test:
    """A closure over joined rows."""
    if isinstance(condition, Both):
        tests = [compile_condition(item, names) for item in condition.items]
        return (lambda row: all(test(row) for test in tests)) if condition.word == "and" else _any(tests)
    if isinstance(condition, Negated):
        inner, get = compile_condition(condition.item, names), names.operand(condition.column).get
        return lambda row: get(row) is not None and not inner(row)
    if isinstance(condition, Like):
        return _like(condition, names)
    if isinstance(condition, odata.Compare) and isinstance(condition.left, odata.Path):
        right = condition.right
        if isinstance(right, odata.Literal) and right.kind == "text":
            operand = names.operand(condition.left.steps)
            return filters.compare(operand, condition.operator, literal(operand, str(right.value)))
    return filters.compile_condition(condition, names)


def _any(tests: Sequence[operands.Test]) -> operands.Test:
    return lambda row: any(test(row) for test in tests)


def _like(condition: Like, names: Names) -> operands.Test:
    operand = names.operand(condition.column)
    parts = re.findall(r"\[[^\]]*\]|.", values.fold(condition.pattern), re.DOTALL)
    whole = "".join(
        ".*" if part == "%" else "." if part == "_" else part if part.startswith("[") and len(part) > 2 else re.escape(part)
        for part in parts
    )
    matches = re.compile(whole, re.DOTALL).fullmatch
    get = operand.get
    return lambda row: (found := get(row)) is not None and matches(values.fold(str(found))) is not None


def matching(question: Question, names: Names) -> list[Joined]:
    """All combinations of rows that fulfil the query, by the id of the first table's rows."""
    first, *others = question.sources
    rows = names.store.table(first.table.name)
    found: list[Joined] = [{first.alias: rows.by_id[record]} for _, record in rows.ordered()]
    if first.where is not None:
        test = compile_condition(first.where, names)
        found = [joined for joined in found if test(joined)]
    for source in others:
        found = _joined(found, source, names)
    if question.where is not None:
        test = compile_condition(question.where, names)
        found = [joined for joined in found if test(joined)]
    return found


def _joined(found: list[Joined], source: Source, names: Names) -> list[Joined]:
    own, other = names.operand((source.alias, source.own)).get, names.operand(source.other).get
    test = compile_condition(source.where, names) if source.where is not None else None
    partners: dict[Any, list[Row]] = {}
    for row in names.store.table(source.table.name).by_id.values():
        alone: Joined = {source.alias: row}
        value = own(alone)
        if value is not None and (test is None or test(alone)):
            partners.setdefault(value, []).append(row)
    made: list[Joined] = []
    for joined in found:
        rows = partners.get(other(joined), [])
        made += [{**joined, source.alias: row} for row in rows]
        if not rows and source.outer:
            made.append({**joined, source.alias: None})
    return made


def in_order(question: Question, found: list[Joined], names: Names) -> list[Joined]:
    """Sorted by the query's order; rows that tie keep the order of their ids."""
    for part in reversed(question.order):
        if part.column is None:
            raise refusal.bad_query(f"The result cannot be ordered by '{part.label}'.")
        operand = names.operand(part.column)
        words = question.by_words and names.column(part.column).kind in schema.CHOICES | schema.LOOKUPS
        get = names.words(part.column) if words else operand.get
        edm = "Edm.String" if words else operand.edm
        found = sorted(found, key=lambda joined, get=get, edm=edm: sortable(get(joined), edm), reverse=part.descending)  # type: ignore[misc]  # mypy cannot type a lambda with defaults
    return found


def sortable(value: Any, edm: str = "") -> tuple[int, Any]:
    """Missing values come first; text as the database compares it."""
    if value is None:
        return (0, 0)
    if edm == "Edm.Guid":
        return (1, indexes.guid_order(value))
    return (1, values.fold(value) if isinstance(value, str) else value)
