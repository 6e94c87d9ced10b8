"""The indexes of a table say what its rows say, whatever was done to them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sandbox.salesforce import records, schema
from sandbox.salesforce.objects import fields

KEYS = st.sampled_from([f"id{number}" for number in range(8)])
STAMPS = st.sampled_from([f"2026-01-0{day}T00:00:00.000+0000" for day in range(1, 6)])
PARENTS = st.sampled_from([None, "a", "b"])
NAMES = st.sampled_from([None, "One", "one", "Two"])


def objects() -> schema.Schema:
    """One object with a lookup and a unique name."""
    made = schema.Schema()
    made.add(fields.entity("Thing", "a00", [fields.text("Name", unique=True), fields.lookup("Parent", "Thing")]))
    return made


class Tables(RuleBasedStateMachine):
    """Puts, drops and roll-backs against a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store = records.Store(objects(), lambda: self.now)
        self.model: dict[str, dict[str, Any]] = {}
        self.store.table("Thing").having("Parent", "a")

    def row(self, key: str, stamp: str, parent: str | None, name: str | None) -> dict[str, Any]:
        """A record without the columns that are null."""
        taken = {str(row["Name"]).lower() for other, row in self.model.items() if "Name" in row and other != key}
        values = {"Parent": parent, "Name": None if name is None or name.lower() in taken else name}
        return {"Id": key, "SystemModstamp": stamp} | {field: value for field, value in values.items() if value is not None}

    @rule(key=KEYS, stamp=STAMPS, parent=PARENTS, name=NAMES)
    def put(self, key: str, stamp: str, parent: str | None, name: str | None) -> None:
        """Insert or replace."""
        row = self.row(key, stamp, parent, name)
        self.store.put("Thing", row)
        self.model[key] = row

    @rule(key=KEYS)
    def drop(self, key: str) -> None:
        """Forget a record if it is there."""
        if self.model.pop(key, None) is not None:
            self.store.drop("Thing", key)

    @rule(changes=st.lists(st.tuples(KEYS, STAMPS, PARENTS), max_size=5))
    def roll_back(self, changes: list[tuple[str, str, str | None]]) -> None:
        """Do this and that, then undo all of it."""
        with self.store.undoable():
            savepoint = self.store.savepoint()
            for key, stamp, parent in changes:
                self.store.put("Thing", self.row(key, stamp, parent, None))
            self.store.roll_back(savepoint)

    @rule(key=KEYS, parent=PARENTS)
    def put_late(self, key: str, parent: str | None) -> None:
        """A commit that becomes visible a minute later, with its older stamp."""
        row = self.row(key, "2026-01-01T00:00:00.000+0000", parent, None)
        with self.store.late(self.now + timedelta(minutes=1)):
            self.store.put("Thing", row)
        assert self.store.get("Thing", key) == self.model.get(key)
        self.now += timedelta(minutes=1)
        self.store.settle()
        self.model[key] = row

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        """Nothing is lost or left."""
        assert self.store.table("Thing").rows == self.model

    @invariant()
    def the_index_by_stamp_is_sorted_and_whole(self) -> None:
        """Each row once, in the order of (SystemModstamp, Id)."""
        expected = sorted(self.model, key=lambda key: (self.model[key]["SystemModstamp"], key))
        assert [row["Id"] for row in self.store.table("Thing").between("", "~")] == expected
        middle = "2026-01-03T00:00:00.000+0000"
        later = [key for key in expected if self.model[key]["SystemModstamp"] >= middle]
        assert [row["Id"] for row in self.store.table("Thing").between(middle, "~", backwards=True)] == later[::-1]

    @invariant()
    def the_index_by_parent_is_whole(self) -> None:
        """Those that point at the parent, by Id."""
        for parent in ("a", "b"):
            expected = sorted(key for key, row in self.model.items() if row.get("Parent") == parent)
            assert [row["Id"] for row in self.store.table("Thing").having("Parent", parent)] == expected

    @invariant()
    def the_index_by_name_finds_its_holder(self) -> None:
        """Whatever the case."""
        for name in ("one", "TWO"):
            holders = [key for key, row in self.model.items() if str(row.get("Name", "")).lower() == name.lower()]
            assert self.store.table("Thing").holder("Name", name) == (holders[0] if holders else None)


TestTables = Tables.TestCase
