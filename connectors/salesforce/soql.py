"""Query texts and the rows that come back, as plain values."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import base, json_rows, keyset
from wire import errors

STAMP = "SystemModstamp"
MERGEABLE = {"Account", "Case", "Contact", "Lead"}
"""Objects with MasterRecordId."""
_IDENTIFIER = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


def instant(value: datetime) -> str:
    """A datetime as SOQL and JSON of Salesforce write it, to the millisecond."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def changes(place: keyset.Place, left_out: frozenset[str], limit: int) -> str:
    """What changed in a watch from a place on, in keyset order; ``limit`` 0 is all of it."""
    watch = place.watch
    columns = _columns((STAMP,), watch.fields, watch.children, left_out)
    end = f" LIMIT {limit}" if limit else ""
    return f"SELECT {columns} FROM {watch.object} WHERE {_since(place)} ORDER BY {STAMP}, Id{end}"  # noqa: S608 (not SQL)


def count(place: keyset.Place) -> str:
    """How much changed in a watch from a place on."""
    return f"SELECT COUNT() FROM {place.watch.object} WHERE {_since(place)}"  # noqa: S608 (not SQL)


def _since(place: keyset.Place) -> str:
    watch = place.watch
    since = f"{STAMP} >= {instant(place.stamp)}"
    if place.record:
        stamp = instant(place.stamp)
        since = f"({STAMP} > {stamp} OR ({STAMP} = {stamp} AND Id > '{_identifier(place.record)}'))"
    return f"{since} AND ({watch.where})" if watch.where else since


def by_ids(look: base.Look, records: Sequence[str], left_out: frozenset[str]) -> str:
    """These records, deleted ones too (for ``queryAll``)."""
    own = (STAMP, "IsDeleted", "MasterRecordId") if look.object in MERGEABLE else (STAMP, "IsDeleted")
    ids = ",".join(f"'{_identifier(record)}'" for record in records)
    columns = _columns(own, look.fields, look.children, left_out)
    return f"SELECT {columns} FROM {look.object} WHERE Id IN ({ids})"  # noqa: S608 (not SQL)


def _columns(own: Sequence[str], fields: Sequence[str], children: Sequence[base.Child], left_out: frozenset[str]) -> str:
    names = dict.fromkeys(("Id", *own, *fields))
    parts = [name for name in names if name not in left_out]
    for child in children:
        columns = ", ".join(path for path in child.fields if f"{child.relationship}.{path}" not in left_out) or "Id"
        where = f" WHERE {child.where}" if child.where else ""
        parts.append(f"(SELECT {columns} FROM {child.relationship}{where} LIMIT 1)")  # noqa: S608 (not SQL)
    return ", ".join(parts)


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise errors.Never("an id that is none of Salesforce's")
    return text


def is_identifier(text: str) -> bool:
    """Whether this can be a record's id."""
    return bool(_IDENTIFIER.fullmatch(text))


def taker(fields: Sequence[str], children: Sequence[base.Child], left_out: frozenset[str]) -> json_rows.Take:
    """A function that picks these paths from a row (``json_rows.taker``)."""
    return json_rows.taker(fields, children, left_out, _first_child)


def _first_child(value: Any) -> Mapping[str, Any] | None:
    found = value.get("records") if isinstance(value, Mapping) else None
    return found[0] if found else None


def stamp_of(row: Mapping[str, Any]) -> datetime:
    """SystemModstamp of a row; raises Later when it is none, so that no bookmark is ever made of it."""
    value = row.get(STAMP)
    value = value if isinstance(value, datetime) else json_rows.plain_value(value)
    if not isinstance(value, datetime) or not is_identifier(str(row.get("Id"))):
        raise errors.Later("Salesforce answers with rows without Id and SystemModstamp: look at what stands between")
    return value


def rows_of(body: Any) -> tuple[list[Mapping[str, Any]], bool]:
    """The rows of a query's answer, and whether they are all of them."""
    found = body.get("records") if isinstance(body, Mapping) else None
    if (
        not isinstance(found, list)
        or not isinstance(body.get("done"), bool)
        or not all(isinstance(row, Mapping) for row in found)
    ):
        raise errors.Later("Salesforce answers a query with something else: look at what stands between")
    return found, body["done"]
