"""Writing fields: one UpdateMultiple for 1,000 rows of a table, and row by row in one batch where that is refused.

UpdateMultiple is all or nothing and does not say which row was at fault; ``$batch`` with continue-on-error does.
https://learn.microsoft.com/power-apps/developer/data-platform/bulk-operations
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import base, settling
from connectors.dynamics import faults, line, multipart, odata, tables
from wire import errors

_Chunk = Sequence[base.FieldUpdate]


def write(way: line.Line, known: tables.Tables, updates: Sequence[base.FieldUpdate], batch: int) -> list[base.Settled]:
    """Settle every update, in the order given; no two may concern the same record. Never raises for a failed call."""
    settled: dict[int, base.Settled] = {}
    groups: dict[str, list[int]] = {}
    for number, update in enumerate(updates):
        if odata.guid(update.record):
            groups.setdefault(update.object, []).append(number)
        else:
            settled[number] = base.Settled(key=update.key, outcome=base.Outcome.DEAD, code="id", message="not an id of Dataverse")
    for object_name, numbers in groups.items():
        for begin in range(0, len(numbers), batch):
            some = numbers[begin : begin + batch]
            chunk = [updates[number] for number in some]
            settled |= zip(some, _chunk(way, known, object_name, chunk), strict=True)
    return [settled[number] for number in range(len(updates))]


def _chunk(way: line.Line, known: tables.Tables, object_name: str, chunk: _Chunk) -> list[base.Settled]:
    try:
        table = known.find([object_name])[object_name]
        refused = _together(way, table, object_name, chunk)
        if refused is None:
            return [base.Settled(key=update.key, outcome=base.Outcome.DONE) for update in chunk]
        return _one_by_one(way, table, chunk)
    except errors.OutsideError as error:
        return [settling.later(update, error) for update in chunk]


def _together(way: line.Line, table: tables.Table, object_name: str, chunk: _Chunk) -> errors.OutsideError | None:
    """All rows in one go; the refusal, when another way is worth trying; raises what concerns every row."""
    kind = f"Microsoft.Dynamics.CRM.{object_name}"
    targets = [{"@odata.type": kind, table.key: odata.guid(update.record), **_values(update.values)} for update in chunk]
    try:
        answer = way.call("POST", f"{table.entity_set}/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": targets})
    except errors.Later as error:
        if error.code in faults.DEADLOCKS:
            return error
        raise
    except errors.NeedsPerson as error:
        if error.code == line.STILL_REFUSED:
            raise
        return error
    if answer.body is not None:
        raise errors.Later("Dataverse answers a write with something else than nothing: the rows are written again")
    return None


def _one_by_one(way: line.Line, table: tables.Table, chunk: _Chunk) -> list[base.Settled]:
    # Without If-Match a PATCH to an id that is not there would make a new record.
    headers = {"Content-Type": "application/json", "Accept": "application/json", "If-Match": "*"}
    requests = [
        multipart.Request(
            method="PATCH",
            url=f"{way.root}/{table.entity_set}({odata.guid(update.record)})",
            headers=headers,
            body=json.dumps(_values(update.values)),
        )
        for update in chunk
    ]
    parts, _ = way.batch(requests, slow=True)
    return [_settle(update, part) for update, part in zip(chunk, parts, strict=True)]


def _values(values: base.Values) -> Mapping[str, Any]:
    return {path: odata.instant(value) if isinstance(value, datetime) else value for path, value in values.items()}


def _settle(update: base.FieldUpdate, part: multipart.Part) -> base.Settled:
    fault = line.fault_of(part)
    if fault is None:
        return base.Settled(key=update.key, outcome=base.Outcome.DONE)
    outcome = base.Outcome.LATER if fault.passes or fault.status == 401 else base.Outcome.DEAD
    message = settling.scrubbed(fault.message or f"refused (status {fault.status})", update.values)
    code = fault.code or str(fault.status)
    return base.Settled(key=update.key, outcome=outcome, code=code, message=message, delay=fault.delay)
