"""The course of a preview: all connectors' pasts, put in order of time, past one or two sets of rules at once.

Called by commands. Memory holds the touchpoints compressed while they are sorted, and afterwards only who was asked when.
"""

import array
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from journey.deciding import judging
from journey.preview import crowd, earlier, reading, replay, sorting
from store import opened, touchpoints
from triggers import decision, touchpoint


@dataclass(frozen=True, kw_only=True)
class Case:
    """One touchpoint and what the rules would have done with it."""

    touch: touchpoint.Touchpoint
    person: int | None
    """The person's number; None without an address."""
    decided: decision.Decision
    at: datetime
    """When it would have been decided."""
    in_force: decision.Decision | None = None
    """What the rules now in force would have done, where they were run beside."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far the reading is."""

    connector: str
    records: int
    touchpoints: int
    covered: float
    """How much of the connector's time is behind, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is to be tried on what."""

    origins: Sequence[reading.Origin]
    judges: Sequence[judging.Judge]
    """The rules to try; and, for comparison, those in force."""
    store: opened.Opened | None
    """What is known of people, read only; None: nobody is known."""
    secret: bytes = field(repr=False)
    days: float
    batch: int

    def read(self, on_step: Callable[[Step], None] = lambda _: None) -> "Prepared":
        """Read the past of every connector. Raises what connectors raise."""
        spans = {origin.name: reading.begin(origin, self.days) for origin in self.origins}
        prepared = Prepared(course=self, spans=spans, people=crowd.Crowd(self.store))
        for origin in self.origins:
            records = 0
            for portion in reading.read(origin, spans[origin.name], self.secret, [judge.rules for judge in self.judges]):
                prepared.add(origin, portion.found)
                records += portion.records
                on_step(
                    Step(connector=origin.name, records=records, touchpoints=prepared.count, covered=portion.covered),
                )
        return prepared


_Noticed = tuple[datetime, touchpoints.Waiting]
"""When it is noticed, and what."""


class Prepared:
    """A past that has been read, ready to be gone through once."""

    def __init__(self, *, course: Course, spans: dict[str, reading.Span], people: crowd.Crowd) -> None:
        self.course, self.spans, self.people = course, spans, people
        self._keys = array.array("q")
        self._records = array.array("q")
        self._repeated: set[int] = set()
        """Records with more than one closing."""
        self._earlier = earlier.Earlier(course.store)
        self._sorter: sorting.Sorter[_Noticed] = sorting.Sorter(lambda one: (one[0], one[1].id))

    @property
    def _since(self) -> datetime:
        return min(span.since for span in self.spans.values())

    @property
    def until(self) -> datetime:
        """The end of the time that is looked at."""
        return max(span.until for span in self.spans.values())

    @property
    def count(self) -> int:
        """Touchpoints so far; one that was read twice counts twice."""
        return len(self._keys)

    def add(self, origin: reading.Origin, found: Sequence[touchpoints.Found]) -> None:
        """Take these in, in the order in which the CRM gave them."""
        span = self.spans[origin.name]
        self.people.meet(found, self._since)
        self._repeated |= self._earlier.meet(found, self._since)
        self._sorter.add((span.tick(one.touch.happened_at, origin.poll), self._waiting(one)) for one in found)

    def _waiting(self, one: touchpoints.Found) -> touchpoints.Waiting:
        touch = one.touch
        self._keys.append(hash((touch.connector, touch.kind, touch.record, touch.occurrence)))
        self._records.append(judging.record(touch))
        who = None if one.person is None else crowd.number(one.person)
        return touchpoints.Waiting(id=self.count, touch=touch, person_id=who)

    def cases(self) -> Iterator[Case]:
        """Every touchpoint once, as soon as what becomes of it is final under all rules."""
        again = _again(self._keys)
        self._repeated |= _more_than_once(self._records)
        refusals = self.people.refusals()
        replays = [self._replay(judge, refusals) for judge in self.course.judges]
        pairs = _Pairs(len(replays))
        for now, group in itertools.groupby(self._sorter, key=lambda one: one[0]):
            fresh = [self._known_by_now(waiting) for _, waiting in group if waiting.id not in again]
            refusals.until(now)
            refusals.noticed(fresh, now)
            for number, one in enumerate(replays):
                yield from pairs.match(number, one.decide(fresh, now))
        refusals.until(self.until)
        for number, one in enumerate(replays):
            yield from pairs.match(number, one.finish(self.until))

    def _known_by_now(self, waiting: touchpoints.Waiting) -> touchpoints.Waiting:
        """The touchpoint of the person that everybody's addresses and phone numbers make of its own."""
        who = waiting.person_id
        person = None if who is None else self.people.person(who)
        return waiting if person == who else dataclasses.replace(waiting, person_id=person)

    def _replay(self, judge: judging.Judge, refusals: crowd.Refusals) -> replay.Replay:
        known = judging.Known(
            opted_out=refusals.so_far,
            refused=refusals.in_crm,
            asked=self.people.asked(),
            closings=self._earlier.closings(),
        )
        made = replay.Replay(judge=judge, known=known, batch=self.course.batch, repeated=self._repeated)
        made.remember(self._earlier.askings(judge.rules, self._since))
        return made


def _again(keys: Sequence[int]) -> set[int]:
    """Numbers, counted from 1, of the touchpoints that were read before: a record that changes meanwhile is read twice."""
    several = _more_than_once(keys)
    found: dict[int, list[int]] = {}
    for number, key in enumerate(keys, 1):
        if key in several:
            found.setdefault(key, []).append(number)
    return {number for numbers in found.values() for number in numbers[1:]}


def _more_than_once(numbers: Iterable[int]) -> set[int]:
    return {one for one, other in itertools.pairwise(sorted(numbers)) if one == other}


class _Pairs:
    """Brings together what one touchpoint meets with under each set of rules."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: dict[int, dict[int, replay.Outcome]] = {}

    def match(self, number: int, outcomes: Iterator[replay.Outcome]) -> Iterator[Case]:
        for outcome in outcomes:
            met = self._waiting.setdefault(outcome.waiting.id, {})
            met[number] = outcome
            if len(met) == self._size:
                del self._waiting[outcome.waiting.id]
                other = met[1].decision if self._size > 1 else None
                waiting = met[0].waiting
                yield Case(touch=waiting.touch, person=waiting.person_id, decided=met[0].decision, at=met[0].at, in_force=other)
