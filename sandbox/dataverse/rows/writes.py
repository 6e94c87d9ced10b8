"""Creates, updates and deletes with the business logic that the service runs inside them."""

from collections.abc import Mapping
from typing import Any

from sandbox import base
from sandbox.dataverse import refusal, schema
from sandbox.dataverse.rows import payload, records
from sandbox.dataverse.rows.indexes import TARGET, Row

_CLOSED_BY = {
    ("incident", 1): ("Closed", "CloseIncidentRequest"),
    ("opportunity", 1): ("Won", "WinOpportunityRequest"),
    ("opportunity", 2): ("Lost", "LoseOpportunityRequest"),
    ("salesorder", 3): ("Fulfilled", "FulfillSalesOrderRequest"),
    ("salesorder", 2): ("Canceled", "CancelSalesOrderRequest"),
}
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


_DEADLOCK = (
    "Sql error: Generic SQL error. CRM ErrorCode: -2147204784 Sql ErrorCode: -2146232060 Sql Number: 1205 Transaction was "
    "deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction."
)


class Writer:
    """Writes rows on behalf of one user."""

    def __init__(
        self, store: records.Store, user: str, veil: payload.Veil | None = None, faults: base.Faults | None = None
    ) -> None:
        self._store = store
        self.user = user
        self._veil = veil
        self._faults = faults

    def _stumble(self, table: schema.Table) -> None:
        """The misbehaviours that hit single rows."""
        if self._faults is None:
            return
        if fault := self._faults.take("lock_rows"):
            raise refusal.Refusal(int(fault.options.get("status", 500)), "0x80044150", _DEADLOCK)
        if fault := self._faults.take("partial_failure"):
            words = str(fault.options.get("message", f"The plug-in of table {table.name} does not accept this change."))
            raise refusal.Refusal(400, "0x80040265", words)

    def _locked(self, table: schema.Table, row: Row) -> None:
        """The service setting "Case update after resolution: Don't allow updates", switched on by the fault ``closed_locked``."""
        if self._faults is not None and table.name == "incident" and row["statecode"] != 0 and self._faults.peek("closed_locked"):
            raise refusal.invalid("This case is resolved or canceled. The organization does not allow updates to such cases.")

    def create(self, table: schema.Table, body: Any, given: Mapping[str, Any] | None = None) -> Row:
        """A new row out of a JSON body, with what hangs on it; ``given`` are key values from the address."""
        if table.read_only:
            raise refusal.not_allowed(f"The 'Create' method does not support entities of type '{table.name}'.")
        self._stumble(table)
        wanted = payload.read(self._store, table, body, creating=True, veil=self._veil)
        with self._store.transaction():
            for relationship, inner in wanted.singles:
                target = self._store.schema.tables[relationship.referenced]
                made = self.create(target, inner)
                payload.point(table.columns[relationship.column], target, made[target.key], wanted.values)
            row = self.insert(table, {**(given or {}), **wanted.values})
            for relationship, bodies in wanted.collections:
                child = self._store.schema.tables[relationship.referencing]
                for inner in bodies:
                    self.create(child, {**inner, f"{relationship.single}@odata.bind": f"/{table.entity_set}({row[table.key]})"})
        return row

    def insert(self, table: schema.Table, values: Row) -> Row:
        """A new row out of row values: defaults, owner, numbers, required columns."""
        row: Row = {**table.defaults(), **values}
        if "_ownerid_value" not in row and table.ownership == "UserOwned":
            row["_ownerid_value"] = self.user
            row["_ownerid_value" + TARGET] = "systemuser"
        self._own(table, row)
        self._fill(table, row)
        if "statecode" in table.columns:
            self._check_state(table, {}, row)
        return self._store.insert(table, row, user=self.user)

    def update(self, table: schema.Table, row: Row, body: Any) -> None:
        """Change a row as a PATCH does."""
        self._stumble(table)
        self._locked(table, row)
        wanted = payload.read(self._store, table, body, creating=False, veil=self._veil)
        changes = wanted.values
        if "statecode" in table.columns:
            self._guard_state(table, row, changes)
            self._check_state(table, row, changes)
        self.change(table, row, changes)

    def change(self, table: schema.Table, row: Row, changes: Row) -> None:
        """Change a row with row values; what follows from them is filled in."""
        if "_ownerid_value" in changes:
            self._own(table, changes)
        if table.name in ("contact", "systemuser") and ("firstname" in changes or "lastname" in changes):
            changes["fullname"] = _full_name({**row, **changes})
        self._store.update(table, row, changes, user=self.user)

    def delete(self, table: schema.Table, row: Row) -> None:
        """Delete a row; close activities go with it, other references to it are removed."""
        if table.read_only or table.name in ("organization", "systemuser"):
            raise refusal.not_allowed(f"The 'Delete' method does not support entities of type '{table.name}'.")
        record = row[table.key]
        with self._store.transaction():
            for relationship in list(table.collections.values()):
                child = self._store.schema.tables[relationship.referencing]
                wire = child.columns[relationship.column].wire
                for other in self._store.table(child.name).children(wire, record):
                    if relationship.on_delete == "Cascade" or child.activity:
                        self.delete(child, other)
                    else:
                        self._store.update(child, other, {wire: None}, user=self.user)
            self._store.delete(table, row)

    def _own(self, table: schema.Table, row: Row) -> None:
        if table.ownership != "UserOwned":
            return
        owner = row.get("_ownerid_value")
        if owner is None:
            raise refusal.invalid("ownerid cannot be null")
        team = row.get("_ownerid_value" + TARGET) == "team"
        row["_owninguser_value"] = None if team else owner
        row["_owningteam_value"] = owner if team else None
        found = self._store.get("team" if team else "systemuser", owner)
        row["_owningbusinessunit_value"] = (found or {}).get("_businessunitid_value")

    def _fill(self, table: schema.Table, row: Row) -> None:
        if table.name in ("contact", "systemuser"):
            row["fullname"] = _full_name(row)
        elif table.name == "incident":
            if row.get("_customerid_value") is None:
                raise refusal.invalid("You should specify a parent contact or account.")
            row.setdefault("ticketnumber", self._number("CAS"))
            row.setdefault("merged", False)
        elif table.name == "salesorder":
            row.setdefault("ordernumber", self._number("ORD"))
        if table.activity:
            row.setdefault("activitytypecode", table.name)

    def _number(self, prefix: str) -> str:
        rng = self._store.random
        return f"{prefix}-{rng.randrange(100_000):05d}-{''.join(rng.choices(_LETTERS, k=6))}"

    def _guard_state(self, table: schema.Table, row: Row, changes: Row) -> None:
        state = changes.get("statecode")
        if state is None and changes.get("statuscode") is not None:
            reason = next(option for option in table.columns["statuscode"].options if option.value == changes["statuscode"])
            state = reason.state
        closing = _CLOSED_BY.get((table.name, state)) if state is not None else None
        if closing is not None and row.get("statecode") != state:
            words, message = closing
            raise refusal.invalid(
                f"This message can not be used to set the state of {table.name} to {words}. In order to set state of "
                f"{table.name} to {words}, use the {message} message instead."
            )

    def _check_state(self, table: schema.Table, row: Row, changes: Row) -> None:
        reasons = table.columns["statuscode"].options
        state, status = changes.get("statecode"), changes.get("statuscode")
        if state is None and status is None:
            return
        if status is None:
            changes["statuscode"] = next(option.value for option in reasons if option.state == state)
        elif state is None:
            changes["statecode"] = next(option.state for option in reasons if option.value == status)
        elif all(option.value != status or option.state != state for option in reasons):
            label = next(option.label for option in table.columns["statecode"].options if option.value == state)
            raise refusal.Refusal(
                400,
                "0x80048408",
                f"{status} is not a valid status code for state code {table.schema_name}State.{label} on {table.name} with Id "
                f"{row.get(table.key, '00000000-0000-0000-0000-000000000000')}.",
            )


def _full_name(row: Row) -> str | None:
    return " ".join(part for part in (row.get("firstname"), row.get("lastname")) if part) or None
