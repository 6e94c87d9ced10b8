"""The tally of a preview: cases counted by reason, rule, day, person and account. Memory grows with the people asked only."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import NamedTuple

from journey.preview import course
from triggers import decision, rule, touchpoint

ASKED = decision.Reason.ASKED
_FACES = 10
"""People who are remembered by their record although they would be asked only once; all others are just counted."""


@dataclass
class Counts:
    """Touchpoints of one day, one rule or all, by the reason that was found."""

    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def touchpoints(self) -> int:
        """How many there were."""
        return self.reasons.total()

    @property
    def asked(self) -> int:
        """Of how many somebody would have been asked."""
        return self.reasons[ASKED]


class Loaded(NamedTuple):
    """Somebody, or an account, and how often asked."""

    connector: str
    record: str
    """The record id in the CRM; for a person without one, what people call the record they were asked about."""
    name: str
    """The account's name; always empty for people, who are known by their record."""
    asked: int


@dataclass
class Difference:
    """The rules that were tried, against those in force."""

    now_asked: int = 0
    """Touchpoints that those in force would have asked about."""
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(reason under the rules in force, reason under those tried) → touchpoints for which they differ."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Touchpoints by reason under the rules in force."""


@dataclass
class Tally:
    """``count`` each case once."""

    tried: rule.Rules
    zone: tzinfo
    """Whose days are counted."""
    all: Counts = field(default_factory=Counts)
    rules: dict[str, Counts] = field(default_factory=dict)
    """By the rule that won, those that never did included."""
    days: dict[date, Counts] = field(default_factory=dict)
    surveys: Counter[str] = field(default_factory=Counter)
    """Survey → questions asked."""
    channels: Counter[str] = field(default_factory=Counter)
    conditions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(rule, its first condition that failed) → touchpoints that no rule matched."""
    waiting: int = 0
    """Touchpoints that would still wait to be looked at again."""
    difference: Difference = field(default_factory=Difference)
    _about: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    _people: Counter[int] = field(default_factory=Counter)
    _accounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _faces: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {one.name: Counts() for one in self.tried.rules}

    def count(self, case: course.Case) -> None:
        """Take in one case."""
        decided, reason = case.decided, str(case.decided.reason)
        self.all.reasons[reason] += 1
        if decided.rule:
            self.rules.setdefault(decided.rule, Counts()).reasons[reason] += 1
        self.days.setdefault(self._day(case.touch), Counts()).reasons[reason] += 1
        self.waiting += decided.verdict is decision.Verdict.LATER
        if decided.reason is decision.Reason.NO_RULE_MATCHED:
            self._unmatched(case)
        if decided.plan is not None:
            self._asked(case, decided.plan)
        if case.in_force is not None:
            self._compare(reason, case.in_force)

    def _day(self, touch: touchpoint.Touchpoint) -> date:
        try:
            return touch.happened_at.astimezone(self.zone).date()
        except (OverflowError, ValueError):
            return touch.happened_at.date()

    def _unmatched(self, case: course.Case) -> None:
        about = self._rules_about(case.touch.kind, case.touch.connector)
        self.conditions.update((check.rule, check.condition) for check in case.decided.checked if check.rule in about)

    def _rules_about(self, kind: str, connector: str) -> frozenset[str]:
        """Names of the rules that touchpoints of this kind and connector can match at all."""
        key = (kind, connector)
        if key not in self._about:
            chosen = (one for one in self.tried.rules if one.on == kind and connector in (one.connectors or (connector,)))
            self._about[key] = frozenset(one.name for one in chosen)
        return self._about[key]

    def _asked(self, case: course.Case, plan: decision.Plan) -> None:
        touch = case.touch
        self.surveys[plan.survey] += 1
        self.channels[plan.channels[0]] += 1
        if case.person is not None:
            self._people[case.person] += 1
            if self._people[case.person] > 1 or len(self._faces) < _FACES:
                record = touch.person.record if touch.person is not None else ""
                self._faces.setdefault(case.person, (touch.connector, record or touch.label))
        if touch.account:
            account = touch.connector, touch.account
            self._accounts[account] += 1
            self._names.setdefault(account, str(touch.context.get("account_name") or ""))

    def _compare(self, reason: str, in_force: decision.Decision) -> None:
        before = str(in_force.reason)
        self.difference.reasons[before] += 1
        self.difference.now_asked += in_force.reason is ASKED
        if before != reason:
            self.difference.changes[before, reason] += 1

    @property
    def people(self) -> int:
        """How many people would have been asked at all."""
        return len(self._people)

    def people_by_load(self) -> Counter[int]:
        """Times asked → people."""
        return Counter(self._people.values())

    def people_asked_most(self, count: int = 10) -> list[Loaded]:
        """Those who would have been asked most often; at most as many as are known by their record."""
        most = Counter({who: self._people[who] for who in self._faces}).most_common(count)
        return [Loaded(*self._faces[who], "", asked) for who, asked in most]

    def accounts_asked_most(self, count: int = 10) -> list[Loaded]:
        """The accounts whose people would have been asked most often."""
        most = self._accounts.most_common(count)
        return [Loaded(connector, record, self._names[connector, record], asked) for (connector, record), asked in most]
