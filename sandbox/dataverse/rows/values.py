"""Values on their way in: from JSON and from OData constants to what a row holds, with the checks the service makes."""

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any

from sandbox.dataverse import refusal, schema

GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")
_EDM = {
    schema.Kind.INTEGER: "Edm.Int32",
    schema.Kind.BIGINT: "Edm.Int64",
    schema.Kind.PICKLIST: "Edm.Int32",
    schema.Kind.STATE: "Edm.Int32",
    schema.Kind.STATUS: "Edm.Int32",
    schema.Kind.DECIMAL: "Edm.Decimal",
    schema.Kind.MONEY: "Edm.Decimal",
    schema.Kind.DOUBLE: "Edm.Double",
    schema.Kind.BOOLEAN: "Edm.Boolean",
    schema.Kind.LOOKUP: "Edm.Guid",
    schema.Kind.CUSTOMER: "Edm.Guid",
    schema.Kind.OWNER: "Edm.Guid",
    schema.Kind.UNIQUEIDENTIFIER: "Edm.Guid",
    schema.Kind.STRING: "Edm.String",
    schema.Kind.MEMO: "Edm.String",
}


def edm(column: schema.Column) -> str:
    """The column's type in the entity data model."""
    if column.kind is schema.Kind.DATETIME:
        return "Edm.Date" if column.date_only else "Edm.DateTimeOffset"
    return _EDM[column.kind]


def fold(text: str) -> str:
    """How the database compares text: neither case nor accents nor trailing blanks count."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.rstrip(" ").lower()


def instant(text: str) -> datetime | None:
    """An ISO 8601 instant with an offset; None when it is none."""
    if "T" not in text or not _OFFSET.search(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None


def from_json(table: schema.Table, column: schema.Column, value: Any) -> Any:
    """A JSON value as the row holds it; raises Refusal where the service would."""
    if value is None:
        return None
    kind = column.kind
    if kind in schema.TEXTS:
        return _text(table, column, value)
    if kind in schema.WHOLES:
        return _whole(table, column, value)
    if kind in schema.FRACTIONS:
        return _fraction(table, column, value)
    if kind is schema.Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise _unlike(table, value, column)
        return value
    if kind is schema.Kind.DATETIME:
        return _moment(table, column, value)
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise _unlike(table, value, column)
    return value.lower()


def _unlike(table: schema.Table, value: Any, column: schema.Column) -> refusal.Refusal:
    return refusal.bad_payload(table.entity_set, f"Cannot convert the literal '{value}' to the expected type '{edm(column)}'.")


def _text(table: schema.Table, column: schema.Column, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _unlike(table, value, column)
    if column.length is not None and len(value.encode("utf-16-le")) // 2 > column.length:
        raise refusal.Refusal(
            400,
            "0x80044331",
            f"A validation error occurred. The length of the '{column.name}' attribute of the '{table.name}' entity exceeded "
            f"the maximum allowed length of '{column.length}'.",
        )
    if any(ord(c) < 32 and c not in "\t\n\r" for c in value):
        raise refusal.invalid(f"Invalid character in field '{column.name}'")
    return value or None


def _whole(table: schema.Table, column: schema.Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unlike(table, value, column)
    if column.kind in schema.CHOICES:
        if value not in {option.value for option in column.options}:
            accepted = ",".join(str(option.value) for option in column.options)
            raise refusal.Refusal(
                400,
                "0x8004431a",
                f"A validation error occurred. The value {value} of '{column.name}' on record of type '{table.name}' is outside "
                f"the valid range. Accepted Values: {accepted}",
            )
        return value
    _in_range(table, column, value)
    return value


def _fraction(table: schema.Table, column: schema.Column, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _unlike(table, value, column)
    _in_range(table, column, value)
    return round(float(value), column.precision if column.precision is not None else 10)


def _in_range(table: schema.Table, column: schema.Column, value: float) -> None:
    low = column.minimum if column.minimum is not None else -math.inf
    high = column.maximum if column.maximum is not None else math.inf
    if not low <= value <= high:
        raise refusal.Refusal(
            400,
            "0x80044330",
            f"A validation error occurred. The value of '{column.name}' on record of type '{table.name}' is outside the valid "
            "range.",
        )


def _moment(table: schema.Table, column: schema.Column, value: Any) -> str:
    if not isinstance(value, str):
        raise _unlike(table, value, column)
    try:
        if column.date_only:
            return date.fromisoformat(value).isoformat()
        moment = instant(value) or datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
    except ValueError as error:
        raise _unlike(table, value, column) from error
    if moment.year < 1753:
        raise refusal.Refusal(
            400,
            "0x80044312",
            "Date is less than the minimum value supported by CrmDateTime. Minimum value supported: 01/01/1753 00:00:00",
        )
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
