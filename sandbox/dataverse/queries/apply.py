"""``$apply``: filter, groupby and aggregate, as far as Dataverse takes them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import filters, odata, operands, options, parser, shape
from sandbox.dataverse.rows import records
from sandbox.dataverse.rows.indexes import Row

LIMIT = 50_000
_STEP = re.compile(r"\s*(filter|groupby|aggregate|orderby)\s*\((.*)\)\s*", re.DOTALL)
_AGGREGATE = re.compile(r"\s*([\w/]+)\s+with\s+(sum|min|max|average|countdistinct)\s+as\s+(\w+)\s*")
_COUNT = re.compile(r"\s*\$count\s+as\s+(\w+)\s*")
Aggregate = tuple[str, Callable[[list[Row]], Any]]


def run(
    store: records.Store,
    table: schema.Table,
    plan: options.Plan,
    rows: Iterable[Row],
    names: operands.Scope,
    aliases: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The rows that ``$apply`` makes, ordered by ``$orderby`` and cut by ``$top``."""
    result: list[dict[str, Any]] | None = None
    current = list(rows)
    for step in odata.split(plan.apply, "/") if "/" in plan.apply else [plan.apply]:
        match = _STEP.fullmatch(step)
        if match is None:
            raise refusal.bad_query(f"Syntax error at position 0 in '{plan.apply}'.")
        word, inner = match.groups()
        if result is not None and word != "orderby":
            raise refusal.bad_query("Only one groupby or aggregate transformation is supported.")
        if word == "filter":
            test = filters.compile_condition(parser.Parser(inner, aliases).whole(), names)
            current = [row for row in current if test(row)]
            continue
        _limit(current)
        result = (
            [_totals(_aggregates(inner, names), current)]
            if word == "aggregate"
            else _grouped(store, table, inner, current, names)
        )
    if result is None:
        raise refusal.bad_query("$apply needs a groupby or an aggregate transformation.")
    for part in reversed(plan.order):
        name = "_".join(part.steps)
        result.sort(key=lambda made, name=name: (made.get(name) is not None, made.get(name) or 0), reverse=part.descending)  # type: ignore[misc]
    return result if plan.top is None else result[: plan.top]


def _limit(rows: list[Row]) -> None:
    if len(rows) > LIMIT:
        raise refusal.Refusal(400, "0x8004e023", "The maximum record limit is exceeded. Reduce the number of records.")


def _grouped(
    store: records.Store, table: schema.Table, inner: str, rows: list[Row], names: operands.Scope
) -> list[dict[str, Any]]:
    parts = [part.strip() for part in odata.split(inner, ",")]
    if not parts or not parts[0].startswith("(") or len(parts) > 2:
        raise refusal.bad_query(f"Syntax error at position 0 in 'groupby({inner})'.")
    keys = [tuple(name.strip().split("/")) for name in parts[0][1:-1].split(",")]
    operands = [names.operand(key) for key in keys]
    aggregates: list[Aggregate] = []
    if len(parts) == 2:
        match = _STEP.fullmatch(parts[1])
        if match is None or match.group(1) != "aggregate":
            raise refusal.bad_query(f"Syntax error at position 0 in '{parts[1]}'.")
        aggregates = _aggregates(match.group(2), names)
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(operand.get(row) for operand in operands), []).append(row)
    made = []
    for values, members in groups.items():
        group: dict[str, Any] = {}
        for key, value in zip(keys, values, strict=True):
            group["_".join(key)] = value
            column = table.by_wire.get(key[0]) if len(key) == 1 else None
            if column is not None and column.kind in schema.CHOICES and value is not None:
                group[key[0] + shape.FORMATTED] = shape.formatted(store, column, members[0])
        made.append({**group, **_totals(aggregates, members)})
    return made


def _aggregates(inner: str, names: operands.Scope) -> list[Aggregate]:
    made: list[Aggregate] = []
    for part in odata.split(inner, ","):
        counted, match = _COUNT.fullmatch(part), _AGGREGATE.fullmatch(part)
        if counted:
            made.append((counted.group(1), len))
        elif match:
            operand = names.operand(tuple(match.group(1).split("/")))
            if match.group(2) in ("sum", "average") and operand.edm not in (
                "Edm.Int32",
                "Edm.Int64",
                "Edm.Decimal",
                "Edm.Double",
            ):
                raise refusal.bad_query(f"Aggregate {match.group(2)} is not supported for property '{match.group(1)}'.")
            made.append((match.group(3), _method(match.group(2), operand.get)))
        else:
            raise refusal.bad_query(f"Syntax error at position 0 in 'aggregate({inner})'.")
    return made


def _method(word: str, get: Callable[[Row], Any]) -> Callable[[list[Row]], Any]:
    def values(rows: list[Row]) -> list[Any]:
        return [value for row in rows if (value := get(row)) is not None]

    if word == "countdistinct":
        return lambda rows: len(set(values(rows)))
    if word == "average":
        return lambda rows: (sum(found) / len(found)) if (found := values(rows)) else None
    if word == "sum":
        return lambda rows: sum(found) if (found := values(rows)) else None
    pick = min if word == "min" else max
    return lambda rows: pick(values(rows), default=None)


def _totals(aggregates: list[Aggregate], rows: list[Row]) -> dict[str, Any]:
    return {name: method(rows) for name, method in aggregates}
