"""What an audit row says: ``changedata`` is JSON with ``changedAttributes``, whose values are texts, read by the column's type.

A choice is its number, a lookup ``table,id``, a date in the invariant form of .NET. Used by audits.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors import field_history
from connectors.dynamics import odata
from wire import errors

_WHOLE = frozenset({"integer", "bigint", "picklist", "state", "status"})
_NUMBER = frozenset({"decimal", "double", "money"})
_LOOKUP = frozenset({"lookup", "customer", "owner"})
_DATES = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y")
"""In UTC."""
_LEADING = re.compile(r"-?\d+")
UPDATE = 2
"""``operation`` of what changed a row."""


@dataclass(frozen=True)
class Column:
    """A column as its definition tells."""

    type: str
    """``AttributeType`` in lower case."""
    audited: bool


def changes(
    row: Mapping[str, Any], kept: Mapping[str, str], columns: Mapping[str, Column]
) -> Iterator[field_history.FieldChange]:
    """The changes of one audit row; a row that was made changed nothing."""
    at, record = _instant(row.get("createdon")), odata.guid(str(row.get("_objectid_value")))
    if at is None or not record:
        raise errors.Later("Dataverse answers with audits without createdon and objectid: look at what stands between")
    if row.get("operation") != UPDATE:
        return
    for one in _changed(row.get("changedata")):
        name = str(one.get("logicalName")).lower()
        if name in kept:
            kind = columns[name].type
            was, became = value(one.get("oldValue"), kind), value(one.get("newValue"), kind)
            kept_values = was is not None or became is not None
            yield field_history.FieldChange(record=record, column=kept[name], at=at, was=was, became=became, kept=kept_values)


def _changed(text: Any) -> list[Mapping[str, Any]]:
    if not isinstance(text, str):
        return []
    try:
        told = json.loads(text)
    except ValueError:
        return []
    rows = told.get("changedAttributes") if isinstance(told, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def value(text: Any, kind: str) -> Any:
    """What a watch would have read; the text itself where it is none of its type."""
    if not isinstance(text, str):
        return text if isinstance(text, int | float | bool) else None
    if kind in _LOOKUP:
        return odata.guid(text.rpartition(",")[2].strip()) or text
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind in _WHOLE:
        # An organization may store a choice's name behind its number (StoreLabelNameforPicklistAudits).
        number = _LEADING.match(text)
        return int(number[0]) if number else text
    if kind in _NUMBER:
        with suppress(ValueError):
            return float(text)
    if kind == "datetime":
        return _instant(text) or text
    return text or None


def _instant(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    for form in _DATES:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
