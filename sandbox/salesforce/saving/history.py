"""Field history: a row for each change of a column that the org tracks (its object: ``objects/histories.py``).

Sources: Object Reference, "CaseHistory" (read-only; a changed lookup makes two rows, one with names and one with ids; respects
field-level security of the parent), "StandardObjectNameHistory" (names, and ``ParentId`` of custom objects); Salesforce Help,
"Field History Tracking" (at most 20 fields an object; long texts and multi-select picklists only tell that they changed;
nothing is kept of the time before tracking was switched on); Tooling API, "FieldDefinition" (``IsFieldHistoryTracked``).
"""

from collections.abc import Iterable
from typing import Any

from sandbox.salesforce import records, schema
from sandbox.salesforce.objects import histories
from sandbox.salesforce.org import Org

MOST = 20
"""Fields of an object that may be tracked."""
_LONGEST = 255
"""Characters of values that are kept."""
_TYPES = {
    "reference": "EntityId", "picklist": "DynamicEnum", "multipicklist": "MultiEnum", "boolean": "Boolean",
    "currency": "Currency", "double": "Double", "int": "Double", "percent": "Percent", "date": "DateOnly",
    "datetime": "DateTime", "email": "Email", "phone": "Phone", "url": "Url", "textarea": "TextArea",
}  # fmt: skip


def track(org: Org, parent: str, names: Iterable[str]) -> None:
    """Set History Tracking: these columns from now on, and no others. Raises ValueError."""
    wanted = tuple(dict.fromkeys(names))
    kind = org.schema.entities.get(parent)
    if kind is None or histories.of(org.schema, parent) is None:
        raise ValueError(f"{parent} has no field history")
    if len(wanted) > MOST or any(name not in kind.fields for name in wanted):
        raise ValueError(f"at most {MOST} columns of {parent} can be tracked")
    org.tracked[parent] = wanted


def shown_field(column: schema.Field) -> str:
    """How ``Field`` names a column: ``Owner`` for OwnerId, its own name for all others."""
    return column.name.removesuffix("Id") if column.type == "reference" and not column.custom else column.name


def column_of(parent: schema.Entity, shown: str) -> schema.Field | None:
    """The column that ``Field`` names."""
    return parent.find(shown) or parent.find(f"{shown}Id")


def note(org: Org, name: str, before: records.Record | None, after: records.Record, made: tuple[str, str]) -> None:
    """Write what follows from a record's way into the store; ``made`` is by whom and when."""
    tracked = org.tracked.get(name)
    if not tracked:
        return
    parent = org.schema.entities[name]
    if before is None:
        _row(org, parent, after["Id"], ("created", None, None, None), made)
        return
    for one in tracked:
        column = parent.fields.get(one)
        if column is not None and before.get(one) != after.get(one):
            for row in _rows(org, column, before.get(one), after.get(one)):
                _row(org, parent, after["Id"], row, made)


_Shown = tuple[str, str | None, Any, Any]
"""Field, DataType, OldValue, NewValue."""


def _rows(org: Org, column: schema.Field, old: Any, new: Any) -> list[_Shown]:
    shown, kind = shown_field(column), _TYPES.get(column.type, "Text")
    if column.type == "reference":
        return [(shown, "Text", _name(org, old), _name(org, new)), (shown, kind, old, new)]
    if column.type == "multipicklist" or column.length > _LONGEST:
        return [(shown, kind, None, None)]
    return [(shown, kind, old, new)]


def _name(org: Org, identifier: Any) -> Any:
    kind = org.schema.of_id(identifier) if isinstance(identifier, str) else None
    record = org.store.latest(kind.name, identifier) if kind is not None else None
    return None if record is None or kind is None else record.get(kind.name_field or "Id")


def _row(org: Org, parent: schema.Entity, record: str, row: _Shown, made: tuple[str, str]) -> None:
    kind = histories.of(org.schema, parent.name)
    if kind is None:
        return
    user, now = made
    key = next(column.name for column in kind.fields.values() if column.cascade)
    shown, data_type, old, new = row
    values = {key: record, "Field": shown, "DataType": data_type, "OldValue": old, "NewValue": new}
    stamps = {"CreatedDate": now, "SystemModstamp": now, "CreatedById": user}
    present = {name: value for name, value in values.items() if value is not None}
    org.store.put(kind.name, {"Id": org.identifiers.make(histories.PREFIX), **present, **stamps})
