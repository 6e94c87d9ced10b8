"""Which rows a condition can be true for at most, so that a query need not look at the whole table."""

from collections.abc import Iterable

from sandbox.dataverse import schema
from sandbox.dataverse.queries import odata, options
from sandbox.dataverse.rows import indexes, values
from sandbox.dataverse.rows.indexes import Row


def by_stamp(plan: options.Plan) -> bool:
    """True when the order is modifiedon, id: the order that is kept ready."""
    wanted = [(part.steps, part.descending) for part in plan.order]
    first = (("modifiedon",), False)
    return wanted in ([first], [first, ((plan.table.key,), False)])


def direct(plan: options.Plan) -> bool:
    """True when the condition names its rows or their parents."""
    return _named(plan.where, plan.table) is not None


def candidates(plan: options.Plan, rows: indexes.Rows) -> Iterable[Row]:
    """The rows that the condition may be true for."""
    named = _named(plan.where, plan.table)
    if named is not None:
        column, ids = named
        if column.name == plan.table.key:
            return [rows.by_id[one] for one in ids if one in rows.by_id]
        return [row for one in ids for row in rows.children(column.wire, one)]
    bound = lower_bound(plan.where)
    if bound:
        return [rows.by_id[record] for record in rows.index.after(bound)]
    return list(rows.by_id.values())


def lower_bound(node: odata.Node | None) -> str:
    """The earliest modifiedon that the condition can be true for; empty when there is none."""
    if isinstance(node, odata.Logic):
        bounds = [lower_bound(item) for item in node.items]
        return max(bounds) if node.operator == "and" else min(bounds)
    if (
        isinstance(node, odata.Compare)
        and node.operator in ("gt", "ge", "eq")
        and node.left == odata.Path(("modifiedon",))
        and isinstance(node.right, odata.Literal)
        and node.right.kind in ("datetime", "date")
    ):
        moment = values.instant(str(node.right.value)) or values.instant(f"{node.right.value}T00:00:00Z")
        return indexes.stamp(moment) if moment else ""
    return ""


def _named(node: odata.Node | None, table: schema.Table) -> tuple[schema.Column, list[str]] | None:
    if isinstance(node, odata.Logic):
        found = [_named(item, table) for item in node.items]
        if node.operator == "and":
            known = [one for one in found if one is not None]
            return min(known, key=lambda one: len(one[1])) if known else None
        if any(one is None for one in found):
            return None
        columns = {one[0].name for one in found if one}
        ids = dict.fromkeys(record for one in found if one for record in one[1])
        return (found[0][0], list(ids)) if len(columns) == 1 and found[0] else None
    if (
        isinstance(node, odata.Compare)
        and node.operator == "eq"
        and isinstance(node.left, odata.Path)
        and isinstance(node.right, odata.Literal)
    ):
        column = _identifying(table, node.left.steps)
        return (column, [str(node.right.value)]) if column and node.right.kind == "guid" else None
    if isinstance(node, odata.Call) and node.name == "In":
        named = dict(node.named)
        name, several = named.get("PropertyName"), named.get("PropertyValues")
        if isinstance(name, odata.Literal) and isinstance(several, tuple):
            column = _identifying(table, (str(name.value),))
            return (column, list(dict.fromkeys(str(one.value).lower() for one in several))) if column else None
    return None


def _identifying(table: schema.Table, steps: tuple[str, ...]) -> schema.Column | None:
    if len(steps) != 1:
        return None
    column = table.by_wire.get(steps[0]) or table.columns.get(steps[0])
    if column is None:
        return None
    return column if column.name == table.key or column.kind in schema.LOOKUPS else None
