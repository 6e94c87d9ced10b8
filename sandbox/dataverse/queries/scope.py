"""What property paths mean in a condition over rows: columns, columns behind look-ups, and collections in lambdas."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import operands
from sandbox.dataverse.rows import records, values
from sandbox.dataverse.rows.indexes import Row


class DataScope:
    """Names as they are seen from one table."""

    def __init__(
        self,
        store: records.Store,
        table: schema.Table,
        user: str,
        hidden: frozenset[str] = frozenset(),
        *,
        blank: frozenset[str] = frozenset(),
        variable: str = "",
    ) -> None:
        self._store = store
        self._table = table
        self._user = user
        self._hidden = hidden
        self._blank = blank
        self._variable = variable

    @property
    def clock(self) -> Callable[[], datetime]:
        """The organisation's time."""
        return self._store.clock.now

    @property
    def user(self) -> str:
        """The calling systemuser."""
        return self._user

    def operand(self, steps: tuple[str, ...]) -> operands.Operand:
        """The column at this path."""
        if self._variable:
            if steps[0] != self._variable or len(steps) < 2:
                raise refusal.no_property(steps[0], self._table.name)
            steps = steps[1:]
        if len(steps) > 1:
            return self._behind(steps)
        column = find_column(self._table, steps[0], self._hidden)
        key = column.wire
        if self._blank and f"{self._table.name}.{column.name}" in self._blank:
            return operands.Operand(lambda _: None, values.edm(column), column.name)
        return operands.Operand(lambda row: row.get(key), values.edm(column), column.name, key)

    def attribute(self, steps: tuple[str, ...]) -> operands.Operand:
        """The column that a query function names."""
        column = self._table.columns.get(steps[-1])
        if len(steps) == 1 and not self._variable and column is not None:
            return self.operand((column.wire,))
        return self.operand(steps)

    def _behind(self, steps: tuple[str, ...]) -> operands.Operand:
        relationship = self._table.single.get(steps[0])
        if relationship is None:
            raise refusal.no_property(steps[0], self._table.name)
        target = self._store.schema.tables[relationship.referenced]
        inner = DataScope(self._store, target, self._user, self._hidden, blank=self._blank).operand(steps[1:])
        wire = self._table.columns[relationship.column].wire
        rows = self._store.table(target.name).by_id
        get = inner.get

        def follow(row: Row) -> object:
            found = rows.get(row.get(wire) or "")
            return None if found is None else get(found)

        return operands.Operand(follow, inner.edm, inner.name)

    def rows(self, steps: tuple[str, ...], variable: str) -> tuple[Callable[[Row], Iterable[Row]], operands.Scope]:
        """The rows behind a collection-valued navigation property."""
        if len(steps) != 1:
            raise refusal.bad_query("any and all need a collection-valued navigation property of the table itself.")
        get, target = collection(self._store, self._table, steps[0])
        return get, DataScope(self._store, target, self._user, self._hidden, blank=self._blank, variable=variable)


def find_column(table: schema.Table, name: str, hidden: frozenset[str] = frozenset()) -> schema.Column:
    """A column by its name on the wire; one that is hidden from the caller is as good as absent."""
    column = table.by_wire.get(name)
    if column is None or (hidden and f"{table.name}.{column.name}" in hidden):
        raise refusal.no_property(name, table.name)
    return column


def collection(store: records.Store, table: schema.Table, name: str) -> tuple[Callable[[Row], Iterable[Row]], schema.Table]:
    """How to get the rows behind a collection-valued navigation property, and their table."""
    relationship = table.collections.get(name)
    if relationship is not None:
        target = store.schema.tables[relationship.referencing]
        wire = target.columns[relationship.column].wire
        rows = store.table(target.name)
        key = table.key
        return (lambda row: rows.children(wire, row[key])), target
    intersect = table.many.get(name)
    if intersect is None:
        raise refusal.no_property(name, table.name)
    forward = intersect.first == table.name
    other = store.schema.tables[intersect.second if forward else intersect.first]
    by_id = store.table(other.name).by_id
    pairs = store.links.setdefault(name, set())

    def linked(row: Row) -> list[Row]:
        record = row[table.key]
        ids = sorted(second if forward else first for first, second in pairs if (first if forward else second) == record)
        return [by_id[one] for one in ids if one in by_id]

    return linked, other
