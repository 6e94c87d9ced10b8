"""Single records: create, read, update, delete, upsert by external id."""

from typing import Any

from sandbox.salesforce import errors, ids, records, rights, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import describe
from sandbox.salesforce.saving import dml
from sandbox.salesforce.soql import projection


def writer(org: Org, call: Call) -> dml.Writer:
    """A writer for the caller; ``Sforce-Duplicate-Rule-Header: allowSave=true`` lets duplicates pass."""
    header = call.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    return dml.Writer(org, call.session.user_id, allow_duplicates="allowsave=true" in header)


def whole_record(org: Org, user_id: str, entity: schema.Entity, record: records.Record) -> dict[str, Any]:
    """Every column that the user may see."""
    hidden = rights.hidden(org, user_id)
    return {
        column.name: shown(org, column, record) for column in entity.fields.values() if (entity.name, column.name) not in hidden
    }


def all_columns(org: Org, entity: schema.Entity, record: records.Record) -> dict[str, Any]:
    """Every column, whatever field-level security says."""
    return {column.name: shown(org, column, record) for column in entity.fields.values()}


def shown(org: Org, column: schema.Field, record: records.Record) -> Any:
    """A column's value as replies have it."""
    if column.via is not None:
        contact = org.store.get("Contact", record.get(column.via[0], "")) or records.NOTHING
        return contact.get(column.via[1])
    if column.compound is not None:
        return records.address(record, column.compound)
    return record.get(column.name, False if column.type == "boolean" else None)


def create(org: Org, call: Call, name: str) -> Reply:
    """``POST sobjects/Case``."""
    entity = describe.entity_named(org, name, call.session.user_id)
    try:
        identifier = writer(org, call).create(entity, call.json_object())
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    location = f"/services/data/v{call.version}/sobjects/{entity.name}/{identifier}"
    return Reply(status=201, body={"id": identifier, "success": True, "errors": []}, headers={"Location": location})


def found(org: Org, call: Call, name: str, identifier: str) -> tuple[schema.Entity, records.Record]:
    """A record by its id. Raises NOT_FOUND and ENTITY_IS_DELETED."""
    entity = describe.entity_named(org, name, call.session.user_id)
    full = ids.extend(identifier)
    if full is None or org.schema.of_id(full) is not entity:
        raise errors.not_found("Provided external ID field does not exist or is not accessible: " + identifier)
    record = org.store.get(entity.name, full)
    if record is None:
        raise errors.not_found()
    if record.get("IsDeleted"):
        raise errors.ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
    return entity, record


def read(org: Org, call: Call, name: str, identifier: str) -> Reply:
    """``GET sobjects/Case/500…[?fields=a,b]``."""
    entity, record = found(org, call, name, identifier)
    return Reply(body=_shown(org, call, entity, record))


def _shown(org: Org, call: Call, entity: schema.Entity, record: records.Record) -> dict[str, Any]:
    head = {"attributes": projection.attributes(entity.name, record["Id"], call.version)}
    whole = whole_record(org, call.session.user_id, entity, record)
    if "fields" not in call.query:
        return head | whole
    made: dict[str, Any] = dict(head)
    for wanted in (part.strip() for part in call.query["fields"].split(",")):
        column = entity.find(wanted)
        if column is None or column.name not in whole:
            message = f"No such column '{wanted}' on sobject of type {entity.name}"
            raise errors.ApiError(400, "INVALID_FIELD", message)
        made[column.name] = whole[column.name]
    made["Id"] = record["Id"]
    return made


def update(org: Org, call: Call, name: str, identifier: str) -> Reply:
    """``PATCH sobjects/Case/500…``."""
    entity, record = found(org, call, name, identifier)
    values = call.json_object()
    if any(key.lower() == "id" for key in values):
        message = "The Id field should not be specified in the sobject data."
        raise errors.ApiError(400, "INVALID_FIELD", message, ["Id"])
    try:
        writer(org, call).update(entity, record["Id"], values)
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    return Reply(status=204)


def delete(org: Org, call: Call, name: str, identifier: str) -> Reply:
    """``DELETE sobjects/Case/500…``."""
    entity, record = found(org, call, name, identifier)
    try:
        writer(org, call).delete(entity, record["Id"])
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    return Reply(status=204)


def key_column(entity: schema.Entity, name: str) -> schema.Field:
    """The column of an external id in a path. Raises NOT_FOUND."""
    column = entity.find(name)
    if column is None or not (column.external_id or column.id_lookup):
        raise errors.not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return column


def read_by_key(org: Org, call: Call, name: str, key: str, value: str) -> Reply:
    """``GET sobjects/Contact/CrmKey__c/x``."""
    entity = describe.entity_named(org, name, call.session.user_id)
    column = key_column(entity, key)
    holder = org.store.table(entity.name).holder(column.name, value)
    record = org.store.get(entity.name, holder) if holder is not None else None
    if record is None:
        raise errors.not_found()
    return Reply(body=_shown(org, call, entity, record))


def upsert(org: Org, call: Call, name: str, key: str, value: str) -> Reply:
    """``PATCH sobjects/Contact/CrmKey__c/x``: 201 when created, 200 when updated (204 before API 46)."""
    entity = describe.entity_named(org, name, call.session.user_id)
    column = key_column(entity, key)
    try:
        outcome = writer(org, call).upsert(entity, column, value, call.json_object())
    except errors.RowRefused as refused:
        raise refused.error.as_error() from refused
    if not outcome.created and float(call.version) < 46:
        return Reply(status=204)
    body: dict[str, Any] = {"id": outcome.id, "success": True, "errors": [], "created": bool(outcome.created)}
    return Reply(status=201 if outcome.created else 200, body=body)


def delete_by_key(org: Org, call: Call, name: str, key: str, value: str) -> Reply:
    """``DELETE sobjects/Contact/CrmKey__c/x``."""
    entity = describe.entity_named(org, name, call.session.user_id)
    holder = org.store.table(entity.name).holder(key_column(entity, key).name, value)
    if holder is None:
        raise errors.not_found()
    return delete(org, call, name, holder)
