"""The records: one table per object, an index by (SystemModstamp, Id), undo for all-or-none, and commits that come late.

A record is a dict with the API's own names and JSON values; a column that is null (a checkbox: false) is simply absent.
Records are never changed in place: a write puts a new dict, so whoever holds an old one holds what was true then.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

from sandbox.salesforce import schema

Record: TypeAlias = dict[str, Any]
NOTHING: Record = {}
_STALE_ALLOWED = 1024


class Table:
    """The visible records of one object."""

    def __init__(self, unique: Iterable[str]) -> None:
        self.rows: dict[str, Record] = {}
        self._keys: list[tuple[str, str]] = []
        self._values: dict[str, dict[str, str]] = {name: {} for name in unique}
        self._groups: dict[str, dict[str, set[str]]] = {}

    def put(self, record: Record) -> None:
        """Insert or replace by Id."""
        identifier = record["Id"]
        before = self.rows.get(identifier)
        self.rows[identifier] = record
        self._index_key(record["SystemModstamp"], identifier)
        for name, values in self._values.items():
            if before is not None and before.get(name) is not None:
                values.pop(str(before[name]).lower(), None)
            if record.get(name) is not None and not record.get("IsDeleted"):
                values[str(record[name]).lower()] = identifier
        for name, groups in self._groups.items():
            _regroup(groups, identifier, None if before is None else before.get(name), record.get(name))
        if len(self._keys) > 2 * len(self.rows) + _STALE_ALLOWED:
            self._keys = sorted((row["SystemModstamp"], row["Id"]) for row in self.rows.values())

    def drop(self, identifier: str) -> None:
        """Forget a record altogether."""
        record = self.rows.pop(identifier)
        for name, values in self._values.items():
            values.pop(str(record.get(name)).lower(), None)
        for name, groups in self._groups.items():
            _regroup(groups, identifier, record.get(name), None)

    def having(self, name: str, value: str) -> list[Record]:
        """Records whose lookup ``name`` points at ``value``, by Id; the index is made when first asked for, then kept."""
        groups = self._groups.get(name)
        if groups is None:
            groups = self._groups[name] = {}
            for identifier, record in self.rows.items():
                _regroup(groups, identifier, None, record.get(name))
        return [self.rows[identifier] for identifier in sorted(groups.get(value, ()))]

    def _index_key(self, stamp: str, identifier: str) -> None:
        key = (stamp, identifier)
        if not self._keys or key > self._keys[-1]:
            self._keys.append(key)
            return
        place = bisect_left(self._keys, key)
        if self._keys[place] != key:
            insort(self._keys, key, lo=place)

    def index_values(self, name: str) -> None:
        """From now on find records by this column too."""
        rows = (row for row in self.rows.values() if row.get(name) is not None and not row.get("IsDeleted"))
        self._values[name] = {str(row[name]).lower(): row["Id"] for row in rows}

    def holder(self, name: str, value: Any) -> str | None:
        """The id of the record that has this value in an indexed column (case does not matter)."""
        return self._values.get(name, {}).get(str(value).lower())

    def between(self, low: str, high: str, *, backwards: bool = False) -> Iterator[Record]:
        """Records with ``low <= SystemModstamp <= high`` in the order of (SystemModstamp, Id)."""
        first, last = bisect_left(self._keys, (low, "")), bisect_right(self._keys, (high, "~"))
        keys = self._keys[first:last]
        rows = self.rows
        for stamp, identifier in reversed(keys) if backwards else keys:
            record = rows.get(identifier)
            if record is not None and record["SystemModstamp"] == stamp:
                yield record


def address(record: Record, prefix: str) -> Record | None:
    """A compound address of the record's own columns, null when all of them are."""
    parts = {part: record.get(prefix + part) for part in ("City", "Country", "PostalCode", "State", "Street")}
    if not any(parts.values()):
        return None
    made: Record = {part[:1].lower() + part[1:]: value for part, value in parts.items()}
    return made | {"geocodeAccuracy": None, "latitude": None, "longitude": None}


def _regroup(groups: dict[str, set[str]], identifier: str, old: str | None, new: str | None) -> None:
    if old == new:
        return
    if old is not None:
        groups[old].discard(identifier)
    if new is not None:
        groups.setdefault(new, set()).add(identifier)


class Store:
    """All tables."""

    def __init__(self, objects: schema.Schema, now: Callable[[], datetime]) -> None:
        self._schema = objects
        self._now = now
        self._tables: dict[str, Table] = {}
        self._undo: list[tuple[str, str, Record | None]] | None = None
        self._late_until: datetime | None = None
        self._pending: dict[str, tuple[datetime, str, Record]] = {}

    def table(self, name: str) -> Table:
        """The table of an object by its exact name."""
        found = self._tables.get(name)
        if found is None:
            columns = self._schema.entities[name].fields.values()
            found = Table(column.name for column in columns if column.unique or (column.id_lookup and column.type != "id"))
            self._tables[name] = found
        return found

    def get(self, entity: str, identifier: str) -> Record | None:
        """A visible record, deleted ones too."""
        return self.table(entity).rows.get(identifier)

    def latest(self, entity: str, identifier: str) -> Record | None:
        """The newest version, even if its transaction has not yet become visible."""
        pending = self._pending.get(identifier)
        return pending[2] if pending is not None else self.get(entity, identifier)

    def is_pending(self, identifier: str) -> bool:
        """Whether an open transaction holds this record."""
        return identifier in self._pending

    def put(self, entity: str, record: Record) -> None:
        """Insert or replace; inside ``late`` it becomes visible only then."""
        identifier = record["Id"]
        if self._late_until is not None:
            self._pending[identifier] = (self._late_until, entity, record)
            return
        table = self.table(entity)
        if self._undo is not None:
            self._undo.append((entity, identifier, table.rows.get(identifier)))
        table.put(record)

    def drop(self, entity: str, identifier: str) -> None:
        """Forget a record altogether (those that have no recycle bin)."""
        table = self.table(entity)
        if self._undo is not None:
            self._undo.append((entity, identifier, table.rows.get(identifier)))
        table.drop(identifier)

    def settle(self) -> None:
        """Show what has become due of the late transactions."""
        if not self._pending:
            return
        now = self._now()
        due = [identifier for identifier, (when, _, _) in self._pending.items() if when <= now]
        for identifier in due:
            _, entity, record = self._pending.pop(identifier)
            self.table(entity).put(record)

    @contextmanager
    def late(self, until: datetime) -> Iterator[None]:
        """What is put inside becomes visible at ``until``, with the stamps it was put with."""
        self._late_until = until
        try:
            yield
        finally:
            self._late_until = None

    def savepoint(self) -> int:
        """A place to roll back to; only inside ``undoable``."""
        return len(self._undo or ())

    def roll_back(self, savepoint: int = 0) -> None:
        """Undo everything put since the savepoint."""
        undo, self._undo = self._undo or [], None
        for entity, identifier, before in reversed(undo[savepoint:]):
            if before is None:
                self.table(entity).drop(identifier)
            else:
                self.table(entity).put(before)
        self._undo = undo[:savepoint]

    @contextmanager
    def undoable(self) -> Iterator[None]:
        """Keep what ``roll_back`` needs while inside; nests."""
        outer = self._undo
        if outer is None:
            self._undo = []
        try:
            yield
        finally:
            if outer is None:
                self._undo = None
