"""judging: touchpoints, rules and what is known of their people → a decision each.

Called by the decide step with what the store knows, and by preview with what it simulates: one function, so that both agree
touchpoint by touchpoint. What deciding needs to know of the past goes into ``Known``.
"""

import functools
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from channels import base as channel
from store import touchpoints
from triggers import decide as judge
from triggers import decision, facts, history, load, restraint, rule, situation, touchpoint

Judged = tuple[touchpoints.Waiting, decision.Decision]


_NOBODY: Mapping[int, datetime] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """What is known of one record's closings, this touchpoint's own included."""

    first: datetime
    last: datetime
    asked: Mapping[int, datetime] = field(default_factory=lambda: _NOBODY)
    """Touchpoint → when somebody was asked about it, or is planned to be."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """The past of the people that a batch is about, by person id, and what is counted. Grows with what is decided."""

    opted_out: Mapping[int, datetime | None] = field(default_factory=dict)
    """When they told us not to ask again."""
    refused: Mapping[int, Mapping[str, datetime]] = field(default_factory=dict)
    """Connectors whose CRM says that they opted out."""
    asked: dict[int, datetime] = field(default_factory=dict)
    """When they were asked last; whoever never was is absent. What is only planned is in ``planned``."""
    planned: dict[int, dict[int, history.Planned]] = field(default_factory=dict)
    """By touchpoint: what is planned for them and can still give way."""
    closings: dict[int, Closed] = field(default_factory=dict)
    """By a hash of the record's name."""
    counts: load.Load = field(default_factory=load.Load)
    displaced: list[int] = field(default_factory=list)
    """Touchpoints of earlier batches whose planned askings gave way: the caller takes these back and decides anew."""

    def notice(self, waiting: Iterable[touchpoints.Waiting]) -> None:
        """These touchpoints exist: their records were closed at those times."""
        for one in waiting:
            key, at = record(one.touch), facts.aware(one.touch.happened_at)
            known = self.closings.get(key)
            if known is None:
                self.closings[key] = Closed(first=at, last=at)
            elif not known.first <= at <= known.last:
                self.closings[key] = Closed(first=min(known.first, at), last=max(known.last, at), asked=known.asked)

    def of(self, one: touchpoints.Waiting, reachable: frozenset[str], now: datetime) -> history.History:
        """What deciding about this touchpoint has to know."""
        who = one.person_id or 0
        planned = self.planned.get(who)
        closed = self.closings.get(record(one.touch))
        return history.History(
            opted_out_at=self.opted_out.get(who),
            refused_in=self._refused_elsewhere(who, one.touch.connector),
            asked_at=self._asked(who, now) if planned else self.asked.get(who),
            planned=tuple(planned.values()) if planned else (),
            reachable=reachable,
            closings=_ALONE if closed is None else _others(closed, {one.id, *_yielding(one, planned or {})}),
            counts=self.counts,
        )

    def forget(self, gone: history.Planned) -> None:
        """This was planned and is not any more."""
        closed = self.closings.get(hash(gone.record))
        if closed is not None:
            asked = {i: at for i, at in closed.asked.items() if i != gone.touchpoint}
            self.closings[hash(gone.record)] = Closed(first=closed.first, last=closed.last, asked=asked)

    def _refused_elsewhere(self, who: int, connector: str) -> str:
        return next((name for name in self.refused.get(who, ()) if name != connector), "")

    def _asked(self, who: int, now: datetime) -> datetime | None:
        """When the person was asked last; what was planned for a time that is over counts as gone."""
        planned = self.planned[who]
        for gone in [one for one in planned.values() if not one.unsent and one.at < now]:
            del planned[gone.touchpoint]
            self.asked[who] = max(self.asked.get(who, gone.at), gone.at)
        return self.asked.get(who)


_ALONE = history.Closings()
_RESTARTING = frozenset({restraint.Reopened.RESTART, restraint.Reopened.ONCE_PER_CASE})
"""Where re-opening ends what is planned and a later closing may be asked about instead."""
_NOWHERE: frozenset[str] = frozenset()


def _yielding(one: touchpoints.Waiting, planned: Mapping[int, history.Planned]) -> list[int]:
    """What is planned about earlier closings of the same record and would give way to this one: nobody was asked yet."""
    if not planned:
        return []
    happened_at, name = facts.aware(one.touch.happened_at), situation.record(one.touch)
    return [i for i, two in planned.items() if two.restarts and two.record == name and two.happened_at < happened_at]


def _others(closed: Closed, but: AbstractSet[int]) -> history.Closings:
    asked = max((at for i, at in closed.asked.items() if i not in but), default=None)
    return history.Closings(first=closed.first, last=closed.last, asked_at=asked)


def record(touch: touchpoint.Touchpoint) -> int:
    """The key of a record in ``Known.closings``."""
    return hash(situation.record(touch))


@dataclass(frozen=True, kw_only=True)
class Judge:
    """The rules, and the channels that people may be reached by."""

    rules: rule.Rules
    channels: Mapping[str, channel.Channel]

    def batch(self, waiting: Sequence[touchpoints.Waiting], known: Known, now: datetime) -> list[Judged]:
        """Decide these as they stand at ``now``, in the order in which they were decided.

        Who is asked is noted in ``known``. When it raises, nothing is.
        """
        examined = {one.id: judge.examine(one.touch, self.rules, now) for one in waiting}
        matched = (one for one in waiting if examined[one.id].winner is not None)
        reachable = {one.id: self.reachable(one.touch.person) for one in matched}
        known.notice(waiting)
        queue = deque(self._in_order(waiting, examined))
        made: dict[int, Judged] = {}
        try:
            while queue:
                one = queue.popleft()
                past = known.of(one, reachable.get(one.id, _NOWHERE), now)
                verdict = judge.decide(one.touch, self.rules, past, now, examined[one.id])
                made[one.id] = one, verdict
                if verdict.plan is not None:
                    self._displace(verdict.displaces, one, known)
                    queue.extend(made[i][0] for i in verdict.displaces if i in made)
                    known.displaced.extend(i for i in verdict.displaces if i not in made)
                    self._note(known, one, verdict)
        except Exception:
            self._take_back(made.values(), known)
            raise
        return list(made.values())

    def _take_back(self, made: Iterable[Judged], known: Known) -> None:
        """As if these had never been planned: the batch is tried again in smaller parts."""
        for one, _ in made:
            if one.id in known.planned.get(one.person_id or 0, {}):
                self._displace((one.id,), one, known)

    def _displace(self, displaced: Sequence[int], by: touchpoints.Waiting, known: Known) -> None:
        """Take back what was planned for these."""
        planned = known.planned.get(by.person_id or 0, {})
        for i in displaced:
            gone = planned.pop(i)
            if gone.counted is not None:
                known.counts.remove(gone.counted, self._day(gone.at), self._worth(gone.rule))
            known.forget(gone)

    def _note(self, known: Known, one: touchpoints.Waiting, verdict: decision.Decision) -> None:
        if verdict.plan is None or verdict.counted is None:
            return
        at = verdict.plan.due_at
        known.counts.add(verdict.counted, self._day(at), self._worth(verdict.rule))
        key = record(one.touch)
        closed = known.closings[key]
        known.closings[key] = Closed(first=closed.first, last=closed.last, asked={**closed.asked, one.id: at})
        if one.person_id:
            known.planned.setdefault(one.person_id, {})[one.id] = self.planned(one, verdict.rule, at, verdict.counted)

    def planned(
        self, one: touchpoints.Waiting, rule_name: str, at: datetime, counted: load.Asking | None, *, unsent: bool = False
    ) -> history.Planned:
        """An asking that is planned, as later touchpoints of the same person meet it."""
        winner = self.rules.named(rule_name)
        return history.Planned(
            touchpoint=one.id,
            at=at,
            happened_at=facts.aware(one.touch.happened_at),
            record=situation.record(one.touch),
            rule=rule_name,
            priority=winner.priority if winner is not None else 0,
            restarts=winner is None or winner.reopened in _RESTARTING,
            counted=counted,
            unsent=unsent,
        )

    def _worth(self, rule_name: str) -> float:
        winner = self.rules.named(rule_name)
        return winner.at_least.response_rate if winner is not None and winner.at_least is not None else 0.0

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.rules.zones.home).date()

    def reachable(self, person: touchpoint.Recipient | None) -> frozenset[str]:
        """Channels that rules name and that have an address for the person, by name."""
        if person is None:
            return frozenset()
        return frozenset(name for name, channel in self._named.items() if channel.address(person) is not None)

    @functools.cached_property
    def _named(self) -> Mapping[str, channel.Channel]:
        """Those of the channels that some rule names: reading a phone number costs, and few rules need it."""
        named = {name for one in self.rules.rules for name in one.channel}
        return {name: channel for name, channel in self.channels.items() if name in named}

    def _in_order(
        self, waiting: Sequence[touchpoints.Waiting], examined: Mapping[int, judge.Examined]
    ) -> Sequence[touchpoints.Waiting]:
        """Where several want one person, the rule with the higher priority is served first, then the older touchpoint."""

        def rank(one: touchpoints.Waiting) -> tuple[int, datetime, int]:
            winner = examined[one.id].winner
            return (-winner.priority if winner is not None else 0, one.touch.happened_at, one.id)

        return sorted(waiting, key=rank) if len(waiting) > 1 else waiting


def gave_way(look_again_at: datetime) -> decision.Decision:
    """The decision on a touchpoint whose planned asking gave way to another of the same person; decided anew at once."""
    words = (
        "Its message had not gone out yet and gave way to a rule with a higher priority or a later closing of the same record."
    )
    return decision.Decision(
        verdict=decision.Verdict.LATER, reason=decision.Reason.OUTRANKED, explanation=words, look_again_at=look_again_at
    )


def unjudged(error: Exception, again_at: datetime | None) -> decision.Decision:
    """The decision on a touchpoint that cannot be decided: why, without what the error says of it, and when it is tried again."""
    words = f"The record could not be judged, for a reason of our own ({type(error).__name__}); it is looked at again."
    return decision.Decision(
        verdict=decision.Verdict.LATER, reason=decision.Reason.UNUSABLE, explanation=words, look_again_at=again_at
    )
