"""Names of tables: the logical name (``incident``) is what settings say, addresses want the entity set (``incidents``)."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import base
from connectors.dynamics import faults, line, multipart
from wire import errors


@dataclass(frozen=True, kw_only=True)
class Table:
    """How a table is addressed."""

    entity_set: str
    key: str


def _standard(entity_set: str, key: str) -> Table:
    return Table(entity_set=entity_set, key=key)


_STANDARD: Mapping[str, Table] = {
    "account": _standard("accounts", "accountid"),
    "contact": _standard("contacts", "contactid"),
    "incident": _standard("incidents", "incidentid"),
    "incidentresolution": _standard("incidentresolutions", "activityid"),
    "lead": _standard("leads", "leadid"),
    "opportunity": _standard("opportunities", "opportunityid"),
    "opportunityclose": _standard("opportunitycloses", "activityid"),
    "orderclose": _standard("ordercloses", "activityid"),
    "salesorder": _standard("salesorders", "salesorderid"),
    "systemuser": _standard("systemusers", "systemuserid"),
}
"""Tables whose names never differ, so that no call is needed."""


class Tables:
    """Knows how tables are addressed; asks the metadata for those that are not standard, once. Safe for threads."""

    def __init__(self, way: line.Line) -> None:
        self._line = way
        self._known = dict(_STANDARD)
        self._lock = threading.Lock()

    def find(self, names: Iterable[str]) -> Mapping[str, Table]:
        """Tables by logical name; raises NeedsPerson when one cannot be seen."""
        wanted = set(names)
        with self._lock:
            unknown = sorted(wanted - set(self._known))
            bodies = self._get([f"{_definition(name)}?$select=EntitySetName,PrimaryIdAttribute" for name in unknown])
            for name, body in zip(unknown, bodies, strict=True):
                if body is None:
                    remedy = "Correct the logical name in settings, or let the application user read the table."
                    raise errors.NeedsPerson(f"the table {name} cannot be read", remedy=remedy)
                self._known[name] = Table(entity_set=str(body.get("EntitySetName")), key=str(body.get("PrimaryIdAttribute")))
            return {name: self._known[name] for name in wanted}

    def describe(self, names: Sequence[str]) -> Mapping[str, base.Description]:
        """Columns by table; tables that cannot be seen are absent."""
        good = [name for name in names if name.replace("_", "").isalnum()]
        bodies = iter(self._get([f"{_definition(name)}/Attributes{rest}" for name in good for rest in _COLUMNS]))
        found: dict[str, base.Description] = {}
        for name, attributes, *lengths in zip(good, bodies, bodies, bodies, strict=True):
            if attributes is not None:
                fields = {field.name: field for field in _fields(attributes, _lengths(lengths))}
                found[name] = base.Description(object=name, fields=fields)
        return found

    def _get(self, paths: Sequence[str]) -> list[Mapping[str, Any] | None]:
        """One call for all of them; None for what is not there or not to be seen."""
        if not paths:
            return []
        headers = {"Accept": "application/json"}
        requests = [multipart.Request(method="GET", url=f"{self._line.root}/{path}", headers=headers) for path in paths]
        faults_and_bodies = [(line.fault_of(part), part.body) for part in self._line.batch(requests)[0]]
        for fault, _ in faults_and_bodies:
            if fault is not None and fault.passes:
                raise faults.translate(fault)
        return [body if fault is None and isinstance(body, Mapping) else None for fault, body in faults_and_bodies]


_COLUMNS = (
    "?$select=LogicalName,AttributeType,IsValidForRead,IsValidForUpdate",
    "/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength",
    "/Microsoft.Dynamics.CRM.MemoAttributeMetadata?$select=LogicalName,MaxLength",
)
"""Lengths are told by the text types only, so each of these needs its own request."""


def _definition(name: str) -> str:
    return f"EntityDefinitions(LogicalName='{name}')"


def _lengths(bodies: Iterable[Mapping[str, Any] | None]) -> dict[str, int]:
    rows = [row for body in bodies for row in _rows(body)]
    return {str(row.get("LogicalName")): row["MaxLength"] for row in rows if isinstance(row.get("MaxLength"), int)}


def _rows(body: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    rows = (body or {}).get("value")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _fields(body: Mapping[str, Any], lengths: Mapping[str, int]) -> list[base.Field]:
    return [
        base.Field(
            name=str(row.get("LogicalName")),
            type=str(row.get("AttributeType")),
            writable=row.get("IsValidForUpdate") is True,
            length=lengths.get(str(row.get("LogicalName"))),
        )
        for row in _rows(body)
        if row.get("IsValidForRead") is not False
    ]
