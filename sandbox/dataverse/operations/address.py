"""Resource paths of the Web API: ``incidents(…)/customerid_contact`` split into segments with their keys."""

import re
import time
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import odata, parser
from sandbox.dataverse.rows import indexes, records, values

_SEGMENT = re.compile(r"([^()]+)(?:\((.*)\))?", re.DOTALL)
_FORBIDDEN = frozenset("/<>*%&:\\?+")


@dataclass(frozen=True)
class Segment:
    """One part of a path; ``key`` is what stands in parentheses, None when there are none."""

    name: str
    key: str | None = None


def segments(path: str) -> list[Segment]:
    """The parts of a path."""
    made = []
    for part in odata.split(path.strip("/"), "/"):
        match = _SEGMENT.fullmatch(part)
        if match is None:
            raise refusal.no_segment(part)
        made.append(Segment(match.group(1), match.group(2)))
    return made


def key_values(table: schema.Table, text: str) -> tuple[schema.Key | None, dict[str, Any]]:
    """What parentheses after an entity set name: the primary key (no Key) or an alternate one, with its column values."""
    text = text.strip()
    if values.GUID.fullmatch(text):
        return None, {table.key: text.lower()}
    given: dict[str, Any] = {}
    for part in odata.split(text, ","):
        name, equals, constant = part.partition("=")
        if not equals:
            raise refusal.bad_query(f"Error in query syntax. Bad Request - Error in query syntax: '{text}'.")
        given[name.strip()] = parser.Parser(constant).whole()
    if set(given) == {table.key}:
        value = given[table.key]
        if isinstance(value, odata.Literal) and value.kind == "guid":
            return None, {table.key: value.value}
    for key in table.keys.values():
        if time.monotonic() < key.active_from:
            continue
        wires = [table.columns[name].wire for name in key.columns]
        if set(wires) == set(given):
            return key, {wire: _constant(given[wire]) for wire in wires}
    raise refusal.Refusal(
        400,
        "0x80060888",
        f"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{table.name}'. Ensure that the names and "
        "number of key properties are declared and match the expected key properties for the resource",
    )


def _constant(node: odata.Node) -> Any:
    if not isinstance(node, odata.Literal):
        raise refusal.bad_query("Bad Request - Error in query syntax.")
    if isinstance(node.value, str) and node.kind == "string" and _FORBIDDEN & set(node.value):
        raise refusal.bad_query("Bad Request - Error in query syntax.")
    return node.value


def find(store: records.Store, table: schema.Table, text: str) -> tuple[indexes.Row | None, dict[str, Any]]:
    """The row that parentheses name, if it is there, and the key values that a new one would get."""
    key, given = key_values(table, text)
    if key is None:
        return store.get(table.name, given[table.key]), given
    ordered = tuple(given[table.columns[name].wire] for name in key.columns)
    return store.table(table.name).find(key, ordered), given


def need(store: records.Store, table: schema.Table, text: str) -> indexes.Row:
    """The row that parentheses name; raises Refusal when it is not there."""
    row, given = find(store, table, text)
    if row is not None:
        return row
    if set(given) == {table.key}:
        raise refusal.no_record(table.name, given[table.key])
    raise refusal.no_record_by_key(table.name, ", ".join(f"{name}={value}" for name, value in given.items()))


def reference(store: records.Store, url: str) -> tuple[schema.Table, indexes.Row]:
    """The row that a link (``/contacts(…)`` or the whole address) points at."""
    path = re.sub(r"^.*?/api/data/v\d+\.\d+/", "", url).lstrip("/")
    parts = segments(path)
    if len(parts) != 1 or parts[0].key is None:
        raise refusal.bad_query(f"The URI '{url}' is not valid because it is not based on 'Microsoft.Dynamics.CRM'.")
    table = store.schema.sets.get(parts[0].name)
    if table is None:
        raise refusal.no_segment(parts[0].name)
    return table, need(store, table, parts[0].key)
