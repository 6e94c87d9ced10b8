"""What a CustomField's description in the Metadata API's words means as a column."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.salesforce import errors, schema
from sandbox.salesforce.objects import fields
from sandbox.salesforce.org import Org

_LONGEST_TEXT = 255
_Make = Callable[[str, str, Mapping[str, Any]], schema.Field]


def refused(code: str, message: str, *names: str) -> errors.RowRefused:
    """A description that cannot be."""
    return errors.RowRefused(code, message, names)


def truth(given: Any) -> bool:
    """Of a JSON or an XML boolean."""
    return given is True or str(given).lower() == "true"


def _whole(metadata: Mapping[str, Any], name: str, least: int, most: int) -> int:
    given = metadata.get(name)
    try:
        number = int(str(given))
    except ValueError as error:
        raise refused(
            "FIELD_INTEGRITY_EXCEPTION", f"Must specify '{name}' for a CustomField of type {metadata.get('type')}", name
        ) from error
    if not least <= number <= most:
        raise refused("FIELD_INTEGRITY_EXCEPTION", f"The {name} must be between {least} and {most}.", name)
    return number


def _key(metadata: Mapping[str, Any]) -> dict[str, Any]:
    key = truth(metadata.get("externalId"))
    return {"external_id": key, "id_lookup": key, "unique": truth(metadata.get("unique"))}


def _text(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    return fields.text(name, _whole(metadata, "length", 1, _LONGEST_TEXT), label=label, **_key(metadata))


def _text_area(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    return fields.area(name, label=label)


def _long_text(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    _whole(metadata, "visibleLines", 2, 50)
    return fields.area(name, _whole(metadata, "length", 256, 131_072), label=label)


def _number(kind: str) -> _Make:
    def make(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
        precision, scale = _whole(metadata, "precision", 1, 18), _whole(metadata, "scale", 0, 17)
        if scale > precision:
            raise refused("FIELD_INTEGRITY_EXCEPTION", "Precision must be greater than or equal to scale", "precision")
        return fields.number(name, precision, scale, kind=kind, label=label, **_key(metadata))

    return make


def _checkbox(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    if metadata.get("defaultValue") is None:
        raise refused(
            "FIELD_INTEGRITY_EXCEPTION", "Must specify 'defaultValue' for a CustomField of type Checkbox", "defaultValue"
        )
    return fields.flag(name, label=label, permissionable=True, default=truth(metadata["defaultValue"]))


def _plain(kind: str, length: int = 0) -> _Make:
    return lambda name, label, metadata: fields.column(name, kind, label=label, length=length, **_key(metadata))


def _picklist(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    definition = errors.an_object(metadata.get("valueSet"))
    values = listed(errors.an_object(definition.get("valueSetDefinition")).get("value"))
    chosen = [str(value.get("fullName") or value.get("valueName")) for value in values]
    if not chosen:
        raise refused("FIELD_INTEGRITY_EXCEPTION", "Must specify 'valueSet' for a CustomField of type Picklist", "valueSet")
    return fields.picklist(name, chosen, label=label, length=255, restricted=truth(definition.get("restricted")))


def _auto_number(name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    return fields.text(name, 30, "", label=label, auto_number=True)


_TYPES: dict[str, _Make] = {
    "Text": _text, "LongTextArea": _long_text, "Html": _long_text, "TextArea": _text_area, "Number": _number("double"),
    "Currency": _number("currency"), "Percent": _number("percent"), "Checkbox": _checkbox, "Date": _plain("date"),
    "DateTime": _plain("datetime"), "Email": _plain("email", 80), "Phone": _plain("phone", 40), "Url": _plain("url", 255),
    "Picklist": _picklist, "AutoNumber": _auto_number,
}  # fmt: skip


def _lookup(org: Org, name: str, label: str, metadata: Mapping[str, Any]) -> schema.Field:
    parent = org.schema.find(str(metadata.get("referenceTo", "")))
    if parent is None:
        raise refused("FIELD_INTEGRITY_EXCEPTION", "referenceTo value does not resolve to a valid sObject type", "referenceTo")
    child = metadata.get("relationshipName")
    owned = metadata.get("type") == "MasterDetail"
    named = f"{child}__r" if child else None
    return fields.lookup(name, parent.name, named, label=label, nillable=not owned, cascade=owned)


def made(org: Org, name: str, metadata: Mapping[str, Any]) -> schema.Field:
    """The column that a CustomField's description asks for. Raises RowRefused."""
    label, type_name = str(metadata.get("label")), str(metadata.get("type", ""))
    if type_name in ("Lookup", "MasterDetail"):
        return _lookup(org, name, label, metadata)
    make = _TYPES.get(type_name)
    if make is None:
        raise refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"Type: bad value for restricted picklist field: {type_name}", "type"
        )
    column = make(name, label, metadata)
    if not truth(metadata.get("required")):
        return column
    return schema.Field(**{**column.__dict__, "nillable": False, "permissionable": False})


def listed(given: Any) -> list[Mapping[str, Any]]:
    """None, one or several objects as a list."""
    if not given:
        return []
    return [errors.an_object(one) for one in (given if isinstance(given, list) else [given])]
