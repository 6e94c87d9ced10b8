"""Writing records: create, update, upsert, delete, with everything the service checks and does on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import errors, ids, records, rights, schema
from sandbox.salesforce.org import Org
from sandbox.salesforce.saving import business, checks, duplicates

_IGNORED = frozenset({"attributes", "id"})
_DROPPED_FOR_GOOD = frozenset(
    {"OpportunityContactRole", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions", "PermissionSet"}
)
"""Objects whose deleted rows just disappear."""


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    id: str | None
    error: errors.RowError | None = None
    created: bool | None = None
    """Only of an upsert."""

    def as_row(self) -> dict[str, Any]:
        """As it stands in the results of several rows."""
        if self.error is not None:
            return {"success": False, "errors": [self.error.as_row()]}
        row: dict[str, Any] = {"id": self.id, "success": True, "errors": []}
        return row if self.created is None else {**row, "created": self.created}


class Writer:
    """Writes on behalf of one user; every method raises RowRefused and then has changed nothing."""

    def __init__(self, org: Org, user_id: str, *, allow_duplicates: bool = False) -> None:
        self.org = org
        self.user = user_id
        self.allow_duplicates = allow_duplicates
        self._hidden = rights.hidden(org, user_id)
        self._read_only = rights.read_only(org, user_id) | self._hidden

    def create(self, entity: schema.Entity, values: Mapping[str, Any]) -> str:
        """Insert; answers the new id."""
        self._allowed(entity, "PermissionsCreate")
        if not entity.createable:
            raise errors.RowRefused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {entity.label}", [])
        if any(name.lower() == "id" and given for name, given in values.items()):
            raise errors.RowRefused("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
        self._misbehave(None)
        record = self._with_defaults(entity)
        self._apply(entity, record, values, insert=True)
        checks.required(entity, record)
        duplicates.check_unique(self.org, entity, record)
        if not self.allow_duplicates:
            duplicates.check_rules(self.org, entity, record)
        record["Id"] = self.org.identifiers.make(entity.prefix)
        now = self.org.stamp()
        record["CreatedDate"] = now
        record["CreatedById"] = self.user
        self._save(entity, None, record, now)
        return str(record["Id"])

    def update(self, entity: schema.Entity, identifier: str, values: Mapping[str, Any]) -> None:
        """Change the columns given."""
        self._allowed(entity, "PermissionsEdit")
        before = self.existing(entity, identifier)
        if not entity.updateable:
            raise errors.RowRefused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {entity.label}", [])
        self._misbehave(identifier)
        self._locked_order(entity, before)
        record = dict(before)
        self._apply(entity, record, values, insert=False)
        checks.required(entity, record)
        duplicates.check_unique(self.org, entity, record)
        self._save(entity, before, record, self.org.stamp())

    def upsert(self, entity: schema.Entity, key: schema.Field, key_value: Any, values: Mapping[str, Any]) -> Outcome:
        """Update the record with this external id, or create it."""
        rest = {name: given for name, given in values.items() if name.lower() != key.name.lower()}
        if key.type == "id":
            if not key_value:
                return Outcome(self.create(entity, rest), created=True)
            self.update(entity, str(key_value), rest)
            return Outcome(ids.extend(str(key_value)), created=False)
        if key_value is None or key_value == "":
            raise errors.RowRefused("MISSING_ARGUMENT", f"{key.name} not specified", [])
        found = self.org.store.table(entity.name).holder(key.name, key_value)
        if found is not None:
            self.update(entity, found, rest)
            return Outcome(found, created=False)
        return Outcome(self.create(entity, {**rest, key.name: key_value}), created=True)

    def delete(self, entity: schema.Entity, identifier: str) -> None:
        """Into the recycle bin, with the rows that belong to it."""
        self._allowed(entity, "PermissionsDelete")
        before = self.existing(entity, identifier)
        if not entity.deletable:
            raise errors.RowRefused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])
        self._misbehave(identifier)
        self._still_needed(entity, before)
        self.remove(entity, before, self.org.stamp())

    def _still_needed(self, entity: schema.Entity, record: records.Record) -> None:
        """An account or contact with cases stays."""
        lookup = {"Contact": "ContactId", "Account": "AccountId"}.get(entity.name)
        if lookup is None:
            return
        cases = self.org.store.table("Case").having(lookup, record["Id"])
        numbers = [row["CaseNumber"] for row in cases if not row.get("IsDeleted")]
        if numbers:
            message = (
                f"Your attempt to delete {record.get('Name')} could not be completed because it is associated with the "
                f"following cases.: {', '.join(numbers[:10])}"
            )
            raise errors.RowRefused("DELETE_FAILED", message, [])

    def remove(self, entity: schema.Entity, record: records.Record, now: str, **more: Any) -> None:
        """Mark deleted (or drop), children first."""
        for _, child, lookup in self.org.schema.children(entity):
            if lookup.cascade:
                for row in self.org.store.table(child.name).having(lookup.name, record["Id"]):
                    if not row.get("IsDeleted"):
                        self.remove(child, row, now)
        if entity.name in _DROPPED_FOR_GOOD:
            self.org.store.drop(entity.name, record["Id"])
            return
        stamps = {"IsDeleted": True, "LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": self.user}
        self.org.store.put(entity.name, {**record, **stamps, **more})

    def existing(self, entity: schema.Entity, identifier: str) -> records.Record:
        """The record to be written. Raises RowRefused when it is not there, deleted or held by somebody else."""
        full = ids.extend(identifier)
        if full is None or self.org.schema.of_id(full) is not entity:
            raise errors.RowRefused("MALFORMED_ID", f"{entity.label} ID: id value of incorrect type: {identifier}", ["Id"])
        if self.org.store.is_pending(full):
            raise errors.RowRefused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", None)
        record = self.org.store.get(entity.name, full)
        if record is None:
            raise errors.RowRefused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        if record.get("IsDeleted"):
            raise errors.RowRefused("ENTITY_IS_DELETED", "entity is deleted", [])
        return record

    def _allowed(self, entity: schema.Entity, right: str) -> None:
        if not rights.may_object(self.org, self.user, entity.name, right):
            raise errors.RowRefused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])

    def _misbehave(self, identifier: str | None) -> None:
        if self.org.faults.take("lock_rows"):
            shown = "unable to obtain exclusive access to this record"
            message = shown if identifier is None else f"{shown} or 1 records: {identifier[:15]}"
            raise errors.RowRefused("UNABLE_TO_LOCK_ROW", message, None)
        if (fault := self.org.faults.take("partial_failure")) is not None:
            message = str(fault.options.get("message", "This record cannot be changed any more."))
            raise errors.RowRefused("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, [])

    def _locked_order(self, entity: schema.Entity, before: records.Record) -> None:
        activated = entity.name == "Order" and before.get("StatusCode") == "Activated"
        if activated and not rights.may(self.org, self.user, "PermissionsEditActivatedOrders"):
            message = "The order is already activated and you do not have the permission to edit activated orders."
            raise errors.RowRefused("FIELD_INTEGRITY_EXCEPTION", message, [])

    def _with_defaults(self, entity: schema.Entity) -> records.Record:
        record: records.Record = {}
        for column in entity.fields.values():
            if column.name == "OwnerId":
                record["OwnerId"] = self.user
            elif column.default is not None:
                record[column.name] = column.default
        return record

    def _apply(self, entity: schema.Entity, record: records.Record, values: Mapping[str, Any], *, insert: bool) -> None:
        refused = []
        for name, given in values.items():
            if name.lower() in _IGNORED:
                continue
            column = entity.find(name)
            if column is None and isinstance(given, dict):
                key, found = checks.by_relationship(self.org, entity, name, given)
                record[key] = found
                continue
            if column is None or (entity.name, column.name) in self._hidden:
                raise checks.no_column(entity, name)
            writable = column.createable if insert else column.updateable
            if not writable or (entity.name, column.name) in self._read_only:
                refused.append(column.name)
                continue
            found = checks.value(self.org, column, given)
            if found is None and not column.nillable and not (insert and column.required):
                checks.refuse_null(column, record)
            elif found is None:
                record.pop(column.name, None)
            else:
                record[column.name] = found
        if refused:
            raise checks.unwritable(refused)

    def _save(self, entity: schema.Entity, before: records.Record | None, record: records.Record, now: str) -> None:
        record["LastModifiedDate"] = record["SystemModstamp"] = now
        record["LastModifiedById"] = self.user
        save = business.Save(self.org, entity.name, before, record, self.user, now)
        business.before_save(save)
        self.org.store.put(entity.name, record)
        business.after_save(save)
