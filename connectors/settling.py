"""What all connectors share of writing: order per record, and rows that a failed call carried."""

from collections.abc import Callable, Sequence

from connectors import base
from wire import errors

Send = Callable[[Sequence[base.FieldUpdate]], Sequence[base.Settled]]
"""Writes updates of which no two concern the same record; settles them in the order given."""


def later(update: base.FieldUpdate, error: errors.OutsideError) -> base.Settled:
    """The row of a call that failed as a whole: setting fields is idempotent, so it may simply be tried again."""
    delay = error.delay if isinstance(error, errors.Later) else None
    return base.Settled(key=update.key, outcome=base.Outcome.LATER, code=error.code, message=str(error), delay=delay)


def in_order(updates: Sequence[base.FieldUpdate], send: Send) -> list[base.Settled]:
    """Settle every update; several for one record go out one after the other, the next only when the last was settled.

    An update that follows one that must be tried later waits with it: otherwise the older values would win in the end.
    """
    settled: dict[int, base.Settled] = {}
    waiting: dict[tuple[str, str], base.Settled] = {}
    left = list(enumerate(updates))
    while left:
        wave, left = _first_of_each_record(left)
        for index, update in wave:
            if (held := waiting.get((update.object, update.record))) is not None:
                settled[index] = base.Settled(
                    key=update.key, outcome=base.Outcome.LATER, code=held.code, message=held.message, delay=held.delay
                )
        going = [(index, update) for index, update in wave if index not in settled]
        for (index, update), row in zip(going, send([update for _, update in going]) if going else (), strict=True):
            settled[index] = row
            if row.outcome is base.Outcome.LATER:
                waiting[update.object, update.record] = row
    return [settled[index] for index in range(len(updates))]


def _first_of_each_record(
    updates: list[tuple[int, base.FieldUpdate]],
) -> tuple[list[tuple[int, base.FieldUpdate]], list[tuple[int, base.FieldUpdate]]]:
    first: dict[tuple[str, str], tuple[int, base.FieldUpdate]] = {}
    rest: list[tuple[int, base.FieldUpdate]] = []
    for pair in updates:
        key = (pair[1].object, pair[1].record)
        if key in first:
            rest.append(pair)
        else:
            first[key] = pair
    return list(first.values()), rest


def scrubbed(message: str, values: base.Values) -> str:
    """A CRM's message on one line of at most 300 characters, without the texts that were to be written."""
    for value in values.values():
        if isinstance(value, str) and len(value) > 3:
            message = message.replace(value, "…")
    return " ".join(message.split())[:300]
