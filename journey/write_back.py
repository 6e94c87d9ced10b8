"""write_back: score → field updates → CRM. Batched, idempotent, settled row by row."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors import base
from journey import belt as belts
from journey import notice
from mapping import outward
from store import updates
from wire import errors

log = structlog.get_logger("journey.write_back")
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(hours=1)


def write_back(belt: belts.Belt, connector: str) -> int:
    """Write what is due to this connector; how many rows were settled for good."""
    total = 0
    while not belt.stop.is_set():
        with belt.store.read() as tx:
            waiting = updates.gathered(tx, connector, belt.now())
        if not belt.ripe(waiting.count, waiting.oldest, waiting.newest):
            break
        count = _batch(belt, connector)
        total += count
        if count == 0:
            break
    return total


def _batch(belt: belts.Belt, connector: str) -> int:
    with belt.store.read() as tx:
        due = _newest(updates.due(tx, connector, belt.now(), belt.settings.batch))
    try:
        with belt.outside.dealing_with(f"connectors.{connector}", lambda: notice.figures(belt, connector)):
            described = belt.fields.of(connector)
            settled = belt.connectors[connector].write([_update(belt, connector, one, described) for one in due])
    except (errors.Later, errors.NeedsPerson):
        return 0  # noted by outside; the rows stay due
    _settle(belt, connector, due, settled)
    return sum(result.outcome is not base.Outcome.LATER for result in settled)


def _newest(due: Sequence[updates.Due]) -> list[updates.Due]:
    """One update per record a batch, the oldest first: a second one for the same record waits for the next batch."""
    first: dict[tuple[str, str], updates.Due] = {}
    for one in due:
        first.setdefault((one.object, one.record), one)
    return list(first.values())


def _update(belt: belts.Belt, connector: str, one: updates.Due, described: Mapping[str, base.Description]) -> base.FieldUpdate:
    kept: dict[str, Any] = dict(one.fields)
    answer = kept | {"answered_at": datetime.fromisoformat(kept["answered_at"])}
    target = belt.targets.get(connector, {}).get(one.object, {})
    values = outward.field_values(target, answer, described.get(one.object))
    return base.FieldUpdate(key=str(one.id), object=one.object, record=one.record, values=values)


def _settle(belt: belts.Belt, connector: str, due: Sequence[updates.Due], settled: Sequence[base.Settled]) -> None:
    now = belt.now()
    by_key = {str(one.id): one for one in due}
    pairs = [(by_key[result.key], result) for result in settled]
    with belt.store.write() as tx:
        for one, result in pairs:
            updates.settle(tx, one, result, now=now, again_at=now + _pause(one, result))
        updates.note(tx, pairs, now)
    _report(connector, pairs)


def _pause(one: updates.Due, result: base.Settled) -> timedelta:
    if result.delay is not None:
        return timedelta(seconds=result.delay)
    return min(_FIRST_PAUSE * (1 << min(one.attempts, 12)), _LONGEST_PAUSE)


def _report(connector: str, pairs: Sequence[tuple[updates.Due, base.Settled]]) -> None:
    written = sum(result.outcome is base.Outcome.DONE for _, result in pairs)
    if written:
        log.info("scores written", connector=connector, count=written)
    for one, result in pairs:
        if result.outcome is base.Outcome.DEAD:
            log.warning("dead letter", connector=connector, update=one.id, object=one.object, code=result.code)
