"""The Tooling API as far as setting up fields needs it: CustomField, and queries over what the org is made of."""

import dataclasses
from typing import Any

from sandbox.salesforce import errors, ids, records, rights, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.metadata import customize
from sandbox.salesforce.objects import fields
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import query
from sandbox.salesforce.soql import names, run

_SHOWN_TYPES = {
    "string": "Text({length})", "textarea": "Long Text Area({length})", "double": "Number({precision}, {scale})",
    "datetime": "Date/Time",
    "date": "Date", "boolean": "Checkbox", "picklist": "Picklist", "reference": "Lookup({to})", "email": "Email",
    "phone": "Phone",
    "currency": "Currency({precision}, {scale})", "url": "URL", "percent": "Percent({precision}, {scale})",
}  # fmt: skip


def _objects() -> schema.Schema:
    """The objects that tooling queries know."""
    made = schema.Schema()
    named = (fields.text("QualifiedApiName"), fields.text("DeveloperName"), fields.text("Label"), fields.text("DurableId"))
    made.add(fields.entity("EntityDefinition", "4ie", [
        *named, fields.text("MasterLabel"), fields.text("KeyPrefix", 3), fields.flag("IsCustomizable"),
        fields.flag("IsQueryable"),
    ]))  # fmt: skip
    definition = fields.text("EntityDefinitionId", relationship="EntityDefinition", to=("EntityDefinition",))
    made.add(fields.entity("FieldDefinition", "4fd", [
        *named, definition, fields.text("DataType"), fields.number("Length", 9, 0, kind="int"),
        fields.number("Precision", 9, 0, kind="int"),
        fields.number("Scale", 9, 0, kind="int"), fields.flag("IsIndexed"), fields.flag("IsNillable"), fields.text("Description"),
        fields.flag("IsFieldHistoryTracked"),
    ]))  # fmt: skip
    made.add(fields.entity("CustomField", "00N", [
        fields.text("DeveloperName"), fields.text("TableEnumOrId"), fields.text("FullName"), fields.text("NamespacePrefix"),
        definition,
        fields.text("ManageableState"),
    ]))  # fmt: skip
    made.add(
        fields.entity(
            "CustomObject", "01I", [fields.text("DeveloperName"), fields.text("NamespacePrefix"), fields.text("ManageableState")]
        )
    )
    made.add(fields.entity("User", "005", [fields.text("Name")]))
    return made


def definitions(org: Org, call: Call) -> names.Context:
    """What ``query`` outside the Tooling API knows of EntityDefinition and FieldDefinition: what this user sees of the org.

    For a user who may not view the setup they do not exist, as any object that one has no access to.
    """
    if not rights.may(org, call.session.user_id, "PermissionsViewSetup"):
        raise errors.ApiError(400, "INVALID_TYPE", "sObject type 'FieldDefinition' is not supported.")
    seen = _context(org, call, rights.hidden(org, call.session.user_id))
    return dataclasses.replace(seen, version=call.version)


def _context(org: Org, call: Call, hidden: frozenset[tuple[str, str]] = frozenset()) -> names.Context:
    """A throw-away store with one row per object and field of the org as it is now, without those that are ``hidden``."""
    objects = _objects()
    store = records.Store(objects, org.clock.now)
    stamps = {
        "SystemModstamp": org.stamp(),
        "CreatedDate": org.stamp(),
        "LastModifiedDate": org.stamp(),
        "CreatedById": org.api_user,
    }
    for entity in org.schema.entities.values():
        if (entity.name, "") in hidden:
            continue
        plain = entity.name.removesuffix("__c")
        store.put("EntityDefinition", {
            "Id": entity.name, "DurableId": entity.name, "QualifiedApiName": entity.name, "DeveloperName": plain,
            "Label": entity.label,
            "MasterLabel": entity.label, "KeyPrefix": entity.prefix, "IsCustomizable": entity.createable, "IsQueryable": True,
            **stamps,
        })  # fmt: skip
        if entity.custom:
            store.put(
                "CustomObject", {"Id": f"01I{entity.name}", "DeveloperName": plain, "ManageableState": "unmanaged", **stamps}
            )
        for column in entity.fields.values():
            if (entity.name, column.name) not in hidden:
                _field_rows(org, store, entity, column, stamps)
    context = query.context(org, call.session.user_id, call.version)
    return names.Context(objects, store, frozenset(), context.zone, context.now, f"{call.version}/tooling")


def _field_rows(org: Org, store: records.Store, entity: schema.Entity, column: schema.Field, stamps: dict[str, Any]) -> None:
    plain, durable = column.name.removesuffix("__c"), f"{entity.name}.{column.name}"
    shown = _SHOWN_TYPES.get(column.type, column.type).format(
        length=column.length, precision=column.precision - column.scale, scale=column.scale, to=",".join(column.to)
    )
    store.put("FieldDefinition", {
        "Id": durable, "DurableId": durable, "QualifiedApiName": column.name, "DeveloperName": plain, "Label": column.label,
        "EntityDefinitionId": entity.name, "DataType": shown, "Length": column.length, "Precision": column.precision,
        "Scale": column.scale,
        "IsNillable": column.nillable, "IsIndexed": column.id_lookup or column.type == "id",
        "IsFieldHistoryTracked": column.name in org.tracked.get(entity.name, ()), **stamps,
    })  # fmt: skip
    if column.custom:
        identifier = customize.field_id(org, entity.name, column.name)
        store.put("CustomField", {
            "Id": identifier, "DeveloperName": plain, "TableEnumOrId": entity.name, "FullName": durable,
            "EntityDefinitionId": entity.name,
            "ManageableState": "unmanaged", **stamps,
        })  # fmt: skip


def search(org: Org, call: Call) -> Reply:
    """``GET tooling/query?q=``: one page, however many rows."""
    text = call.query.get("q", "")
    found = run.run(_context(org, call), text)
    made = [found.make(row) for row in found.rows]
    body = {
        "size": len(made),
        "totalSize": found.total,
        "done": True,
        "queryLocator": None,
        "entityTypeName": found.entity,
        "records": made,
    }
    return Reply(body=body)


def _may_customize(org: Org, call: Call) -> None:
    if not rights.may(org, call.session.user_id, "PermissionsCustomizeApplication"):
        raise errors.ApiError(403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id", [])


def create_field(org: Org, call: Call) -> Reply:
    """``POST tooling/sobjects/CustomField`` with FullName and Metadata."""
    _may_customize(org, call)
    body = call.json_object()
    missing = [name for name in ("FullName", "Metadata") if not body.get(name)]
    if missing:
        raise errors.ApiError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    try:
        identifier = customize.add_field(org, str(body["FullName"]), errors.an_object(body["Metadata"]))
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    return Reply(status=201, body={"id": identifier, "success": True, "errors": [], "warnings": [], "infos": []})


def _field(org: Org, identifier: str) -> tuple[schema.Entity, schema.Field]:
    wanted = ids.extend(identifier)
    for (kind, name), known in org.field_ids.items():
        entity = org.schema.find(kind)
        column = entity.find(name) if entity is not None else None
        if known == wanted and entity is not None and column is not None:
            return entity, column
    raise errors.not_found()


def read_field(org: Org, call: Call, identifier: str) -> Reply:
    """``GET tooling/sobjects/CustomField/00N…``."""
    entity, column = _field(org, identifier)
    metadata = {"label": column.label, "length": column.length or None, "precision": column.precision or None,
    "scale": column.scale,
                "required": not column.nillable, "externalId": column.external_id, "unique": column.unique,
                "description": column.description}  # fmt: skip
    url = f"/services/data/v{call.version}/tooling/sobjects/CustomField/{identifier}"
    return Reply(body={
        "attributes": {"type": "CustomField", "url": url}, "Id": identifier, "DeveloperName": column.name.removesuffix("__c"),
        "TableEnumOrId": entity.name, "FullName": f"{entity.name}.{column.name}", "Metadata": metadata,
    })  # fmt: skip


def change_field(org: Org, call: Call, identifier: str) -> Reply:
    """``PATCH tooling/sobjects/CustomField/00N…``."""
    _may_customize(org, call)
    entity, column = _field(org, identifier)
    try:
        customize.add_field(
            org, f"{entity.name}.{column.name}", errors.an_object(call.json_object().get("Metadata")), replace=True
        )
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    return Reply(status=204)


def delete_field(org: Org, call: Call, identifier: str) -> Reply:
    """``DELETE tooling/sobjects/CustomField/00N…``."""
    _may_customize(org, call)
    entity, column = _field(org, identifier)
    customize.remove_field(org, entity, column.name)
    return Reply(status=204)


def refuse_object(org: Org, call: Call) -> Reply:
    """``POST tooling/sobjects/CustomObject``: the vendor's page knows only query and read."""
    raise errors.ApiError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Custom Object", [])
