"""Audits: from what to what columns changed, read from the table ``audit``.

It is there where auditing is on for the organization, the table and the column (``isauditenabled``, ``IsAuditEnabled``), and the
application user holds prvReadAuditSummary. What a row says is read by changedata.
https://learn.microsoft.com/power-apps/developer/data-platform/auditing/retrieve-audit-data,
https://learn.microsoft.com/power-apps/developer/data-platform/auditing/configure; that ``changedata`` can be selected:
https://learn.microsoft.com/power-platform/admin/ip-firewall
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from connectors import field_history
from connectors.dynamics import changedata, faults, line, multipart, odata
from wire import errors

_REMEMBERED = 3600.0
"""Seconds until it is asked again what is audited: somebody may have switched it on."""
_PAGE = 5000
PRIVILEGE = "prvReadAuditSummary"


@dataclass(frozen=True)
class _Table:
    """What is known of a table."""

    audited: bool
    columns: Mapping[str, changedata.Column]
    until: float


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Some records of one question, or a further page of them."""

    number: int
    asked: field_history.Asked
    records: tuple[str, ...]
    next_page: str = ""


@dataclass
class _Found:
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    refused: field_history.Untold | None = None


class Audits:
    """Asks one environment. May be used by several threads."""

    def __init__(self, way: line.Line) -> None:
        self._line = way
        self._tables: dict[str, _Table] = {}
        self._organization = False, 0.0
        self._lock = threading.Lock()

    def changes(self, asked: Sequence[field_history.Asked]) -> list[field_history.Told]:
        """As ``base.Connector.field_changes`` describes it."""
        found = [_Found() for _ in asked]
        unknown = [name for name in dict.fromkeys(one.object for one in asked) if not self._fresh(name)]
        waiting = [part for number, one in enumerate(asked) for part in _parts(number, one)]
        while waiting or unknown:
            batch, waiting = _batch(waiting)
            waiting = [*self._ask(unknown, batch, found), *waiting]
            unknown = []
        return [self._told(one, some) for one, some in zip(asked, found, strict=True)]

    def _fresh(self, name: str) -> bool:
        known = self._tables.get(name)
        return known is not None and time.monotonic() < min(known.until, self._organization[1])

    def _ask(self, unknown: Sequence[str], batch: Sequence[_Part], found: Sequence[_Found]) -> list[_Part]:
        """One call; answers what is still to be read."""
        definitions = ["organizations?$select=isauditenabled"] if unknown else []
        definitions += [path for name in unknown for path in _definitions(name)]
        addresses = [f"{self._line.root}/{path}" for path in definitions]
        addresses += [part.next_page or f"{self._line.root}/{_query(part)}" for part in batch]
        parts, _ = self._line.batch([_get(address) for address in addresses])
        if unknown:
            self._learn(unknown, parts[: len(definitions)])
        left: list[_Part] = []
        for part, answer in zip(batch, parts[len(definitions) :], strict=True):
            left += self._read(part, answer, found[part.number])
        return left

    def _learn(self, names: Sequence[str], parts: Sequence[multipart.Part]) -> None:
        bodies = [_body(part) for part in parts]
        until = time.monotonic() + _REMEMBERED
        rows = _rows(bodies[0])
        # Where the organization's row cannot be read, table and column have the last word.
        on = not rows or rows[0].get("isauditenabled") is not False
        with self._lock:
            self._organization = on, until
            for number, name in enumerate(names):
                table, attributes = bodies[1 + 2 * number : 3 + 2 * number]
                columns = {str(row.get("LogicalName")): _column(row) for row in _rows(attributes)}
                self._tables[name] = _Table(_managed(table), columns, until)

    def _read(self, part: _Part, answer: multipart.Part, found: _Found) -> list[_Part]:
        fault = line.fault_of(answer)
        if fault is not None:
            if fault.passes or fault.status == 401:
                raise faults.translate(fault)
            found.refused = _refused(fault)
            return []
        rows, link = odata.rows_of(answer.body)
        found.rows += rows
        return [replace(part, next_page=self._line.own(link))] if link else []

    def _told(self, asked: field_history.Asked, found: _Found) -> field_history.Told:
        if found.refused is not None:
            return field_history.nothing(asked, found.refused)
        table = self._tables[asked.object]
        untold = {name: why for name in asked.fields if (why := self._why(asked.object, name)) is not None}
        kept = {attribute(name): name for name in asked.fields if name not in untold}
        changes = [change for row in found.rows for change in changedata.changes(row, kept, table.columns)]
        return field_history.Told(changes=sorted(changes, key=lambda change: change.at), untold=untold)

    def _why(self, name: str, path: str) -> field_history.Untold | None:
        table, column = self._tables[name], self._tables[name].columns.get(attribute(path))
        if not self._organization[0]:
            remedy = "Start auditing: Power Platform admin center → Environments → Settings → Audit and logs → Audit settings."
            return field_history.Untold(message="auditing is off for the environment", remedy=remedy)
        if column is None:
            return field_history.Untold(message="the column does not exist", remedy="Correct the name in settings.")
        if not table.audited:
            remedy = f"Switch on “Audit changes to its data” for the table {name} (Power Apps → Tables → {name} → Properties)."
            return field_history.Untold(message="auditing is off for the table", remedy=remedy)
        if not column.audited:
            remedy = f"Switch on “Enable auditing” for the column {attribute(path)} (Power Apps → Tables → {name} → Columns)."
            return field_history.Untold(message="auditing is off for the column", remedy=remedy)
        return None


def attribute(path: str) -> str:
    """The logical name behind a path: ``ownerid`` of ``_ownerid_value``."""
    return path.removeprefix("_").removesuffix("_value") if path.startswith("_") else path


def _parts(number: int, asked: field_history.Asked) -> list[_Part]:
    """One part at least, so that it is found out whether audits can be read at all."""
    records = tuple(dict.fromkeys(lowered for record in asked.records if (lowered := odata.guid(record))))
    return [
        _Part(number=number, asked=asked, records=records[begin : begin + field_history.BATCH])
        for begin in range(0, max(1, len(records)), field_history.BATCH)
    ]


def _batch(waiting: list[_Part]) -> tuple[list[_Part], list[_Part]]:
    """As many parts as are about ``past.BATCH`` records together, at least one; and the rest."""
    room, taken = field_history.BATCH, 0
    while taken < len(waiting) and (taken == 0 or len(waiting[taken].records) <= room):
        room -= len(waiting[taken].records)
        taken += 1
    return waiting[:taken], waiting[taken:]


def _query(part: _Part) -> str:
    ids = ",".join(f"'{record}'" for record in part.records or ("00000000-0000-0000-0000-000000000000",))
    among = f"Microsoft.Dynamics.CRM.In(PropertyName='objectid',PropertyValues=[{ids}])"
    # Not by objecttypecode: an id is enough, and programs in use found that condition refused for custom tables.
    where = f"operation eq {changedata.UPDATE} and createdon ge {odata.instant(part.asked.since)} and {among}"
    select = "$select=createdon,_objectid_value,changedata,operation"
    options = (select, f"$filter={where}", "$orderby=createdon asc")
    return f"audits?{'&'.join(quote(option, safe=odata.SAFE) for option in options)}"


def _definitions(name: str) -> tuple[str, str]:
    entity = f"EntityDefinitions(LogicalName='{name}')"
    return f"{entity}?$select=IsAuditEnabled", f"{entity}/Attributes?$select=LogicalName,AttributeType,IsAuditEnabled"


def _get(address: str) -> multipart.Request:
    headers = {"Accept": "application/json", "If-None-Match": "null", "Prefer": f"odata.maxpagesize={_PAGE}"}
    return multipart.Request(method="GET", url=address, headers=headers)


def _body(part: multipart.Part) -> Any:
    fault = line.fault_of(part)
    if fault is not None and (fault.passes or fault.status == 401):
        raise faults.translate(fault)
    return part.body if fault is None else None


def _rows(body: Any) -> list[Mapping[str, Any]]:
    rows = body.get("value") if isinstance(body, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _managed(body: Any) -> bool:
    managed = body.get("IsAuditEnabled") if isinstance(body, Mapping) else None
    return isinstance(managed, Mapping) and managed.get("Value") is True


def _column(row: Mapping[str, Any]) -> changedata.Column:
    return changedata.Column(type=str(row.get("AttributeType")).lower(), audited=_managed(row))


def _refused(fault: faults.Fault) -> field_history.Untold:
    error = faults.translate(fault)
    lacking = PRIVILEGE in fault.message
    remedy = f"Give the application user's security role View Audit Summary ({PRIVILEGE}), for the whole organization."
    message = f"the application user lacks the privilege {PRIVILEGE}" if lacking else str(error)
    return field_history.Untold(
        message=message, remedy=remedy if lacking or not isinstance(error, errors.NeedsPerson) else error.remedy
    )
