"""Values that a client sends, checked against the schema and brought into the form that records hold.

Messages follow the real service's (PROTOCOLS, "Salesforce writing"); some repeat the value that was sent, as it does.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sandbox.salesforce import errors, ids, moments, records, schema
from sandbox.salesforce.org import Org

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"]+@[^@\s.<>()\[\],;:\"]+(\.[^@\s.<>()\[\],;:\"]+)+")
_Check: TypeAlias = Callable[[Org, schema.Field, Any], Any]
_TRUE, _FALSE = ("true", "1"), ("false", "0")


def unwritable(names: list[str]) -> errors.RowRefused:
    """INVALID_FIELD_FOR_INSERT_UPDATE."""
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and verify "
        "that it is read/write for your profile or permission set."
    )
    return errors.RowRefused("INVALID_FIELD_FOR_INSERT_UPDATE", message, names)


def no_column(entity: schema.Entity, name: str) -> errors.RowRefused:
    """INVALID_FIELD as writing words it."""
    return errors.RowRefused("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}", None)


def value(org: Org, column: schema.Field, given: Any) -> Any:
    """The value as records hold it, None for null. Raises RowRefused."""
    if given is None or given == "":
        if column.type == "boolean":
            raise errors.RowRefused(
                "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{column.label}: value not of required type: {given}", [column.name]
            )
        return None
    if isinstance(given, dict | list):
        kind = "START_OBJECT" if isinstance(given, dict) else "START_ARRAY"
        raise _cannot_parse(column, kind, "")
    check: _Check = _CHECKS.get(column.type, _text)
    return check(org, column, given)


def _cannot_parse(column: schema.Field, token: str, given: Any) -> errors.RowRefused:
    kind = {"datetime": "datetime", "currency": "double", "percent": "double"}.get(column.type, column.type)
    where = "or request may be missing a required field at [line:1, column:1]"
    message = f"Cannot deserialize instance of {kind} from {token} value {given} {where}"
    return errors.RowRefused("JSON_PARSER_ERROR", message, None)


def _token(given: Any) -> str:
    if isinstance(given, bool):
        return "VALUE_TRUE" if given else "VALUE_FALSE"
    return "VALUE_STRING" if isinstance(given, str) else "VALUE_NUMBER_FLOAT" if isinstance(given, float) else "VALUE_NUMBER_INT"


def _text(org: Org, column: schema.Field, given: Any) -> str:
    text = given if isinstance(given, str) else str(given).lower() if isinstance(given, bool) else str(given)
    text = text.replace("\r\n", "\n").strip() if column.type == "textarea" else text.strip()
    if column.length and len(text) > column.length:
        shown = text if len(text) <= 255 else text[:255]
        message = f"{column.label}: data value too large: {shown} (max length={column.length})"
        raise errors.RowRefused("STRING_TOO_LONG", message, [column.name])
    return text


def _email(org: Org, column: schema.Field, given: Any) -> str:
    text = _text(org, column, given)
    if not _EMAIL.fullmatch(text):
        raise errors.RowRefused("INVALID_EMAIL_ADDRESS", f"{column.label}: invalid email address: {text}", [column.name])
    return text


def _picklist(org: Org, column: schema.Field, given: Any) -> str:
    text = _text(org, column, given)
    found = next((choice for choice in column.values if choice.lower() == text.lower()), None)
    if found is None and column.restricted:
        message = f"{column.label}: bad value for restricted picklist field: {text}"
        raise errors.RowRefused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [column.name])
    return found or text


def _boolean(org: Org, column: schema.Field, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given).lower() in _TRUE + _FALSE:
        return str(given).lower() in _TRUE
    raise _cannot_parse(column, _token(given), given)


def _number(org: Org, column: schema.Field, given: Any) -> float | int:
    if isinstance(given, bool):
        raise _cannot_parse(column, _token(given), given)
    try:
        found = float(given)
    except ValueError as error:
        raise _cannot_parse(column, _token(given), given) from error
    if column.type == "int":
        if found != int(found):
            raise _cannot_parse(column, _token(given), given)
        return int(found)
    whole = column.precision - column.scale
    rounded = round(found, column.scale)
    if not abs(rounded) < 10**whole:
        message = f"{column.label}: value outside of valid range on numeric field: {given}"
        raise errors.RowRefused("NUMBER_OUTSIDE_VALID_RANGE", message, [column.name])
    return rounded


def _date(org: Org, column: schema.Field, given: Any) -> str:
    text = str(given)
    if moments.is_date(text[:10]) and (len(text) == 10 or moments.normalise(text)):
        return text[:10]
    raise _cannot_parse(column, _token(given), given)


def _moment(org: Org, column: schema.Field, given: Any) -> str:
    text = str(given)
    normal = moments.normalise(text + "T00:00:00Z" if moments.is_date(text) else text)
    if normal is None:
        raise _cannot_parse(column, _token(given), given)
    return normal[:19] + ".000+0000"


def _reference(org: Org, column: schema.Field, given: Any) -> str:
    identifier = ids.extend(str(given))
    if identifier is None:
        raise errors.RowRefused("MALFORMED_ID", f"{column.label}: id value of incorrect type: {given}", [column.name])
    entity = org.schema.of_id(identifier)
    if entity is None or entity.name not in column.to:
        raise errors.RowRefused(
            "FIELD_INTEGRITY_EXCEPTION", f"{column.label}: id value of incorrect type: {identifier}", [column.name]
        )
    row = org.store.latest(entity.name, identifier)
    if row is None:
        raise errors.RowRefused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row.get("IsDeleted"):
        raise errors.RowRefused("ENTITY_IS_DELETED", "entity is deleted", [])
    return identifier


_CHECKS: dict[str, _Check] = {
    "email": _email, "picklist": _picklist, "boolean": _boolean, "double": _number, "currency": _number,
    "percent": _number, "int": _number, "date": _date, "datetime": _moment, "reference": _reference, "id": _reference,
}  # fmt: skip


def by_relationship(org: Org, entity: schema.Entity, name: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """``"Account": {"Ext__c": "x"}``: the lookup's column and the id it means. Raises RowRefused."""
    lookup = entity.parent(name)
    if lookup is None:
        raise no_column(entity, name)
    keys = [key for key in given if key != "attributes"]
    parent = org.schema.entities[lookup.to[0]]
    column = parent.find(keys[0]) if len(keys) == 1 else None
    if column is None or not (column.external_id or column.id_lookup):
        raise errors.RowRefused(
            "INVALID_FIELD", f"No such column '{keys[0] if keys else ''}' on sobject of type {parent.name}", None
        )
    found = org.store.table(parent.name).holder(column.name, given[keys[0]])
    if found is None:
        message = f"Foreign key external ID: {given[keys[0]]} not found for field {column.name} in entity {parent.name}"
        raise errors.RowRefused("INVALID_FIELD", message, None)
    return lookup.name, found


def refuse_null(column: schema.Field, record: records.Record) -> None:
    """Null for a column that cannot be null: on insert the default stands, on update RowRefused REQUIRED_FIELD_MISSING."""
    if "Id" in record:
        raise errors.RowRefused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{column.name}]", [column.name])


def required(entity: schema.Entity, record: records.Record) -> None:
    """Raises RowRefused REQUIRED_FIELD_MISSING."""
    missing = [name for name in entity.required if record.get(name) is None]
    if missing:
        raise errors.RowRefused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
