"""The situation that the checks look at: a touchpoint for which a rule matched, with all that may still speak against asking.

Made by decide. The names of records and groups, by which journey counts, are made here too.
"""

from dataclasses import dataclass
from datetime import datetime

from triggers import facts, history, rule, timing, touchpoint


@dataclass(kw_only=True, slots=True)
class Case:
    """A touchpoint for which a rule matched, with all that may still speak against asking. Instants are aware, in UTC."""

    touch: touchpoint.Touchpoint
    winner: rule.Rule
    rules: rule.Rules
    person: history.History
    happened_at: datetime
    now: datetime

    wanted_at: datetime
    """When the rule wants the message to go out."""
    opens_at: datetime | None
    """The first moment from then on at which the person's window is open; None: not within a year."""
    stratum: str
    """The group whose answers the rule counts; empty where it counts none."""
    probability: float = 1.0
    """How probable it is that a record like this one comes into the sample."""

    @property
    def due_at(self) -> datetime:
        """When the message goes out."""
        return self.opens_at or self.wanted_at

    @property
    def giving_way(self) -> tuple[history.Planned, ...]:
        """What is planned for the person and yields to this touchpoint."""
        return tuple(one for one in self.person.planned if self._yields(one))

    @property
    def displaced(self) -> tuple[history.Planned, ...]:
        """Of that, what is too near to this one; an earlier closing of the same record in any case. It counts no more."""
        if not self.person.planned:
            return ()
        spared, mine = self.rules.quiet.per_person, record(self.touch)
        near = (one for one in self.giving_way if one.record == mine or abs(self.due_at - facts.aware(one.at)) < spared)
        return tuple(near)

    def _yields(self, one: history.Planned) -> bool:
        if one.restarts and one.record == record(self.touch) and one.happened_at < self.happened_at:
            return True
        return one.priority < self.winner.priority

    @property
    def standing(self) -> tuple[history.Planned, ...]:
        """What is planned for the person and does not."""
        return tuple(one for one in self.person.planned if not self._yields(one))


def of(touch: touchpoint.Touchpoint, winner: rule.Rule, rules: rule.Rules, person: history.History, now: datetime) -> Case:
    """The touchpoint as the checks look at it at the time ``now`` (aware, UTC)."""
    happened_at = facts.aware(touch.happened_at)
    wanted_at = max(timing.wanted(rules, winner, touch, happened_at), now)
    case = Case(
        touch=touch,
        winner=winner,
        rules=rules,
        person=person,
        happened_at=happened_at,
        now=now,
        wanted_at=wanted_at,
        opens_at=timing.opens(rules, winner, touch, wanted_at),
        stratum=stratum(winner, touch),
    )
    case.probability = _probability(case)
    return case


def _probability(case: Case) -> float:
    needed, sample = case.winner.at_least, case.winner.sample
    if needed is None or sample >= 1:
        return sample
    gone = sum(one.counted is not None and one.counted.stratum == case.stratum for one in case.displaced)
    answers = case.person.counts.answers.get(case.stratum, 0.0) - gone * needed.response_rate
    return sample if answers >= needed.wanted else 1.0


def record(touch: touchpoint.Touchpoint) -> str:
    """The record that the touchpoint is about, over all connectors."""
    return record_name(touch.connector, touch.kind, touch.record)


def record_name(connector: str, kind: str, record_id: str) -> str:
    """A record over all connectors, as one text."""
    return f"{connector}:{kind}:{record_id}"


def stratum(winner: rule.Rule, touch: touchpoint.Touchpoint) -> str:
    """Rule and group whose answers ``at_least`` counts; empty where the rule has no minimum."""
    if winner.at_least is None:
        return ""
    value = facts.fold(facts.plain(touch.context.get(winner.at_least.by)))
    return f"{winner.name}:{winner.at_least.by}={value}"[:_LONGEST_STRATUM]


_LONGEST_STRATUM = 300
