"""Writing fields: 1,000 rows in one billable call, each settled on its own.

A Composite request holds up to five sObject Collections of up to 200 rows. A collection that is refused as a whole is taken
apart: by the columns it sets first (a column that does not exist refuses all rows that set it), then by halves.
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import base, settling
from connectors.salesforce import faults, line, soql
from wire import errors

_COLLECTIONS = 5
_RUNS = 10
"""Most runs of equal types within a collection."""
_WHOLE_SHAPE = {"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "INVALID_FIELD_FOR_INSERT_UPDATE"}
"""Refusals that all rows of the same object and columns share."""
_BAD_REQUEST = 400
_SEARCH_CALLS = 20
"""Calls that may be spent on finding the rows at which a collection fails as a whole; one among 200 takes eight."""
_NOT_FOUND_OUT = errors.Later("Salesforce fails at some of these rows, and it was not found out which: they are written again")
_OVERWORKED = re.compile(r"LimitException|CPU time limit|Too many (SOQL|DML)")
"""An org's triggers that cannot stand so many rows at once; fewer may pass."""
_QUOTES_VALUE = re.compile(r"(value too large: |restricted picklist field: |duplicate value found: ).*", re.DOTALL)

_Chunk = Sequence[base.FieldUpdate]


def write(way: line.Line, updates: Sequence[base.FieldUpdate], batch: int) -> list[base.Settled]:
    """Settle every update, in the order given; no two may concern the same record. Never raises for a failed call."""
    settled: dict[int, base.Settled] = {}
    ordered = sorted(updates, key=lambda update: (update.object, update.record))
    waiting = _chunks([update for update in ordered if not _refers(update)], batch)
    waiting += _chunks([update for update in ordered if _refers(update)], batch)
    calls_left = math.ceil(len(waiting) / _COLLECTIONS) + _SEARCH_CALLS
    while waiting:
        together = _together(waiting)
        going, waiting = waiting[:together], waiting[together:]
        calls_left -= 1
        for chunk, part in zip(going, _send(way, going), strict=True):
            rows = _settle(chunk, part)
            if rows is None and calls_left > 0:
                waiting = [*_apart(chunk), *waiting]
                continue
            rows = rows or [settling.later(update, _NOT_FOUND_OUT) for update in chunk]
            settled |= {id(update): row for update, row in zip(chunk, rows, strict=True)}
    return [settled[id(update)] for update in updates]


def _chunks(updates: _Chunk, batch: int) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    begin = 0
    kinds: list[str] = []
    for number, update in enumerate(updates):
        if update.object not in kinds:
            kinds.append(update.object)
        if number - begin == batch or len(kinds) > _RUNS:
            chunks.append(updates[begin:number])
            begin, kinds = number, [update.object]
    return [*chunks, updates[begin:]] if updates else []


def _refers(update: base.FieldUpdate) -> bool:
    """Whether a customer wrote what Composite takes for a reference to another answer; there is no way to escape it."""
    return any(isinstance(value, str) and "@{" in value for value in update.values.values())


def _together(waiting: Sequence[_Chunk]) -> int:
    """How many of the next chunks go into one request."""
    if _refers(waiting[0][0]):
        return 1
    return next((number for number, chunk in enumerate(waiting[:_COLLECTIONS]) if _refers(chunk[0])), _COLLECTIONS)


def _send(way: line.Line, chunks: Sequence[_Chunk]) -> Sequence[line.Part | errors.OutsideError]:
    requests = [line.Request(method="PATCH", path="composite/sobjects", body=_body(chunk), slow=True) for chunk in chunks]
    try:
        return [way.alone(requests[0])] if _refers(chunks[0][0]) else way.composite(requests)[0]
    except line.RefusedError as refused:
        if refused.part.status != _BAD_REQUEST:
            return [refused] * len(chunks)
        # Something in one of the rows makes no sense to Salesforce, and it does not say in which.
        return [refused.part] if len(chunks) == 1 else [part for chunk in chunks for part in _send(way, [chunk])]
    except errors.OutsideError as error:
        return [error] * len(chunks)


def _body(chunk: _Chunk) -> dict[str, Any]:
    rows = [{"attributes": {"type": update.object}, "id": update.record, **_values(update.values)} for update in chunk]
    return {"allOrNone": False, "records": rows}


def _values(values: base.Values) -> dict[str, Any]:
    return {path: soql.instant(value) if isinstance(value, datetime) else value for path, value in values.items()}


def _settle(chunk: _Chunk, part: line.Part | errors.OutsideError) -> list[base.Settled] | None:
    """The rows settled; None when the chunk must be taken apart to find the row that is at fault."""
    if isinstance(part, errors.OutsideError):
        return [settling.later(update, part) for update in chunk]
    if part.fault is not None:
        return _settle_whole(chunk, part.fault)
    if not isinstance(part.body, list) or len(part.body) != len(chunk):
        unanswered = errors.Later("Salesforce does not answer for every row: the rows are written again")
        return [settling.later(update, unanswered) for update in chunk]
    rows = [_row(update, row) for update, row in zip(chunk, part.body, strict=True)]
    too_many = len(rows) > 1 and all(row.outcome is base.Outcome.DEAD and _OVERWORKED.search(row.message) for row in rows)
    return None if too_many else rows


def _settle_whole(chunk: _Chunk, fault: faults.Fault) -> list[base.Settled] | None:
    if len(chunk) > 1 and (fault.status >= 500 or not fault.passes) and fault.status != 401:
        return [_dead(update, fault) for update in chunk] if fault.code in _WHOLE_SHAPE and len(_shapes(chunk)) == 1 else None
    if fault.passes or fault.status == 401:
        patience = errors.Later(f"Salesforce asks for patience ({fault.code or fault.status})", code=fault.code)
        return [settling.later(update, patience) for update in chunk]
    return [_dead(update, fault) for update in chunk]


def _apart(chunk: _Chunk) -> list[_Chunk]:
    shapes = _shapes(chunk)
    if len(shapes) > 1:
        return shapes
    middle = len(chunk) // 2
    return [chunk[:middle], chunk[middle:]]


def _shapes(chunk: _Chunk) -> list[_Chunk]:
    shapes: dict[tuple[str, frozenset[str]], list[base.FieldUpdate]] = {}
    for update in chunk:
        shapes.setdefault((update.object, frozenset(update.values)), []).append(update)
    return list(shapes.values())


def _row(update: base.FieldUpdate, row: Any) -> base.Settled:
    if isinstance(row, Mapping) and row.get("success") is True:
        return base.Settled(key=update.key, outcome=base.Outcome.DONE)
    fault = faults.read(row.get("errors") if isinstance(row, Mapping) else None, 200)
    if fault.passes or not fault.code:
        message = fault.message or "Salesforce does not say what became of the row"
        return base.Settled(key=update.key, outcome=base.Outcome.LATER, code=fault.code, message=_scrubbed(message, update))
    return _dead(update, fault)


def _dead(update: base.FieldUpdate, fault: faults.Fault) -> base.Settled:
    message = _scrubbed(fault.message or f"refused (status {fault.status})", update)
    return base.Settled(key=update.key, outcome=base.Outcome.DEAD, code=fault.code, message=message)


def _scrubbed(message: str, update: base.FieldUpdate) -> str:
    """The CRM's words without our values: some messages repeat the value they refuse."""
    return settling.scrubbed(_QUOTES_VALUE.sub(r"\1…", message), update.values)
