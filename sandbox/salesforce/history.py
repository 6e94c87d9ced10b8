"""Field history: a row for each change of a column that the org tracks, in an object beside the record's own.

Sources: Object Reference, "CaseHistory" (read-only; a changed lookup makes two rows, one with names and one with ids; respects
field-level security of the parent), "StandardObjectNameHistory" (names, and ``ParentId`` of custom objects); Salesforce Help,
"Field History Tracking" (at most 20 fields an object; long texts and multi-select picklists only tell that they changed;
nothing is kept of the time before tracking was switched on); Tooling API, "FieldDefinition" (``IsFieldHistoryTracked``).
"""

from collections.abc import Iterable
from typing import Any

from sandbox.salesforce import fields as f
from sandbox.salesforce import records, schema
from sandbox.salesforce.org import Org

PREFIX = "017"
"""Of the ids in all of these objects."""
MOST = 20
"""Fields of an object that may be tracked."""
USUAL = {
    "Case": ("Status", "Priority", "OwnerId", "Origin", "Type", "ContactId"),
    "Opportunity": ("StageName", "Amount", "CloseDate", "OwnerId"),
    "Order": ("Status", "OwnerId", "EffectiveDate"),
}
"""What this org's admin has switched on."""
_LONGEST = 255
"""Characters of values that are kept."""
_TYPES = {
    "reference": "EntityId", "picklist": "DynamicEnum", "multipicklist": "MultiEnum", "boolean": "Boolean",
    "currency": "Currency", "double": "Double", "int": "Double", "percent": "Percent", "date": "DateOnly",
    "datetime": "DateTime", "email": "Email", "phone": "Phone", "url": "Url", "textarea": "TextArea",
}  # fmt: skip


def entity(parent: str) -> schema.Entity:
    """The history object of a parent; it has none of the usual stamps but who made a row and when."""
    custom = parent.endswith("__c")
    name = "OpportunityFieldHistory" if parent == "Opportunity" else f"{parent.removesuffix('c') if custom else parent}History"
    key = "ParentId" if custom else f"{parent}Id"
    label = f"{parent.removesuffix('__c').replace('_', ' ')} History"
    made = schema.Entity(name=name, label=label, plural=label, prefix=PREFIX, history_of=parent)
    made.createable = made.updateable = made.deletable = False
    relationship = "Parent" if custom else parent
    made.add(
        [
            f.column("Id", "id", "", nillable=False, length=18, id_lookup=True, label=f"{label} ID"),
            f.flag("IsDeleted", "", label="Deleted"),
            f.lookup(key, parent, "Histories", "", nillable=False, cascade=True, relationship=relationship),
            f.lookup("CreatedById", "User", None, "", nillable=False),
            f.moment("CreatedDate", "", nillable=False),
            f.picklist("Field", (), "", nillable=False, length=255),
            f.picklist("DataType", (), "", length=40),
            f.column("OldValue", "anyType", "", filterable=False),
            f.column("NewValue", "anyType", "", filterable=False),
        ]
    )
    return made


def of(objects: schema.Schema, parent: str) -> schema.Entity | None:
    """The history object of a parent, None where there is none."""
    return next((one for one in objects.entities.values() if one.history_of == parent), None)


def track(org: Org, parent: str, names: Iterable[str]) -> None:
    """Set History Tracking: these columns from now on, and no others. Raises ValueError."""
    wanted = tuple(dict.fromkeys(names))
    kind = org.schema.entities.get(parent)
    if kind is None or of(org.schema, parent) is None:
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
    kind = of(org.schema, parent.name)
    if kind is None:
        return
    user, now = made
    key = next(column.name for column in kind.fields.values() if column.cascade)
    shown, data_type, old, new = row
    values = {key: record, "Field": shown, "DataType": data_type, "OldValue": old, "NewValue": new}
    stamps = {"CreatedDate": now, "SystemModstamp": now, "CreatedById": user}
    present = {name: value for name, value in values.items() if value is not None}
    org.store.put(kind.name, {"Id": org.identifiers.make(PREFIX), **present, **stamps})
