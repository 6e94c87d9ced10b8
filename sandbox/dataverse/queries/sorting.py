"""The order of a query's rows, and what a paging cookie remembers of it."""

from typing import Any

from sandbox.dataverse.queries import operands, options
from sandbox.dataverse.rows import indexes, values
from sandbox.dataverse.rows.indexes import Row


class _Reverse:
    """Turns an order round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Reverse") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reverse) and bool(other.value == self.value)

    def __hash__(self) -> int:
        return hash(self.value)


class Sorter:
    """The order of a plan: what sorts rows, and what a cookie remembers of the last one."""

    def __init__(self, plan: options.Plan, names: operands.Scope) -> None:
        self._parts = [(names.operand(part.steps), part.descending) for part in plan.order]
        self.names = (*(part.steps[-1] for part in plan.order), plan.table.key)
        self._key_name = plan.table.key

    def remembered(self, row: Row) -> tuple[Any, ...]:
        """The values that place this row."""
        return (*(operand.get(row) for operand, _ in self._parts), row[self._key_name])

    def key(self, remembered: tuple[Any, ...]) -> tuple[Any, ...]:
        """A sortable form of those values; nulls come first, the key settles ties."""
        parts: list[Any] = []
        for (operand, descending), value in zip(self._parts, remembered, strict=False):
            plain: Any = (0, 0) if value is None else (1, values.fold(value) if operand.edm == "Edm.String" else value)
            if operand.edm == "Edm.Guid" and value is not None:
                plain = (1, indexes.guid_order(value))
            parts.append(_Reverse(plain) if descending else plain)
        return (*parts, indexes.guid_order(remembered[-1]))

    def of(self, row: Row) -> tuple[Any, ...]:
        """A row's sortable form."""
        return self.key(self.remembered(row))
