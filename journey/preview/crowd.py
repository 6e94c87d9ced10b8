"""The crowd: everybody whom the past is about, by number, with what the store knew of them when it began."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from journey import judging
from store import database, past, touchpoints

_DIGITS = 15
"""Hexadecimal digits of a person's key that make the number: 60 bits, no two alike among a million people."""


def number(key: str) -> int:
    """The person's number in a preview."""
    return int(key[:_DIGITS], 16)


class Crowd:
    """``meet`` everybody first, then ask for what is ``known`` of them."""

    def __init__(self, store: database.Store | None) -> None:
        self._store = store
        self._met: set[int] = set()
        self._asked: dict[int, datetime] = {}
        self._refusals: list[tuple[datetime, int]] = []

    def meet(self, found: Sequence[touchpoints.Found], before: datetime) -> None:
        """Look up those whom we have not met yet, as they stood ``before``."""
        if self._store is None:
            return
        keys = {number(one.person): one.person for one in found if one.person is not None}
        fresh = [key for who, key in keys.items() if who not in self._met]
        self._met.update(keys)
        with self._store.read() as tx:
            for key, known in past.of(tx, fresh, before).items():
                self._note(number(key), known)

    def _note(self, who: int, known: past.Past) -> None:
        if known.asked_at is not None:
            self._asked[who] = known.asked_at
        if known.opted_out_at is not None:
            self._refusals.append((known.opted_out_at, who))

    def known(self, refusals: "Refusals") -> judging.Known:
        """What was known at the beginning, for one set of rules to add to; with the refusals as time goes on."""
        return judging.Known(opted_out=refusals.so_far, asked=dict(self._asked))

    def refusals(self) -> "Refusals":
        """Who said no on our page or by mail, and when."""
        return Refusals(self._refusals)


class Refusals:
    """Opt-outs in the order of time, so that each counts from its moment on and not before."""

    def __init__(self, all_of: Iterable[tuple[datetime, int]]) -> None:
        self._left = sorted(all_of, reverse=True)
        self.so_far: dict[int, datetime | None] = {}

    def until(self, now: datetime) -> None:
        """Let those count that were said by then."""
        while self._left and self._left[-1][0] <= now:
            at, who = self._left.pop()
            self.so_far[who] = at
