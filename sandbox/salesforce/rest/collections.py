"""sObject Collections: up to 200 records in one call, answered row by row in the order asked.

REST API Developer Guide, "Using sObject Collections": at most 200 records, in at most 10 runs of equal type.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from sandbox.salesforce import errors, ids, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import describe, sobjects
from sandbox.salesforce.saving import dml
from sandbox.salesforce.soql import projection

MAXIMUM_RECORDS = 200
MAXIMUM_RUNS = 10
ROLLED_BACK = errors.RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def create(org: Org, call: Call) -> Reply:
    """``POST composite/sobjects``."""
    rows, all_or_none = _rows(org, call)
    writer = sobjects.writer(org, call)
    return _each(org, rows, all_or_none, lambda entity, row: dml.Outcome(writer.create(entity, row)))


def update(org: Org, call: Call) -> Reply:
    """``PATCH composite/sobjects``."""
    rows, all_or_none = _rows(org, call)
    writer = sobjects.writer(org, call)

    def one(entity: schema.Entity, row: dict[str, Any]) -> dml.Outcome:
        identifier = next((given for name, given in row.items() if name.lower() == "id"), None)
        if not identifier:
            raise errors.RowRefused("MISSING_ARGUMENT", "Id not specified in an update call", [])
        writer.update(entity, str(identifier), row)
        return dml.Outcome(ids.extend(str(identifier)))

    return _each(org, rows, all_or_none, one)


def upsert(org: Org, call: Call, name: str, key: str) -> Reply:
    """``PATCH composite/sobjects/Contact/CrmKey__c``."""
    entity = describe.entity_named(org, name, call.session.user_id)
    column = sobjects.key_column(entity, key)
    rows, all_or_none = _rows(org, call)
    if any(found is not entity for found, _ in rows):
        raise errors.ApiError(400, "INVALID_INPUT", "All records must be of the type named in the URL")
    writer = sobjects.writer(org, call)

    def one(entity: schema.Entity, row: dict[str, Any]) -> dml.Outcome:
        value = next((given for field, given in row.items() if field.lower() == column.name.lower()), None)
        return writer.upsert(entity, column, value, row)

    return _each(org, rows, all_or_none, one)


def delete(org: Org, call: Call) -> Reply:
    """``DELETE composite/sobjects?ids=a,b&allOrNone=false``."""
    wanted = [part for part in call.query.get("ids", "").split(",") if part]
    _limit(wanted)
    writer = sobjects.writer(org, call)
    rows: list[tuple[schema.Entity | None, dict[str, Any]]] = [(org.schema.of_id(part), {"id": part}) for part in wanted]

    def one(entity: schema.Entity, row: dict[str, Any]) -> dml.Outcome:
        writer.delete(entity, row["id"])
        return dml.Outcome(ids.extend(row["id"]))

    return _each(org, rows, call.query.get("allOrNone", "").lower() == "true", one)


def read(org: Org, call: Call, name: str) -> Reply:
    """``GET composite/sobjects/Case?ids=a,b&fields=x,y``, or the same as POST; null for a record that is not there."""
    entity = describe.entity_named(org, name, call.session.user_id)
    body = call.json_object() if call.method == "POST" else {}
    wanted = body.get("ids") or [part for part in call.query.get("ids", "").split(",") if part]
    fields = body.get("fields") or [part for part in call.query.get("fields", "").split(",") if part]
    if len(wanted) > 2000:
        raise errors.ApiError(400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot get more than 2000 records in this call")
    made: list[dict[str, Any] | None] = []
    for identifier in wanted:
        record = org.store.get(entity.name, ids.extend(str(identifier)) or "")
        if record is None or record.get("IsDeleted"):
            made.append(None)
            continue
        whole = sobjects.whole_record(org, call.session.user_id, entity, record)
        unknown = [field for field in fields if field not in whole]
        if unknown:
            raise errors.ApiError(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {entity.name}")
        head = {"attributes": projection.attributes(entity.name, record["Id"], call.version)}
        made.append(head | {field: whole[field] for field in fields})
    return Reply(body=made)


def _limit(rows: Sequence[Any]) -> None:
    if len(rows) > MAXIMUM_RECORDS:
        message = f"record limit reached. cannot submit more than {MAXIMUM_RECORDS} records in this call"
        raise errors.ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _rows(org: Org, call: Call) -> tuple[list[tuple[schema.Entity | None, dict[str, Any]]], bool]:
    body = call.json_object()
    given = body.get("records")
    if not isinstance(given, list) or not given or not all(isinstance(row, dict) for row in given):
        raise errors.ApiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [records]", ["records"])
    _limit(given)
    rows: list[tuple[schema.Entity | None, dict[str, Any]]] = []
    for row in given:
        kind = errors.an_object(row.get("attributes")).get("type")
        if not kind or not isinstance(kind, str):
            raise errors.ApiError(400, "INVALID_FIELD", "The type attribute is required for every record")
        rows.append((org.schema.find(kind), row))
    runs = sum(1 for _ in groupby(rows, key=lambda row: row[1]["attributes"]["type"].lower()))
    if runs > MAXIMUM_RUNS:
        message = (
            f"Cannot have more than {MAXIMUM_RUNS} chunks in a single operation. Please rearrange the data to reduce chunking."
        )
        raise errors.ApiError(400, "LIMIT_EXCEEDED", message)
    return rows, body.get("allOrNone") is True


def _each(
    org: Org,
    rows: Sequence[tuple[schema.Entity | None, dict[str, Any]]],
    all_or_none: bool,
    one: Callable[[schema.Entity, dict[str, Any]], dml.Outcome],
) -> Reply:
    with org.store.undoable():
        savepoint = org.store.savepoint()
        try:
            outcomes = [_one(entity, row, one) for entity, row in rows]
        except errors.ApiError:
            org.store.roll_back(savepoint)
            raise
        failed = any(outcome.error is not None for outcome in outcomes)
        if all_or_none and failed:
            org.store.roll_back(savepoint)
            outcomes = [outcome if outcome.error else dml.Outcome(None, ROLLED_BACK) for outcome in outcomes]
    return Reply(body=[outcome.as_row() for outcome in outcomes])


def _one(
    entity: schema.Entity | None, row: dict[str, Any], one: Callable[[schema.Entity, dict[str, Any]], dml.Outcome]
) -> dml.Outcome:
    try:
        if entity is None:
            kind = (row.get("attributes") or {}).get("type")
            message = f"sObject type '{kind}' is not supported." if kind else f"malformed id {row.get('id')}"
            raise errors.RowRefused("INVALID_TYPE" if kind else "MALFORMED_ID", message, [])
        return one(entity, row)
    except errors.RowRefused as refused:
        if refused.error.code == "JSON_PARSER_ERROR":
            raise refused.error.as_error() from refused
        return dml.Outcome(None, refused.error)
