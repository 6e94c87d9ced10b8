"""Writing fields: one batch of UpdateMultiple, one for each table, and row by row in one batch where that is refused.

UpdateMultiple is all or nothing and does not say which row was at fault; ``$batch`` with continue-on-error does.
https://learn.microsoft.com/power-apps/developer/data-platform/bulk-operations
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import base, settling
from connectors.dynamics import faults, line, multipart, odata, tables
from wire import errors


@dataclass(frozen=True)
class _Chunk:
    """Rows of one table that are written by one operation."""

    table: str
    updates: Sequence[base.FieldUpdate]


def write(way: line.Line, known: tables.Tables, updates: Sequence[base.FieldUpdate], batch: int) -> list[base.Settled]:
    """Settle every update, in the order given; no two may concern the same record. Never raises for a failed call."""
    settled: dict[int, base.Settled] = {}
    groups: dict[str, list[int]] = {}
    for number, update in enumerate(updates):
        if odata.guid(update.record):
            groups.setdefault(update.object, []).append(number)
        else:
            settled[number] = base.Settled(key=update.key, outcome=base.Outcome.DEAD, code="id", message="not an id of Dataverse")
    for wave in _waves(groups, batch):
        chunks = [_Chunk(name, [updates[number] for number in numbers]) for name, numbers in wave]
        for (_, numbers), results in zip(wave, _wave(way, known, chunks), strict=True):
            settled |= zip(numbers, results, strict=True)
    return [settled[number] for number in range(len(updates))]


def _waves(groups: Mapping[str, Sequence[int]], batch: int) -> list[list[tuple[str, Sequence[int]]]]:
    """Portions of one table each, as many in a wave as hold ``batch`` rows together: a wave is one call."""
    waves: list[list[tuple[str, Sequence[int]]]] = []
    room = 0
    for name, numbers in groups.items():
        begin = 0
        while begin < len(numbers):
            if room == 0:
                waves.append([])
                room = batch
            some = numbers[begin : begin + room]
            waves[-1].append((name, some))
            begin, room = begin + len(some), room - len(some)
    return waves


def _wave(way: line.Line, known: tables.Tables, chunks: Sequence[_Chunk]) -> list[list[base.Settled]]:
    try:
        found = known.find([chunk.table for chunk in chunks])
        parts, _ = way.batch([_together(way, found[chunk.table], chunk) for chunk in chunks], slow=True)
    except errors.OutsideError as error:
        return [[settling.later(update, error) for update in chunk.updates] for chunk in chunks]
    return [_settle_chunk(way, found[chunk.table], chunk, part) for chunk, part in zip(chunks, parts, strict=True)]


def _together(way: line.Line, table: tables.Table, chunk: _Chunk) -> multipart.Request:
    """All rows of the chunk in one operation."""
    kind = f"Microsoft.Dynamics.CRM.{chunk.table}"
    targets = [{"@odata.type": kind, table.key: odata.guid(one.record), **_values(one.values)} for one in chunk.updates]
    return multipart.Request(
        method="POST",
        url=f"{way.root}/{table.entity_set}/Microsoft.Dynamics.CRM.UpdateMultiple",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({"Targets": targets}),
    )


def _settle_chunk(way: line.Line, table: tables.Table, chunk: _Chunk, part: multipart.Part) -> list[base.Settled]:
    """All done, all later, or, where another way is worth trying, row by row."""
    fault = line.fault_of(part)
    if fault is None:
        return [base.Settled(key=update.key, outcome=base.Outcome.DONE) for update in chunk.updates]
    try:
        if (fault.passes and fault.code not in faults.DEADLOCKS) or fault.status == 401:
            raise faults.translate(fault)
        return _one_by_one(way, table, chunk.updates)
    except errors.OutsideError as error:
        return [settling.later(update, error) for update in chunk.updates]


def _one_by_one(way: line.Line, table: tables.Table, updates: Sequence[base.FieldUpdate]) -> list[base.Settled]:
    # Without If-Match a PATCH to an id that is not there would make a new record.
    headers = {"Content-Type": "application/json", "Accept": "application/json", "If-Match": "*"}
    requests = [
        multipart.Request(
            method="PATCH",
            url=f"{way.root}/{table.entity_set}({odata.guid(update.record)})",
            headers=headers,
            body=json.dumps(_values(update.values)),
        )
        for update in updates
    ]
    parts, _ = way.batch(requests, slow=True)
    return [_settle(update, part) for update, part in zip(updates, parts, strict=True)]


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
