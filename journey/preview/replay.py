"""Replay: touchpoints of the past, decided as the daemon would have decided them, at the times at which it would have.

Batches come in the order of time. Whoever would have been asked is remembered, so that the next touchpoint of the same person
meets the quarantine; what is deferred is looked at again at its time; what is planned can give way until its time has come. The
judging itself is the decide step's own (judging.py).
"""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from journey import poison
from journey.deciding import judging
from journey.preview import fading, sorting
from store import rows, touchpoints
from triggers import decision, load

_LOOSE = 1000
"""Outcomes that are held as they are: compressing takes longer than deciding, and most are held for a moment."""


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
    repeated: AbstractSet[int] = frozenset()
    """Records (``judging.record``) that have more than one closing; of the others none is remembered."""
    _deferred: "_Shelf" = field(default_factory=lambda: _Shelf())
    _planned: "_Shelf" = field(default_factory=lambda: _Shelf())

    def __post_init__(self) -> None:
        self._fading = fading.Fading(self.judge.rules, self.known)

    def remember(self, askings: Iterable[tuple[str, load.Asking]]) -> None:
        """Count what had been asked before it begins: rule, and what the asking counts as."""
        for rule, asking in askings:
            self.known.counts.add(
                asking, asking.at.astimezone(self.judge.rules.zones.home).date(), self._fading.asked(0, rule, asking)
            )

    def decide(self, fresh: Sequence[touchpoints.Waiting], now: datetime) -> Iterator[Outcome]:
        """What becomes final up to ``now``, when ``fresh`` is noticed."""
        yield from self._before(now)
        yield from self._judged([*self._due(now), *fresh], now)

    def finish(self, now: datetime) -> Iterator[Outcome]:
        """The rest: what is due until ``now``, and then what is still planned or waits, with the reason for which it does."""
        yield from self._before(now)
        yield from self._judged(self._due(now), now)
        yield from self._planned.take()
        yield from self._deferred.take()

    def _before(self, now: datetime) -> Iterator[Outcome]:
        while (moment := self._deferred.next_at()) is not None and moment < now:
            yield from self._judged(self._due(moment), moment)
        yield from self._gone(now)

    def _due(self, now: datetime) -> list[touchpoints.Waiting]:
        return [outcome.waiting for outcome in self._deferred.take(now)]

    def _gone(self, now: datetime) -> Iterator[Outcome]:
        """What was planned for a time before now has been sent: it stands, and cannot give way any more."""
        self._fading.until(now)
        for outcome in self._planned.take(now, itself=False):
            who, plan = outcome.waiting.person_id or 0, outcome.decision.plan
            planned = self.known.planned.get(who, {})
            planned.pop(outcome.waiting.id, None)
            if not planned:
                self.known.planned.pop(who, None)
            if plan is not None and who:
                self.known.asked[who] = max(plan.due_at, self.known.asked.get(who, plan.due_at))
            yield outcome

    def _judged(self, waiting: Sequence[touchpoints.Waiting], now: datetime) -> Iterator[Outcome]:
        yield from self._gone(now)
        queue = [list(chunk) for chunk in rows.chunks(waiting, self.batch)]
        while queue:
            made: list[judging.Judged] = []

            def work(some: Sequence[touchpoints.Waiting], made: list[judging.Judged] = made) -> None:
                made.extend(self.judge.batch(some, self.known, now))

            def alone(one: touchpoints.Waiting, error: Exception, made: list[judging.Judged] = made) -> None:
                made.append((one, judging.unjudged(error, None)))

            poison.halved(queue.pop(0), work, alone)
            again = [self._give_way(i) for i in self.known.displaced if i in self._planned]
            self.known.displaced.clear()
            if again:
                queue.insert(0, again)
            yield from self._final(made, now)

    def _give_way(self, touchpoint_id: int) -> touchpoints.Waiting:
        self._fading.drop(touchpoint_id)
        return self._planned.pop(touchpoint_id).waiting

    def _final(self, made: Iterable[judging.Judged], now: datetime) -> Iterator[Outcome]:
        for one, verdict in made:
            outcome = Outcome(waiting=one, decision=verdict, at=now)
            key = judging.record(one.touch)
            if key not in self.repeated:
                self.known.closings.pop(key, None)
            if verdict.plan is not None and verdict.counted is not None:
                self._fading.asked(one.id, verdict.rule, verdict.counted)
                self._planned.put(verdict.plan.due_at, outcome)
            elif verdict.look_again_at is not None and verdict.look_again_at > now:
                self._deferred.put(verdict.look_again_at, outcome)
            else:
                yield outcome


class _Shelf:
    """Outcomes that are not final yet, by the time at which they are taken down; beyond some thousands compressed."""

    def __init__(self) -> None:
        self._times: list[tuple[datetime, int, int]] = []
        self._held: dict[int, tuple[int, Outcome | bytes]] = {}
        self._count = itertools.count()

    def __contains__(self, touchpoint_id: int) -> bool:
        return touchpoint_id in self._held

    def put(self, at: datetime, outcome: Outcome) -> None:
        """Keep it until then."""
        number = next(self._count)
        self._held[outcome.waiting.id] = number, outcome if len(self._held) < _LOOSE else sorting.packed(outcome)
        heapq.heappush(self._times, (at, number, outcome.waiting.id))

    def pop(self, touchpoint_id: int) -> Outcome:
        """Take this one down before its time."""
        held = self._held.pop(touchpoint_id)[1]
        outcome: Outcome = sorting.unpacked(held) if isinstance(held, bytes) else held
        return outcome

    def next_at(self) -> datetime | None:
        """When the next one is to be taken down."""
        self._skip()
        return self._times[0][0] if self._times else None

    def take(self, until: datetime | None = None, *, itself: bool = True) -> Iterator[Outcome]:
        """Take down those whose time has come, all of them without a time; ``itself`` counts that very moment in."""
        while (at := self.next_at()) is not None and (until is None or at < until or (itself and at == until)):
            yield self.pop(heapq.heappop(self._times)[2])

    def _skip(self) -> None:
        """Forget the times of what was taken down already."""
        while self._times:
            _, number, touchpoint_id = self._times[0]
            held = self._held.get(touchpoint_id)
            if held is not None and held[0] == number:
                return
            heapq.heappop(self._times)
