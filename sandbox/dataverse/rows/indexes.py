"""The rows of a table and what finds them: by id, by stamp, by parent, by alternate key.

Row keys are the wire's property names (``_primarycontactid_value``). A lookup that may point at several tables carries its
target under the wire's own annotation name. ``#`` holds the row's place in SQL Server's order of GUIDs.
"""

import bisect
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.dataverse import refusal, schema

Row = dict[str, Any]
ORDER = "#"
TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname"


def guid_order(guid: str) -> str:
    """SQL Server's order of uniqueidentifiers: the last group counts first, the first three groups byte by byte from behind.

    Source: learn.microsoft.com/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values.
    """
    g = guid
    return g[24:36] + g[19:23] + g[16:18] + g[14:16] + g[11:13] + g[9:11] + g[6:8] + g[4:6] + g[2:4] + g[0:2]


def stamp(moment: datetime) -> str:
    """An instant as the wire shows it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class StampIndex:
    """Rows in the order (modifiedon, id), cheap to keep because stamps only grow."""

    def __init__(self) -> None:
        self._buckets: dict[str, dict[str, str]] = {}
        self._stamps: list[str] = []
        self._sorted: dict[str, list[str]] = {}

    def add(self, when: str, order: str, record: str) -> None:
        """Put a row in."""
        bucket = self._buckets.get(when)
        if bucket is None:
            bucket = self._buckets[when] = {}
            if self._stamps and self._stamps[-1] > when:
                bisect.insort(self._stamps, when)
            else:
                self._stamps.append(when)
        bucket[order] = record
        self._sorted.pop(when, None)

    def remove(self, when: str, order: str) -> None:
        """Take a row out."""
        bucket = self._buckets[when]
        del bucket[order]
        if not bucket:
            del self._buckets[when]
            self._sorted.pop(when, None)
            del self._stamps[bisect.bisect_left(self._stamps, when)]

    def after(self, when: str = "", order: str | None = None) -> Iterator[str]:
        """Ids from this stamp on; with ``order`` only those behind (when, order)."""
        for number in range(bisect.bisect_left(self._stamps, when), len(self._stamps)):
            at = self._stamps[number]
            ordered = self._sorted.get(at)
            if ordered is None:
                ordered = self._sorted[at] = sorted(self._buckets[at])
            first = bisect.bisect_right(ordered, order) if order is not None and at == when else 0
            bucket = self._buckets[at]
            for key in ordered[first:] if first else ordered:
                record = bucket.get(key)
                if record is not None:
                    yield record


class Rows:
    """The rows of one table."""

    def __init__(self, table: schema.Table) -> None:
        self.table = table
        self.by_id: dict[str, Row] = {}
        self.index = StampIndex()
        self.changes = 0
        self.tombstones: list[tuple[int, str, str]] = []
        """(version, stamp, id) of deleted rows, oldest first."""
        self._children: dict[str, dict[str, dict[str, None]]] = {}
        self._unique: dict[str, dict[tuple[Any, ...], str]] = {}
        self._ordered: list[tuple[str, str]] | None = None

    def ordered(self) -> list[tuple[str, str]]:
        """(order, id) of all rows in the order of their ids."""
        if self._ordered is None:
            self._ordered = sorted((row[ORDER], record) for record, row in self.by_id.items())
        return self._ordered

    def children(self, wire: str, parent: str) -> list[Row]:
        """Rows whose lookup ``wire`` points at ``parent``."""
        index = self._children.get(wire)
        if index is None:
            index = self._children[wire] = {}
            for record, row in self.by_id.items():
                if row.get(wire) is not None:
                    index.setdefault(row[wire], {})[record] = None
        return [self.by_id[record] for record in index.get(parent, ())]

    def find(self, key: schema.Key, values: tuple[Any, ...]) -> Row | None:
        """The row with these alternate key values."""
        record = self._uniques(key).get(_folded(values))
        return None if record is None else self.by_id.get(record)

    def put(self, row: Row) -> None:
        """Take a row in, old or new; indexes follow."""
        record = row[self.table.key]
        self.by_id[record] = row
        self.index.add(row["modifiedon"], row[ORDER], record)
        self.changes += 1
        self._ordered = None
        for wire, index in self._children.items():
            if row.get(wire) is not None:
                index.setdefault(row[wire], {})[record] = None
        for name, taken in self._unique.items():
            values = self._key_values(self.table.keys[name], row)
            if values is not None:
                taken[values] = record

    def drop(self, row: Row) -> None:
        """Take a row out; indexes follow."""
        record = row[self.table.key]
        del self.by_id[record]
        self.index.remove(row["modifiedon"], row[ORDER])
        self.changes += 1
        self._ordered = None
        for wire, index in self._children.items():
            if row.get(wire) is not None:
                del index[row[wire]][record]
        for name, taken in self._unique.items():
            values = self._key_values(self.table.keys[name], row)
            if values is not None:
                taken.pop(values, None)

    def amend(self, row: Row, changes: Row) -> None:
        """Change a row in place; indexes follow."""
        record = row[self.table.key]
        for wire, index in self._children.items():
            if wire in changes and changes[wire] != row.get(wire):
                if row.get(wire) is not None:
                    del index[row[wire]][record]
                if changes[wire] is not None:
                    index.setdefault(changes[wire], {})[record] = None
        before = {name: self._key_values(self.table.keys[name], row) for name in self._unique}
        if "modifiedon" in changes and changes["modifiedon"] != row["modifiedon"]:
            self.index.remove(row["modifiedon"], row[ORDER])
            self.index.add(changes["modifiedon"], row[ORDER], record)
        row.update(changes)
        self.changes += 1
        for name, old in before.items():
            new = self._key_values(self.table.keys[name], row)
            if new != old:
                if old is not None:
                    self._unique[name].pop(old, None)
                if new is not None:
                    self._unique[name][new] = record

    def check_unique(self, row: Row, record: str) -> None:
        """Refuse values that an alternate key holds for another row."""
        for key in self.table.keys.values():
            values = self._key_values(key, row)
            owner = None if values is None else self._uniques(key).get(values)
            if owner is not None and owner != record:
                labels = ", ".join(self.table.columns[name].label for name in key.columns)
                raise refusal.duplicate_key(labels)

    def forget(self, wire: str) -> None:
        """What is known about the values of a column."""
        self._children.pop(wire, None)
        self.forget_keys()

    def forget_keys(self) -> None:
        """Alternate keys were added or removed: their indexes are built anew when next needed."""
        self._unique.clear()

    def _uniques(self, key: schema.Key) -> dict[tuple[Any, ...], str]:
        taken = self._unique.get(key.name)
        if taken is None:
            taken = self._unique[key.name] = {}
            for record, row in self.by_id.items():
                values = self._key_values(key, row)
                if values is not None:
                    taken[values] = record
        return taken

    def _key_values(self, key: schema.Key, row: Row) -> tuple[Any, ...] | None:
        values = tuple(row.get(self.table.columns[name].wire) for name in key.columns)
        return None if all(value is None for value in values) else _folded(values)


def _folded(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.lower() if isinstance(value, str) else value for value in values)
