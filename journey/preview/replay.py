"""Replay: touchpoints of the past, decided as the daemon would have decided them, at the times at which it would have.

Batches come in the order of time. Whoever would have been asked is remembered, so that the next touchpoint of the same person
meets the quarantine; what is deferred is looked at again at its time. The judging itself is the decide step's own (judging.py).
"""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from journey import judging, poison
from journey.preview import sorting
from store import rows, touchpoints
from triggers import decision


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of one touchpoint."""

    waiting: touchpoints.Waiting
    decision: decision.Decision
    at: datetime
    """When it would have been decided."""


@dataclass
class Replay:
    """One set of rules on its way through the past."""

    judge: judging.Judge
    known: judging.Known
    batch: int
    """Most touchpoints that are decided together, as in the decide step."""
    _deferred: list[tuple[datetime, int, bytes]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def decide(self, fresh: Sequence[touchpoints.Waiting], now: datetime) -> Iterator[Outcome]:
        """What becomes final up to ``now``, when ``fresh`` is noticed."""
        yield from self._before(now)
        yield from self._judged([*self._due(now), *fresh], now)

    def finish(self, now: datetime) -> Iterator[Outcome]:
        """The rest: what is due until ``now``, and then what still waits, with the reason for which it does."""
        yield from self._before(now)
        yield from self._judged(list(self._due(now)), now)
        while self._deferred:
            yield sorting.unpacked(heapq.heappop(self._deferred)[2])

    def _before(self, now: datetime) -> Iterator[Outcome]:
        while self._deferred and self._deferred[0][0] < now:
            moment = self._deferred[0][0]
            yield from self._judged(list(self._due(moment)), moment)

    def _due(self, now: datetime) -> Iterable[touchpoints.Waiting]:
        while self._deferred and self._deferred[0][0] <= now:
            yield sorting.unpacked(heapq.heappop(self._deferred)[2]).waiting

    def _judged(self, waiting: Sequence[touchpoints.Waiting], now: datetime) -> Iterator[Outcome]:
        for chunk in rows.chunks(waiting, self.batch):
            made: list[judging.Judged] = []

            def work(some: Sequence[touchpoints.Waiting], made: list[judging.Judged] = made) -> None:
                made.extend(self.judge.batch(some, self.known, now))

            def alone(one: touchpoints.Waiting, error: Exception, made: list[judging.Judged] = made) -> None:
                made.append((one, judging.unjudged(error, None)))

            poison.halved(chunk, work, alone)
            yield from self._final(made, now)

    def _final(self, made: Iterable[judging.Judged], now: datetime) -> Iterator[Outcome]:
        for one, verdict in made:
            outcome = Outcome(waiting=one, decision=verdict, at=now)
            if verdict.look_again_at is None or verdict.look_again_at <= now:
                yield outcome
            else:
                heapq.heappush(self._deferred, (verdict.look_again_at, next(self._count), sorting.packed(outcome)))
