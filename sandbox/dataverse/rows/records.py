"""All rows of the organisation: versions and stamps, tombstones, many-to-many links, and an undo log for transactions."""

import contextlib
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote_plus

from sandbox import base
from sandbox.dataverse import refusal, schema
from sandbox.dataverse.rows import indexes
from sandbox.dataverse.rows.indexes import Row


class Witness(Protocol):
    """Whoever is told of what happens to rows."""

    def made(self, of: schema.Table, row: Row, user: str) -> None:
        """A row was inserted."""

    def changed(self, of: schema.Table, row: Row, changes: Mapping[str, Any], user: str) -> None:
        """A row is about to be changed."""

    def gone(self, of: schema.Table, row: Row, user: str) -> None:
        """A row was deleted."""


class Store:
    """All rows of the organisation and the stamps they get."""

    def __init__(self, clock: base.Clock, tables: schema.Schema, seed: int) -> None:
        self.clock = clock
        self.schema = tables
        self.version = 1_000_000
        self.random = random.Random(seed)
        self.rows = {name: indexes.Rows(table) for name, table in tables.tables.items()}
        self.links: dict[str, set[tuple[str, str]]] = {name: set() for name in tables.intersects}
        self.depths: dict[tuple[str, str], str] = {}
        """(role, privilege) → depth, where it is not Global."""
        self.snapshots: dict[Any, tuple[int, list[Row]]] = {}
        """Sorted results of queries that are being paged through, with the table's change counter."""
        self.frozen: datetime | None = None
        """While set, rows are stamped with this moment: a transaction that began earlier is being committed."""
        self.reserved: list[int] = []
        """Row versions of transactions that have not been committed, the lowest first."""
        self.witness: Witness | None = None
        self._undo: list[Callable[[], None]] | None = None

    def now(self) -> str:
        """The stamp that a write gets at this moment."""
        return indexes.stamp(self.frozen or self.clock.now())

    def new_id(self) -> str:
        """A fresh GUID out of the seed."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def table(self, name: str) -> indexes.Rows:
        """Rows of a table, by logical name."""
        found = self.rows.get(name)
        if found is None:
            found = self.rows[name] = indexes.Rows(self.schema.tables[name])
        return found

    def get(self, table: str, record: str | None) -> Row | None:
        """A row or None."""
        return None if record is None else self.table(table).by_id.get(record)

    def insert(self, table: schema.Table, values: Row, *, user: str) -> Row:
        """A new row with stamps and version; its key is made up unless it is among ``values``."""
        rows = self.table(table.name)
        record = values.get(table.key) or self.new_id()
        if record in rows.by_id:
            raise refusal.Refusal(412, "0x80040237", "Cannot insert duplicate key.")
        moment = self.now()
        self.version += 1
        row: Row = {
            **values,
            table.key: record,
            "createdon": values.get("overriddencreatedon") or moment,
            "modifiedon": moment,
            "versionnumber": self.version,
            indexes.ORDER: indexes.guid_order(record),
        }
        if "createdby" in table.columns:
            row["_createdby_value"] = row["_modifiedby_value"] = user
        rows.check_unique(row, record)
        rows.put(row)
        if self._undo is not None:
            self._undo.append(lambda: rows.drop(row))
        if self.witness is not None:
            self.witness.made(table, row, user)
        return row

    def update(self, table: schema.Table, row: Row, changes: Row, *, user: str) -> None:
        """Change a row, with a new stamp and version."""
        rows = self.table(table.name)
        if self.witness is not None:
            self.witness.changed(table, row, changes, user)
        self.version += 1
        changes = {**changes, "modifiedon": self.now(), "_modifiedby_value": user, "versionnumber": self.version}
        if table.keys:
            rows.check_unique({**row, **changes}, row[table.key])
        if self._undo is not None:
            before = {name: row.get(name) for name in changes}
            self._undo.append(lambda: rows.amend(row, before))
        rows.amend(row, changes)

    def delete(self, table: schema.Table, row: Row) -> None:
        """Take a row out and leave a tombstone for change tracking."""
        rows = self.table(table.name)
        rows.drop(row)
        if self.witness is not None:
            self.witness.gone(table, row, str(row.get("_modifiedby_value")))
        self.version += 1
        rows.tombstones.append((self.version, self.now(), row[table.key]))
        if self._undo is not None:

            def restore() -> None:
                rows.tombstones.pop()
                rows.put(row)

            self._undo.append(restore)

    def forget_column(self, table: schema.Table, wire: str) -> None:
        """A column was taken away: its values go too."""
        rows = self.table(table.name)
        rows.forget(wire)
        for row in rows.by_id.values():
            row.pop(wire, None)

    @contextlib.contextmanager
    def unwitnessed(self) -> Iterator[None]:
        """What is done inside nobody is told of: it counts as older than auditing."""
        before, self.witness = self.witness, None
        try:
            yield
        finally:
            self.witness = before

    def link(self, name: str, pair: tuple[str, str], *, there: bool) -> None:
        """Make or remove a many-to-many link."""
        pairs = self.links[name]
        if (pair in pairs) == there:
            return
        (pairs.add if there else pairs.remove)(pair)
        if self._undo is not None:
            self._undo.append(lambda: (pairs.remove if there else pairs.add)(pair))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are kept or none; nests."""
        outer = self._undo
        self._undo = []
        try:
            yield
        except BaseException:
            for step in reversed(self._undo):
                step()
            self._undo = outer
            raise
        done = self._undo
        self._undo = outer
        if outer is not None:
            outer.extend(done)


def unquoted(text: str) -> str:
    """A percent-encoded query value as plain text."""
    return unquote_plus(text)
