"""Rows on their way out: properties in order, etags, and the annotations that the caller prefers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.dataverse import preferences, schema
from sandbox.dataverse.rows import indexes, records
from sandbox.dataverse.rows.indexes import Row

FORMATTED = "@OData.Community.Display.V1.FormattedValue"
NAVIGATION = "@Microsoft.Dynamics.CRM.associatednavigationproperty"
TARGET = indexes.TARGET
Shaper = Callable[[Row], Row]


def formatted(store: records.Store, column: schema.Column, row: Row) -> str | None:
    """The text that people see for a value, in English (United States)."""
    value = row.get(column.wire)
    if value is None:
        return None
    kind = column.kind
    if kind in schema.CHOICES:
        return next((option.label for option in column.options if option.value == value), str(value))
    if kind is schema.Kind.BOOLEAN:
        return column.options[int(value)].label if column.options else ("Yes" if value else "No")
    if kind in (schema.Kind.INTEGER, schema.Kind.BIGINT):
        return f"{value:,}"
    if kind is schema.Kind.MONEY:
        return f"€{value:,.2f}"
    if kind in schema.FRACTIONS:
        return f"{value:,.{column.precision or 2}f}"
    if kind is schema.Kind.DATETIME:
        return _date(str(value), with_time=column.format != "DateOnly")
    if kind in schema.LOOKUPS:
        return _name(store, target_of(column, row), value)
    return None


def _date(text: str, *, with_time: bool) -> str:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    shown = f"{month}/{day}/{year}"
    if not with_time or len(text) < 16:
        return shown
    hour = int(text[11:13])
    return f"{shown} {hour % 12 or 12}:{text[14:16]} {'PM' if hour >= 12 else 'AM'}"


def _name(store: records.Store, table: str, record: str) -> str | None:
    row = store.get(table, record)
    return None if row is None else row.get(store.schema.tables[table].primary_name)


def target_of(column: schema.Column, row: Row) -> str:
    """Logical name of the table that a lookup points at in this row."""
    return row.get(column.wire + TARGET) or column.targets[0]


def annotator(
    store: records.Store, table: schema.Table, columns: Iterable[schema.Column], wishes: preferences.Wishes
) -> Callable[[Row, Row], None] | None:
    """Adds the annotations of these columns to a shaped row; None when none are wanted."""
    words, navigation, targets = wishes.wants(FORMATTED), wishes.wants(NAVIGATION), wishes.wants(TARGET)
    if not (words or navigation or targets):
        return None
    spoken = [column for column in columns if column.kind not in schema.TEXTS and column.kind is not schema.Kind.UNIQUEIDENTIFIER]

    def annotate(row: Row, shaped: Row) -> None:
        for column in spoken:
            wire = column.wire
            if row.get(wire) is None:
                continue
            if words and (text := formatted(store, column, row)) is not None:
                shaped[wire + FORMATTED] = text
            if column.kind in schema.LOOKUPS:
                target = target_of(column, row)
                if navigation and (name := store.schema.navigation(table, column, target)):
                    shaped[wire + NAVIGATION] = name
                if targets:
                    shaped[wire + TARGET] = target

    return annotate


def shaper(
    store: records.Store,
    table: schema.Table,
    columns: Sequence[schema.Column],
    wishes: preferences.Wishes,
    *,
    etag: bool = True,
    blank: frozenset[str] = frozenset(),
) -> Shaper:
    """A closure that makes the JSON object of a row with these columns; the key is always among them."""
    wires = [column.wire for column in columns]
    if table.key not in wires:
        wires.append(table.key)
    veiled = [column.wire for column in columns if f"{table.name}.{column.name}" in blank] if blank else []
    annotate = annotator(store, table, [column for column in columns if column.wire not in veiled], wishes)

    def shape(row: Row) -> Row:
        get = row.get
        if etag:
            shaped: dict[str, Any] = {"@odata.etag": f'W/"{row["versionnumber"]}"'}
            for wire in wires:
                shaped[wire] = get(wire)
        else:
            shaped = {wire: get(wire) for wire in wires}
        for wire in veiled:
            shaped[wire] = None
        if annotate is not None:
            annotate(row, shaped)
        return shaped

    return shape
