"""A JSON object of a create or an update, checked against the table and turned into row values."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.operations import address
from sandbox.dataverse.rows import records, values
from sandbox.dataverse.rows.indexes import TARGET, Row

_BIND = "@odata.bind"


@dataclass(frozen=True)
class Veil:
    """``table.column`` names that the caller does not see, and those that read as null for it and may not be written."""

    hidden: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()


@dataclass
class Wanted:
    """What a body asks for."""

    values: Row = field(default_factory=dict)
    singles: list[tuple[schema.Relationship, dict[str, Any]]] = field(default_factory=list)
    """Rows to be created that this row points at."""
    collections: list[tuple[schema.Relationship, list[Any]]] = field(default_factory=list)
    """Rows to be created that point at this one."""


def read(store: records.Store, table: schema.Table, body: Any, *, creating: bool, veil: "Veil | None" = None) -> Wanted:
    """Check a body; raises Refusal at the first thing that does not fit."""
    if not isinstance(body, dict):
        raise refusal.bad_payload(
            table.entity_set,
            "An unexpected 'StartArray' node was found when reading from the JSON reader. A 'StartObject' node was expected.",
        )
    wanted = Wanted()
    for name, value in body.items():
        if name.endswith(_BIND):
            _bind(store, table, name.removesuffix(_BIND), value, wanted.values)
        elif "@" in name:
            continue
        elif name in table.by_wire:
            _plain(table, name, value, creating=creating, veil=veil or Veil(), into=wanted.values)
        else:
            _navigation(table, name, value, creating=creating, wanted=wanted)
    return wanted


def _plain(table: schema.Table, name: str, value: Any, *, creating: bool, veil: "Veil", into: Row) -> None:
    column = table.by_wire[name]
    if f"{table.name}.{column.name}" in veil.hidden:
        raise refusal.bad_payload(table.entity_set, _missing(table, name))
    if f"{table.name}.{column.name}" in veil.blank:
        raise refusal.Refusal(
            403, "0x8004f508", f"The caller does not have permission to update the secured attribute '{column.name}'."
        )
    if column.kind in schema.LOOKUPS:
        raise refusal.bad_query(
            "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead."
        )
    checked = values.from_json(table, column, value)
    if column.name == table.key:
        if creating and checked is not None:
            into[name] = checked
        return
    settable = column.create if creating else column.update
    if settable or column.name == "statecode" or (creating and column.name == "overriddencreatedon"):
        into[name] = checked


def _missing(table: schema.Table, name: str) -> str:
    return (
        f"The property '{name}' does not exist on type 'Microsoft.Dynamics.CRM.{table.name}'. Make sure to only use property "
        "names that are defined by the type or mark the type as open type."
    )


def _undeclared(name: str) -> str:
    return (
        f"An undeclared property '{name}' which only has property annotations in the payload but no property value was found in "
        "the payload. In OData, only declared navigation properties and declared named streams can be represented as properties "
        "without values."
    )


def _bind(store: records.Store, table: schema.Table, name: str, value: Any, into: Row) -> None:
    column, targets = _pointing(table, name)
    if not column.update and not column.create:
        return
    if value is None:
        into[column.wire] = None
        return
    if not isinstance(value, str):
        raise refusal.bad_payload(table.entity_set, f"The value of '{name}@odata.bind' must be a URL.")
    target, row = address.reference(store, value)
    if target.name not in targets:
        raise refusal.bad_query(
            f"Resource of type 'Microsoft.Dynamics.CRM.{target.name}' does not fit the navigation property '{name}'."
        )
    point(column, target, row[target.key], into)


def _pointing(table: schema.Table, name: str) -> tuple[schema.Column, tuple[str, ...]]:
    relationship = table.single.get(name)
    if relationship is not None:
        return table.columns[relationship.column], (relationship.referenced,)
    if name == "ownerid" and "ownerid" in table.columns:
        return table.columns["ownerid"], ("systemuser", "team")
    raise refusal.bad_payload(table.entity_set, _undeclared(name))


def point(column: schema.Column, target: schema.Table, record: str, into: Row) -> None:
    """Make a lookup point at a row."""
    into[column.wire] = record
    if len(column.targets) > 1:
        into[column.wire + TARGET] = target.name


def _navigation(table: schema.Table, name: str, value: Any, *, creating: bool, wanted: Wanted) -> None:
    if name in table.single:
        relationship = table.single[name]
        if value is None:
            wanted.values[table.columns[relationship.column].wire] = None
        elif isinstance(value, dict) and creating:
            wanted.singles.append((relationship, value))
        elif isinstance(value, dict):
            raise refusal.bad_query("Deep update of navigation properties is not allowed.")
        else:
            raise refusal.bad_payload(
                table.entity_set,
                "A 'PrimitiveValue' node with non-null value was found when trying to read the value of a navigation property; "
                "however, a 'StartArray' node, a 'StartObject' node, or a 'PrimitiveValue' node with null value was expected.",
            )
    elif name in table.collections and isinstance(value, list):
        if not creating:
            raise refusal.bad_query("Deep update of navigation properties is not allowed.")
        wanted.collections.append((table.collections[name], value))
    else:
        raise refusal.bad_payload(table.entity_set, _missing(table, name))
