"""write_back: score → field updates → CRM. Batched, idempotent, settled row by row."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors import base
from journey import belt as belts
from journey import notice, poison
from journey.deciding import verdicts
from mapping import outward
from store import reviewing, updates
from wire import errors

log = structlog.get_logger("journey.write_back")
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(hours=1)


def write_back(belt: belts.Belt, connector: str) -> int:
    """Write what is due to this connector; how many rows were settled for good."""
    verdicts.queue(belt, connector)
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
        due = _oldest(updates.due(tx, connector, belt.now(), belt.settings.batch))
    if not due:
        return 0
    try:
        with belt.outside.dealing_with(f"connectors.{connector}", lambda: notice.figures(belt, connector)) as dealing:
            described = belt.fields.of(connector)
            rows, unfit = _updates(belt, connector, due, described)
            settled = [*unfit, *(belt.connectors[connector].write(rows) if rows else ())]
            # Rows that must wait do not tell whether they are locked or the whole CRM is down: reading will show.
            dealing.proven = any(result.outcome is not base.Outcome.LATER for result in settled)
    except (errors.Later, errors.NeedsPerson):
        return 0  # noted by outside; the rows stay due
    _settle(belt, connector, due, settled)
    if any(result.outcome is base.Outcome.DEAD for result in settled):
        belt.fields.forget(connector)  # somebody may mend a field before these are tried again
    return sum(result.outcome is not base.Outcome.LATER for result in settled)


def _updates(
    belt: belts.Belt, connector: str, due: Sequence[updates.Due], described: Mapping[str, base.Description]
) -> tuple[list[base.FieldUpdate], list[base.Settled]]:
    """The rows to write, and those that cannot even be put into words, as dead letters."""
    rows, unfit = [], []
    for one in due:
        try:
            rows.append(_update(belt, connector, one, described))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others must not wait for it
            log.error("field update cannot be read", update=one.id, error=poison.where(error))
            message = f"it cannot be read, for a reason of our own ({type(error).__name__})"
            unfit.append(base.Settled(key=str(one.id), outcome=base.Outcome.DEAD, message=message))
    return rows, unfit


def _oldest(due: Sequence[updates.Due]) -> list[updates.Due]:
    """One update per record a batch, the oldest first: a second one for the same record waits for the next batch."""
    first: dict[tuple[str, str], updates.Due] = {}
    for one in due:
        first.setdefault((one.object, one.record), one)
    return list(first.values())


def _update(belt: belts.Belt, connector: str, one: updates.Due, described: Mapping[str, base.Description]) -> base.FieldUpdate:
    kept: dict[str, Any] = dict(one.fields)
    target = belt.targets.get(connector, {}).get(one.object, {})
    told = next((part for part in outward.TOLD if part in kept), None)
    if reviewing.WITHDRAWN in kept:
        values = outward.withdrawn(target)
    elif told is not None:
        values = outward.told_values(target, told, kept[told], described.get(one.object))
    else:
        answer = kept | {"answered_at": datetime.fromisoformat(kept["answered_at"])}
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
