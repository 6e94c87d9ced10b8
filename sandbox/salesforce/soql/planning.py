"""Which records a query has to look at: by id, by a unique value, by a window of SystemModstamp, or all."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.salesforce import ids, moments, records
from sandbox.salesforce.soql import names, tree

_LOW, _HIGH = "", "~"
_FEW = 2_000


@dataclass(frozen=True)
class Plan:
    """Candidates, and whether they come in the order of (SystemModstamp, Id)."""

    rows: Iterator[records.Record]
    by_stamp: bool = False


def plan(resolver: names.Names, where: tree.Condition | None, *, by_stamp: bool, backwards: bool) -> Plan:
    """The cheapest candidates; ``by_stamp`` says that the query wants them in that order anyway."""
    table = resolver.context.store.table(resolver.entity.name)
    chosen = _exact(resolver, table, where) if where is not None else None
    if chosen is not None:
        return Plan(iter(chosen))
    low, high = _window(resolver, where) if where is not None else (_LOW, _HIGH)
    if by_stamp or (low, high) != (_LOW, _HIGH):
        return Plan(table.between(low, high, backwards=backwards), by_stamp)
    return Plan(iter(list(table.rows.values())))


def _own(resolver: names.Names, target: tree.Path | tree.Function) -> str | None:
    if not isinstance(target, tree.Path) or len(target.names) != 1:
        return None
    column = resolver.entity.find(target.names[0])
    return column.name if column else None


def _exact(resolver: names.Names, table: records.Table, condition: tree.Condition) -> list[records.Record] | None:
    if isinstance(condition, tree.Both):
        found = (_exact(resolver, table, part) for part in condition.parts)
        return min((rows for rows in found if rows is not None), key=len, default=None)
    if (isinstance(condition, tree.Member) and not condition.negated and condition.query is None) or (
        isinstance(condition, tree.Compare) and condition.operator == "="
    ):
        literals = condition.values
    else:
        return None
    name = _own(resolver, condition.target)
    if name is None or any(literal.kind != "string" or not literal.text for literal in literals):
        return None
    if name == "Id":
        wanted = {ids.extend(literal.text) or "" for literal in literals}
        return [table.rows[identifier] for identifier in sorted(wanted) if identifier in table.rows]
    column = resolver.entity.fields[name]
    if column.type == "reference" and len(literals) <= _FEW:
        keys = {ids.extend(literal.text) or "" for literal in literals}
        return [row for key in sorted(keys) for row in table.having(name, key)]
    return None


def _window(resolver: names.Names, condition: tree.Condition) -> tuple[str, str]:
    """Bounds that every matching record's SystemModstamp keeps."""
    if isinstance(condition, tree.Both):
        windows = [_window(resolver, part) for part in condition.parts]
        return max(low for low, _ in windows), min(high for _, high in windows)
    if isinstance(condition, tree.Either):
        windows = [_window(resolver, part) for part in condition.parts]
        return min(low for low, _ in windows), max(high for _, high in windows)
    if not isinstance(condition, tree.Compare) or _own(resolver, condition.target) != "SystemModstamp":
        return _LOW, _HIGH
    literal = condition.values[0]
    moment = moments.normalise(literal.text) if literal.kind == "datetime" else None
    if moment is None:
        return _LOW, _HIGH
    return {
        "=": (moment, moment), ">": (moment, _HIGH), ">=": (moment, _HIGH), "<": (_LOW, moment), "<=": (_LOW, moment),
    }.get(condition.operator, (_LOW, _HIGH))  # fmt: skip
