"""``RetrieveRecordChangeHistory`` and ``RetrieveAuditDetails``: audits with their values typed, as entities of the table.

Source: learn.microsoft.com/power-apps/developer/data-platform/auditing/retrieve-audit-data, "Retrieve the change history"; the
privilege is ``prvReadRecordAuditHistory`` (View Audit History).
"""

from datetime import datetime
from typing import Any

import orjson

from sandbox.dataverse import refusal, rights, schema
from sandbox.dataverse.rows import records
from sandbox.dataverse.rows.indexes import Row

PRIVILEGE = "prvReadRecordAuditHistory"
_PREFIX = "#Microsoft.Dynamics.CRM."


def change_history(store: records.Store, held: rights.Rights, arguments: dict[str, Any]) -> dict[str, Any]:
    """``RetrieveRecordChangeHistory(Target=@target)?@target={'@odata.id':'incidents(…)'}``: the latest first."""
    _need(held)
    table, record = _target(store, arguments.get("Target"))
    found = store.table("audit").children("_objectid_value", record)
    found.sort(key=lambda row: (row["createdon"], row["versionnumber"]), reverse=True)
    paging = arguments.get("PagingInfo") or {}
    count, page = int(paging.get("Count") or len(found) or 1), max(1, int(paging.get("PageNumber") or 1))
    shown = found[(page - 1) * count : page * count]
    more = len(found) > page * count
    collection = {
        "MoreRecords": more,
        "PagingCookie": f"<cookie page='{page}'/>" if more else "",
        "TotalRecordCount": len(found) if paging.get("ReturnTotalRecordCount") else 0,
        "AuditDetails": [_detail(table, row) for row in shown],
    }
    return {"AuditDetailCollection": collection}


def details(store: records.Store, held: rights.Rights, row: Row) -> dict[str, Any]:
    """``audits(…)/Microsoft.Dynamics.CRM.RetrieveAuditDetails``."""
    _need(held)
    return {"AuditDetail": _detail(store.schema.tables[row["objecttypecode"]], row)}


def _need(held: rights.Rights) -> None:
    if not held.administrator and PRIVILEGE not in held.held():
        raise refusal.Refusal(403, "0x80040220", f"Principal user is missing {PRIVILEGE} privilege.")


def _target(store: records.Store, given: Any) -> tuple[schema.Table, str]:
    link = given.get("@odata.id") if isinstance(given, dict) else None
    name, _, key = str(link or "").strip("/").rpartition("/")[2].partition("(")
    table = store.schema.sets.get(name)
    if table is None or not key.endswith(")"):
        raise refusal.bad_query("Required parameter 'Target' is missing.")
    return table, key[:-1].lower()


def _detail(table: schema.Table, row: Row) -> dict[str, Any]:
    told = orjson.loads(row["changedata"])["changedAttributes"]
    entity = {"@odata.type": _PREFIX + table.name}
    kept = ("auditid", "createdon", "action", "operation", "attributemask", "objecttypecode", "_objectid_value", "_userid_value")
    return {
        "@odata.type": f"{_PREFIX}AttributeAuditDetail",
        "InvalidNewValueAttributes": [],
        "LocLabelLanguageCode": 0,
        "DeletedAttributes": {"Count": 0, "Keys": [], "Values": []},
        "OldValue": {**entity, **_values(table, told, "oldValue")},
        "NewValue": {**entity, **_values(table, told, "newValue")},
        "AuditRecord": {"@odata.type": f"{_PREFIX}audit", **{name: row.get(name) for name in kept}},
    }


def _values(table: schema.Table, told: list[dict[str, Any]], side: str) -> dict[str, Any]:
    """A column that had or has no value is left out."""
    columns = ((table.columns.get(one["logicalName"]), one[side]) for one in told)
    return {column.wire: _typed(column, text) for column, text in columns if column is not None and text is not None}


def _typed(column: schema.Column, text: str) -> Any:
    if column.kind in schema.LOOKUPS:
        return text.rpartition(",")[2]
    if column.kind is schema.Kind.BOOLEAN:
        return text == "True"
    if column.kind in schema.WHOLES:
        return int(text)
    if column.kind in schema.FRACTIONS:
        return float(text)
    if column.kind is schema.Kind.DATETIME:
        if column.date_only:
            return datetime.strptime(text, "%m/%d/%Y").date().isoformat()  # noqa: DTZ007  # a mere day
        return datetime.strptime(text, "%m/%d/%Y %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # UTC
    return text
