"""Column definitions as Microsoft's clients send them (``IntegerAttributeMetadata`` and its kin), turned into columns."""

import re
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import odata, parser
from sandbox.dataverse.rows import records

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]+")
_TYPE = re.compile(r"#?Microsoft\.Dynamics\.CRM\.(?:Complex)?(\w+)AttributeMetadata")


def named(key: str) -> str:
    """What parentheses name: ``LogicalName='x'`` or an id."""
    node = parser.Parser(key.partition("=")[2] or key).whole()
    return str(node.value) if isinstance(node, odata.Literal) else ""


def label(body: dict[str, Any], name: str, otherwise: str) -> str:
    """The first text of a label, or ``otherwise``."""
    labels = (body.get(name) or {}).get("LocalizedLabels") or []
    return str(labels[0].get("Label", otherwise)) if labels else otherwise


def schema_name(body: Any) -> str:
    """A valid SchemaName; raises Refusal when it is none."""
    name = body.get("SchemaName") if isinstance(body, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise refusal.Refusal(
            400,
            "0x80044369",
            f"The name '{name}' is not valid. Names must begin with the customization prefix of the publisher and may hold only "
            "letters, digits and underscores.",
        )
    return name


def column_of(body: Any) -> schema.Column:
    """A column out of its ``…AttributeMetadata``; raises Refusal when a part is missing or out of bounds."""
    name = schema_name(body)
    match = _TYPE.fullmatch(str(body.get("@odata.type", "")))
    kind_name = match[1] if match else ""
    try:
        kind = schema.Kind(kind_name)
    except ValueError as error:
        raise refusal.bad_payload(
            "AttributeMetadata", f"A type named '{body.get('@odata.type')}' could not be resolved by the model."
        ) from error
    if kind in (schema.Kind.STATE, schema.Kind.STATUS, schema.Kind.OWNER, *schema.LOOKUPS):
        raise refusal.Refusal(400, "0x80048403", f"Attributes of type {kind} cannot be created this way.")
    if kind in schema.TEXTS:
        _bounded(body, "MaxLength", 1, 4000 if kind is schema.Kind.STRING else 1_048_576)
    behavior = (body.get("DateTimeBehavior") or {}).get("Value", "UserLocal")
    shape = (body.get("FormatName") or {}).get("Value") or body.get("Format")
    return schema.Column(
        name=name.lower(),
        schema_name=name,
        kind=kind,
        label=label(body, "DisplayName", name),
        description=label(body, "Description", ""),
        length=body.get("MaxLength", 100 if kind is schema.Kind.STRING else 2000) if kind in schema.TEXTS else None,
        minimum=body.get("MinValue", -2147483648) if kind in (*schema.FRACTIONS, schema.Kind.INTEGER) else None,
        maximum=body.get("MaxValue", 2147483647) if kind in (*schema.FRACTIONS, schema.Kind.INTEGER) else None,
        precision=body.get("Precision", 2) if kind in schema.FRACTIONS else None,
        format=shape or ("DateAndTime" if kind is schema.Kind.DATETIME else None),
        behavior=behavior,
        options=_options(body, kind),
        custom=True,
        required=str((body.get("RequiredLevel") or {}).get("Value", "None")),
        default=body.get("DefaultValue", False) if kind is schema.Kind.BOOLEAN else body.get("DefaultFormValue"),
    )


def _bounded(body: dict[str, Any], name: str, low: int, high: int) -> None:
    value = body.get(name, low)
    if not isinstance(value, int) or not low <= value <= high:
        raise refusal.Refusal(400, "0x80040203", f"The value of '{name}' must be between {low} and {high}.")


def _options(body: dict[str, Any], kind: schema.Kind) -> tuple[schema.Option, ...]:
    given = body.get("OptionSet")
    if kind is schema.Kind.BOOLEAN:
        if not isinstance(given, dict):
            raise refusal.Refusal(400, "0x80040203", "A Boolean attribute needs an OptionSet with TrueOption and FalseOption.")
        return tuple(
            schema.Option(value=value, label=label(given.get(name) or {}, "Label", name))
            for value, name in enumerate(("FalseOption", "TrueOption"))
        )
    if kind is not schema.Kind.PICKLIST:
        return ()
    if not isinstance(given, dict) or not isinstance(given.get("Options"), list):
        raise refusal.Refusal(400, "0x80040203", "A Picklist attribute needs an OptionSet with Options.")
    return tuple(
        schema.Option(value=int(option["Value"]), label=label(option, "Label", str(option["Value"])))
        for option in given["Options"]
    )


def add_column(store: records.Store, table: schema.Table, column: schema.Column) -> None:
    """Put a new column in place; raises Refusal when the name is taken."""
    if column.name in table.columns:
        raise refusal.Refusal(
            400,
            "0x80044153",
            f"An attribute with the specified name {column.schema} already exists for entity with Name: {table.name}",
        )
    store.schema.add_column(table, column)
