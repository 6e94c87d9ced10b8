"""Auditing: a row of ``audit`` for each change of what is audited, with the values before and after.

Sources: learn.microsoft.com/power-apps/developer/data-platform/auditing/configure (on for the organization, the table and the
column: ``isauditenabled``, ``IsAuditEnabled``) and …/auditing/retrieve-audit-data (the table, its actions, the privilege
``prvReadAuditSummary``; read-only; not joined with other tables). ``changedata`` is JSON with ``changedAttributes``, whose values
are texts: a choice its number, a lookup ``table,id``, a date in the invariant form of .NET.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from sandbox.dataverse import schema
from sandbox.dataverse.rows import records
from sandbox.dataverse.rows.indexes import TARGET, Row
from sandbox.dataverse.tables import columns as c

PRIVILEGE = "prvReadAuditSummary"
"""Without it nobody reads the table."""
AUDITED = ("account", "contact", "incident", "lead", "opportunity", "salesorder")
"""Tables for which it is switched on."""
_OPERATIONS = {1: "Create", 2: "Update", 3: "Delete", 4: "Access"}
_ACTIONS = {
    1: "Create", 2: "Update", 3: "Delete", 12: "Merge", 13: "Assign", 16: "Close", 17: "Cancel", 21: "Reopen", 22: "Fulfill",
    41: "Set State", 44: "Win", 45: "Lose",
}  # fmt: skip
_STATES = {
    ("incident", 0): 21, ("incident", 1): 16, ("incident", 2): 17, ("opportunity", 1): 44, ("opportunity", 2): 45,
    ("salesorder", 2): 17, ("salesorder", 3): 22,
}  # fmt: skip
_NOTHING = "00000000-0000-0000-0000-000000000000"


def table() -> schema.Table:
    """The table itself. It belongs to nobody, has no stamps but ``createdon``, and is not written by anybody."""
    made = schema.Table(
        name="audit",
        schema_name="Audit",
        entity_set="audits",
        key="auditid",
        primary_name="",
        label="Auditing",
        plural="Auditing",
        code=4567,
        ownership="None",
        tracked=False,
        bulk=False,
        read_only=True,
        read_privilege=PRIVILEGE,
    )
    for column in (
        c.key("auditid", "Record Id"),
        c.choice("action", "Event", _ACTIONS),
        c.choice("operation", "Operation", _OPERATIONS),
        c.memo("attributemask", "Changed Field", 10_000),
        c.memo("changedata", "Change Data", 1_048_576),
        c.instant("createdon", "Changed Date", update=False),
        c.lookup("objectid", "Record", *AUDITED, update=False),
        c.text("objecttypecode", "Entity", 64, update=False),
        c.lookup("userid", "Changed By", "systemuser", update=False),
        c.lookup("callinguserid", "Calling User", "systemuser", update=False),
        c.lookup("regardingobjectid", "Regarding", *AUDITED, update=False),
        schema.Column(name="transactionid", kind=schema.Kind.UNIQUEIDENTIFIER, label="Transaction Id", update=False),
        c.text("useradditionalinfo", "User Info", 350, update=False),
    ):
        made.add(column)
    return made


_Told = list[tuple[schema.Column, str | None, str | None]]
"""Columns with their values before and after, as texts."""


class Trail:
    """Writes the rows of ``audit``."""

    def __init__(self, store: records.Store) -> None:
        self._store = store

    def _on(self, of: schema.Table) -> bool:
        if not of.audited:
            return False
        return any(row.get("isauditenabled") for row in self._store.table("organization").by_id.values())

    def made(self, of: schema.Table, row: Row, user: str) -> None:
        """A row was inserted."""
        if self._on(of):
            self._note(of, row, [(column, None, _said(column, row)) for column in _kept(of)], (1, 1, user))

    def changed(self, of: schema.Table, row: Row, changes: Mapping[str, Any], user: str) -> None:
        """A row is about to be changed."""
        if self._on(of):
            new = {**row, **changes}
            told = [(column, _said(column, row), _said(column, new)) for column in _kept(of) if column.wire in changes]
            self._note(of, row, told, (2, _action(of, changes), user))

    def gone(self, of: schema.Table, row: Row, user: str) -> None:
        """A row was deleted."""
        if self._on(of):
            self._note(of, row, [(column, _said(column, row), None) for column in _kept(of)], (3, 3, user))

    def _note(self, of: schema.Table, row: Row, told: _Told, what: tuple[int, int, str]) -> None:
        """``what`` is operation, action and user."""
        found = [(column, old, new) for column, old, new in told if old != new]
        if not found:
            return
        operation, action, user = what
        numbers = {name: number for number, name in enumerate(of.columns, 1)}
        changed = [{"logicalName": column.name, "oldValue": old, "newValue": new} for column, old, new in found]
        # Thousands of closings say the same: one text for all of them.
        values: Row = {
            "operation": operation,
            "action": action,
            "attributemask": sys.intern(",".join(str(numbers[column.name]) for column, _, _ in found)),
            "changedata": sys.intern(orjson.dumps({"changedAttributes": changed}).decode()),
            "_objectid_value": row[of.key],
            "_objectid_value" + TARGET: of.name,
            "objecttypecode": of.name,
            "_userid_value": user,
            "transactionid": _NOTHING,
        }
        self._store.insert(self._store.schema.tables["audit"], values, user=user)


def _kept(of: schema.Table) -> Iterator[schema.Column]:
    return (column for column in of.columns.values() if column.audited and column.auditable)


def _action(of: schema.Table, changes: Mapping[str, Any]) -> int:
    if changes.get("merged"):
        return 12
    if "statecode" in changes:
        return _STATES.get((of.name, changes["statecode"]), 41)
    return 13 if "_ownerid_value" in changes else 2


def _said(column: schema.Column, row: Mapping[str, Any]) -> str | None:
    value = row.get(column.wire)
    if value is None:
        return None
    if column.kind in schema.LOOKUPS:
        return f"{row.get(column.wire + TARGET) or column.targets[0]},{value}"
    if column.kind is schema.Kind.DATETIME:
        moment = datetime.fromisoformat(str(value))
        return moment.strftime("%m/%d/%Y" if column.date_only else "%m/%d/%Y %H:%M:%S")
    if column.kind is schema.Kind.MONEY:
        return f"{value:.4f}"
    return str(value)
