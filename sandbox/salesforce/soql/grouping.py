"""GROUP BY and aggregates: groups become small records of their own, which HAVING, ORDER BY and SELECT then read."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sandbox.salesforce import errors, moments, records, schema
from sandbox.salesforce.soql import conditions, dates, names, ordering, tokens, tree, words

MAXIMUM_GROUPS = 2_000
"""Rows of an aggregate query, which has no further pages."""


class Groups:
    """The grouped view of a query: resolves targets to slots of the group records."""

    def __init__(self, base: names.Names) -> None:
        self.base = base
        self.context = base.context
        self.query = base.query
        self._keys: dict[str, tuple[names.Getter, str]] = {}
        self._totals: dict[str, Callable[[Sequence[records.Record]], Any]] = {}
        for term in base.query.group_by:
            get, kind = self._plain(term)
            self._keys[self._slot(term)] = (get, kind)

    def target(self, target: tree.Path | tree.Function) -> conditions.Target:
        """A grouped column or an aggregate. Raises MALFORMED_QUERY for a column that is neither."""
        slot = self._slot(target)
        if isinstance(target, tree.Function) and target.name in words.AGGREGATES:
            kind = self._aggregate(slot, target)
        elif slot in self._keys:
            kind = self._keys[slot][1]
        else:
            shown = target.text if isinstance(target, tree.Path) else slot
            place = tokens.complaint(self.query.text, target.at, f"Field must be grouped or aggregated: {shown}")
            raise errors.malformed_query(place)
        return conditions.Target(slot, kind, lambda row: row.get(slot))

    def members(self, member: tree.Member, target: conditions.Target) -> frozenset[Any]:
        """HAVING knows no sub-selects."""
        raise errors.malformed_query(tokens.complaint(self.query.text, member.at, "unexpected token: 'SELECT'"))

    def _slot(self, target: tree.Path | tree.Function) -> str:
        if isinstance(target, tree.Path):
            return ".".join(self.base.column(target).path)
        inner = "" if target.inner is None else self._slot(target.inner)
        return f"{target.name}({inner})"

    def _plain(self, term: tree.Path | tree.Function) -> tuple[names.Getter, str]:
        if isinstance(term, tree.Function):
            return date_function(self.base, term)
        column = self.base.column(term)
        if not column.field.groupable:
            message = f"field '{term.text}' can not be grouped in a query call"
            raise names.invalid_field(self.query.text, term.at, message)
        return column.get, column.field.type

    def _aggregate(self, slot: str, target: tree.Function) -> str:
        if target.inner is None:
            self._totals[slot] = len
            return "int"
        if not isinstance(target.inner, tree.Path):
            raise errors.malformed_query(tokens.complaint(self.query.text, target.at, f"unexpected token: '{target.inner.name}'"))
        column = self.base.column(target.inner)
        numeric = column.field.type in schema.NUMERIC
        unfit = target.name in ("SUM", "AVG") and not numeric
        unfit = unfit or (target.name in ("MIN", "MAX") and column.field.type in ("boolean", "id", "reference"))
        if unfit or not column.field.filterable:
            message = f"field {target.inner.text} does not support aggregate operator {target.name}"
            raise errors.malformed_query(tokens.complaint(self.query.text, target.at, message))
        self._totals[slot] = lambda rows: _total(target.name, [value for row in rows if (value := column.get(row)) is not None])
        return "int" if target.name.startswith("COUNT") else column.field.type

    def rows(self, found: Iterable[records.Record]) -> list[records.Record]:
        """One small record per group; without GROUP BY exactly one."""
        keys = [(slot, get) for slot, (get, _) in self._keys.items()]
        groups: dict[tuple[Any, ...], list[records.Record]] = {}
        for record in found:
            groups.setdefault(tuple(get(record) for _, get in keys), []).append(record)
        if not keys and not groups:
            groups[()] = []
        made = []
        for values, members in groups.items():
            row = dict(zip((slot for slot, _ in keys), values, strict=True))
            row.update((slot, total(members)) for slot, total in self._totals.items())
            made.append(row)
        return made

    def term(self, term: tree.Ordering) -> ordering.Term:
        """A term of ORDER BY over groups."""
        target = self.target(term.target)
        return ordering.Term(target.get, target.kind, term.descending, term.nulls_last)

    def columns(self) -> list[tuple[str, names.Getter]]:
        """Aliases and getters of SELECT."""
        made: list[tuple[str, names.Getter]] = []
        unnamed = 0
        for item in self.query.select:
            if not isinstance(item, tree.Path | tree.Function):
                raise errors.malformed_query("Grouped query cannot use child relationships, FIELDS or TYPEOF in the SELECT list")
            alias = item.alias
            if alias is None and isinstance(item, tree.Path):
                alias = self.base.column(item).path[-1]
            elif alias is None:
                alias = f"expr{unnamed}"
                unnamed += 1
            made.append((alias, self.target(item).get))
        return made


def _total(name: str, found: Sequence[Any]) -> Any:
    if name == "COUNT":
        return len(found)
    if name == "COUNT_DISTINCT":
        return len({value.lower() if isinstance(value, str) else value for value in found})
    if not found:
        return None
    if name in ("SUM", "AVG"):
        return sum(found) / (len(found) if name == "AVG" else 1)
    return min(found) if name == "MIN" else max(found)


def date_function(base: names.Names, function: tree.Function) -> tuple[names.Getter, str]:
    """A date function's getter and type; ``convertTimezone`` inside means the user's zone instead of UTC."""
    inner, zone = function.inner, None
    if isinstance(inner, tree.Function) and inner.name == "CONVERTTIMEZONE":
        inner, zone = inner.inner, base.context.zone
    if function.name not in words.DATE_FUNCTIONS or not isinstance(inner, tree.Path):
        raise errors.malformed_query(tokens.complaint(base.query.text, function.at, f"unexpected token: '{function.name}'"))
    column = base.column(inner)
    if column.field.type not in ("date", "datetime"):
        message = f"Invalid field for function {function.name}: {inner.text}"
        raise names.invalid_field(base.query.text, function.at, message)
    apply, get = dates.FUNCTIONS[function.name], column.get

    def value(record: records.Record) -> Any:
        text = get(record)
        if text is None:
            return None
        moment = datetime.fromisoformat(text) if len(text) == 10 else moments.parse(text)
        return apply(moment.astimezone(zone) if zone and len(text) > 10 else moment)

    return value, "date" if function.name == "DAY_ONLY" else "int"
