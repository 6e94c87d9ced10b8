"""Changing the org itself: custom objects, custom fields and permission sets, from Metadata API descriptions.

The Tooling API (JSON) and the Metadata API (zip or SOAP) both end here, with the same names of properties.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sandbox.salesforce import errors, schema
from sandbox.salesforce.metadata import field_types
from sandbox.salesforce.objects import fields, histories
from sandbox.salesforce.org import Org
from sandbox.salesforce.saving import business, history

_MAXIMUM_FIELDS = 500


def add_field(org: Org, full_name: str, metadata: Mapping[str, Any], *, replace: bool = False) -> str:
    """Make ``Case.Score__c``; answers the field's id. Raises RowRefused.

    A new field is invisible to everybody until a permission set shows it (required ones excepted).
    """
    kind, _, name = full_name.partition(".")
    entity = org.schema.find(kind)
    if entity is None or not entity.createable:
        raise field_types.refused(
            "INVALID_CROSS_REFERENCE_KEY",
            f"Entity Enumeration or ID: bad value for restricted picklist field: {kind}",
            "TableEnumOrId",
        )
    if not name.endswith("__c") or not name[:1].isalpha() or "__" in name[:-3] or not name.isascii():
        raise field_types.refused(
            "FIELD_INTEGRITY_EXCEPTION",
            "The name of a custom field must end in __c and hold only letters, digits and single underscores",
            "FullName",
        )
    if not metadata.get("label"):
        raise field_types.refused("REQUIRED_FIELD_MISSING", "Required fields are missing: [label]", "label")
    existing = entity.find(name)
    if existing is not None and not replace:
        raise field_types.refused(
            "DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {entity.label}.", "FullName"
        )
    column = field_types.made(org, name, metadata)
    if existing is not None and existing.type != column.type:
        raise field_types.refused("FIELD_INTEGRITY_EXCEPTION", f"Cannot change the type of {full_name}", "type")
    if existing is None and sum(1 for field in entity.fields.values() if field.custom) >= _MAXIMUM_FIELDS:
        raise field_types.refused("LIMIT_EXCEEDED", "The object has reached its limit of custom fields")
    entity.add([column])
    if column.unique or column.external_id:
        org.store.table(entity.name).index_values(column.name)
    if field_types.truth(metadata.get("trackHistory")):
        history.track(org, entity.name, (*org.tracked.get(entity.name, ()), column.name))
    if existing is None and column.nillable:
        org.needs_grant.add((entity.name, column.name))
    return field_id(org, entity.name, column.name)


def field_id(org: Org, entity: str, name: str) -> str:
    """The id of a custom field, made when first asked for."""
    key = (entity, name)
    if key not in org.field_ids:
        org.field_ids[key] = org.identifiers.make("00N")
    return org.field_ids[key]


def remove_field(org: Org, entity: schema.Entity, name: str) -> None:
    """Delete a custom field with its values and permissions."""
    entity.drop(name)
    org.needs_grant.discard((entity.name, name))
    org.field_ids.pop((entity.name, name), None)
    table = org.store.table(entity.name)
    for record in [row for row in table.rows.values() if name in row]:
        org.store.put(entity.name, {key: value for key, value in record.items() if key != name})
    permissions = org.store.table("FieldPermissions").rows.values()
    for row in [row for row in permissions if row["Field"] == f"{entity.name}.{name}"]:
        org.store.drop("FieldPermissions", row["Id"])


def add_object(org: Org, full_name: str, metadata: Mapping[str, Any], *, replace: bool = False) -> bool:
    """Make a custom object; True when it is new. Raises RowRefused."""
    if not full_name.endswith("__c") or not full_name.isascii():
        raise field_types.refused("FIELD_INTEGRITY_EXCEPTION", "The name of a custom object must end in __c", "fullName")
    existing = org.schema.find(full_name)
    if existing is not None and not replace:
        raise field_types.refused("DUPLICATE_DEVELOPER_NAME", f"The object name {full_name} is already in use", "fullName")
    for name in ("label", "pluralLabel", "nameField", "deploymentStatus", "sharingModel"):
        if existing is None and not metadata.get(name):
            raise field_types.refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", name)
    if existing is None:
        name_field = errors.an_object(metadata["nameField"])
        numbered = name_field.get("type") == "AutoNumber"
        may = "" if numbered else "cu"
        label = str(name_field.get("label", "Name"))
        named = fields.text("Name", 80, may, nillable=False, auto_number=numbered, label=label, id_lookup=True)
        owner = fields.lookup("OwnerId", ("User", "Group"), None, nillable=False, default="")
        labels = {"label": str(metadata["label"]), "plural": str(metadata["pluralLabel"])}
        org.schema.add(fields.entity(full_name, org.schema.next_custom_prefix(), [named, owner], **labels))
        org.needs_grant.add((full_name, ""))
    if field_types.truth(metadata.get("enableHistory")) and histories.of(org.schema, full_name) is None:
        org.schema.add(histories.entity(full_name))
    for column in field_types.listed(metadata.get("fields")):
        add_field(org, f"{full_name}.{column.get('fullName')}", column, replace=True)
    return existing is None


def set_permissions(org: Org, name: str, metadata: Mapping[str, Any], user: str) -> bool:
    """Make or change a permission set with its field and object permissions; True when it is new. Raises RowRefused."""
    if not metadata.get("label"):
        raise field_types.refused("REQUIRED_FIELD_MISSING", "Required field is missing: label", "label")
    table = org.store.table("PermissionSet")
    found = table.holder("Name", name)
    rights = {
        f"Permissions{right['name']}": True
        for right in field_types.listed(metadata.get("userPermissions"))
        if field_types.truth(right.get("enabled"))
    }
    values = {"Name": name, "Label": metadata["label"], "Type": "Regular", "IsCustom": True, **rights}
    if found is None:
        set_id = business.system_row(org, "PermissionSet", values, user, org.stamp())
    else:
        set_id = found
        org.store.put("PermissionSet", {**table.rows[found], **values, "SystemModstamp": org.stamp()})
    for row in field_types.listed(metadata.get("objectPermissions")):
        _object_permission(org, set_id, row, user)
    for row in field_types.listed(metadata.get("fieldPermissions")):
        _field_permission(org, set_id, row, user)
    return found is None


def _object_permission(org: Org, set_id: str, row: Mapping[str, Any], user: str) -> None:
    entity = org.schema.find(str(row.get("object")))
    if entity is None:
        raise field_types.refused(
            "INVALID_CROSS_REFERENCE_KEY", f"In field: object - no CustomObject named {row.get('object')} found"
        )
    names = ("allowCreate", "allowRead", "allowEdit", "allowDelete", "viewAllRecords", "modifyAllRecords")
    rights = {
        f"Permissions{name.removeprefix('allow')[:1].upper()}{name.removeprefix('allow')[1:]}": True
        for name in names
        if field_types.truth(row.get(name))
    }
    values = {"ParentId": set_id, "SobjectType": entity.name, **rights}
    _replace(org, "ObjectPermissions", ("ParentId", "SobjectType"), values, user)


def _field_permission(org: Org, set_id: str, row: Mapping[str, Any], user: str) -> None:
    kind, _, name = str(row.get("field")).partition(".")
    entity = org.schema.find(kind)
    column = entity.find(name) if entity is not None else None
    if entity is None or column is None:
        raise field_types.refused("INVALID_CROSS_REFERENCE_KEY", f"In field: field - no CustomField named {kind}.{name} found")
    if not column.permissionable:
        raise field_types.refused("FIELD_INTEGRITY_EXCEPTION", f"You cannot deploy to a required field: {kind}.{name}")
    readable, editable = field_types.truth(row.get("readable")), field_types.truth(row.get("editable"))
    values = {"ParentId": set_id, "SobjectType": entity.name, "Field": f"{entity.name}.{column.name}"}
    if readable or editable:
        _replace(
            org, "FieldPermissions", ("ParentId", "Field"), values | {"PermissionsRead": True, "PermissionsEdit": editable}, user
        )


def _replace(org: Org, table: str, keys: tuple[str, str], values: dict[str, Any], user: str) -> None:
    rows = org.store.table(table).rows.values()
    for row in [row for row in rows if all(row.get(key) == values[key] for key in keys)]:
        org.store.drop(table, row["Id"])
    business.system_row(org, table, values, user, org.stamp())


@contextmanager
def all_or_nothing(org: Org) -> Iterator[Callable[[], None]]:
    """Gives a function that undoes every change to schema and records made inside."""
    before, granted = copy.deepcopy(org.schema.__dict__), set(org.needs_grant)
    with org.store.undoable():
        savepoint = org.store.savepoint()

        def undo() -> None:
            org.schema.__dict__.update(before)
            org.needs_grant.clear()
            org.needs_grant.update(granted)
            org.store.roll_back(savepoint)

        yield undo
