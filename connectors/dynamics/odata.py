"""Addresses of queries and the rows that come back, as plain values.

A path such as ``incidentid.primarycontactid.emailaddress1`` walks single-valued navigation properties and ends in a column; in an
address it becomes ``$expand=incidentid($select=…;$expand=primarycontactid($select=emailaddress1))``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from connectors import base, json_rows
from connectors.dynamics import tables
from wire import errors

STAMP = "modifiedon"
MERGED: Mapping[str, tuple[str, ...]] = {"incident": ("statecode", "statuscode", "_masterid_value")}
"""Columns that tell of a merge: a case that was merged is Canceled (2) with reason Merged (2000)."""
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SAFE = "$(),;:'=/@*"
"""Characters that a query option keeps as they are."""


@dataclass
class _Branch:
    columns: dict[str, None] = field(default_factory=dict)
    below: dict[str, "_Branch"] = field(default_factory=dict)

    def add(self, path: str) -> None:
        head, _, rest = path.partition(".")
        if rest:
            self.below.setdefault(head, _Branch()).add(rest)
        else:
            self.columns[head] = None

    def options(self) -> list[str]:
        """``$select`` and ``$expand`` of this branch."""
        expanded = [f"{name}({';'.join(branch.options())})" for name, branch in self.below.items()]
        options = [f"$select={','.join(self.columns)}"] if self.columns else []
        return options + ([f"$expand={','.join(expanded)}"] if expanded else [])


def instant(value: datetime) -> str:
    """A datetime as OData and JSON of Dataverse write it, in whole seconds as the service keeps them."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def guid(text: str) -> str:
    """A GUID in lower case; empty when it is none."""
    lowered = text.lower()
    return lowered if _GUID.fullmatch(lowered) else ""


def changes(table: tables.Table, watch: base.Watch, since: datetime, left_out: frozenset[str]) -> str:
    """What changed in a watch from an instant on, oldest first; pages follow by the service's own links."""
    condition = f"{STAMP} ge {instant(since)}" + (f" and ({watch.where})" if watch.where else "")
    options = _options((table.key, STAMP, *watch.fields), watch.children, left_out)
    return _address(table, [*options, f"$filter={condition}", f"$orderby={STAMP} asc,{table.key} asc"])


def by_ids(table: tables.Table, look: base.Look, records: Sequence[str], left_out: frozenset[str], where: str = "") -> str:
    """These records, as far as they meet the condition."""
    ids = ",".join(f"'{record}'" for record in records)
    condition = f"Microsoft.Dynamics.CRM.In(PropertyName='{table.key}',PropertyValues=[{ids}])" + (
        f" and ({where})" if where else ""
    )
    options = _options((table.key, STAMP, *MERGED.get(look.object, ()), *look.fields), look.children, left_out)
    return _address(table, [*options, f"$filter={condition}"])


def keys(table: tables.Table) -> str:
    """The keys of all rows; with ``odata.track-changes`` the last page tells where changes are to be had from then on."""
    return _address(table, [f"$select={table.key}"])


def _options(fields: Iterable[str], children: Sequence[base.Child], left_out: frozenset[str]) -> list[str]:
    root = _Branch()
    for path in fields:
        if path not in left_out:
            root.add(path)
    options = root.options()
    collections = [_collection(child, left_out) for child in children]
    if collections and options[-1].startswith("$expand="):
        collections.insert(0, options.pop().removeprefix("$expand="))
    return options + ([f"$expand={','.join(collections)}"] if collections else [])


def _collection(child: base.Child, left_out: frozenset[str]) -> str:
    branch = _Branch()
    for path in child.fields:
        if f"{child.relationship}.{path}" not in left_out:
            branch.add(path)
    return f"{child.relationship}({';'.join([*branch.options(), *([f'$filter={child.where}'] if child.where else [])])})"


def _address(table: tables.Table, options: Sequence[str]) -> str:
    return f"{table.entity_set}?{'&'.join(quote(option, safe=SAFE) for option in options)}"


def taker(fields: Sequence[str], children: Sequence[base.Child], left_out: frozenset[str]) -> json_rows.Take:
    """A function that picks these paths from a row (``json_rows.taker``)."""
    return json_rows.taker(fields, children, left_out, _first_child)


def _first_child(value: Any) -> Mapping[str, Any] | None:
    return value[0] if isinstance(value, list) and value else None


def key_of(row: Mapping[str, Any], table: tables.Table) -> tuple[str, datetime]:
    """Id and stamp of a row; raises Later when they are none, so that no bookmark is ever made of them."""
    record, stamp = guid(str(row.get(table.key))), json_rows.plain_value(row.get(STAMP))
    if not record or not isinstance(stamp, datetime):
        raise errors.Later(f"Dataverse answers with rows without {table.key} and {STAMP}: look at what stands between")
    return record, stamp


def rows_of(body: Any) -> tuple[list[Mapping[str, Any]], str]:
    """The rows of a query's answer, and the link to the next page, empty on the last."""
    found = body.get("value") if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise errors.Later("Dataverse answers a query with something else: look at what stands between")
    link = body.get("@odata.nextLink")
    return found, link if isinstance(link, str) else ""
