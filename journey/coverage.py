"""Coverage: whom the surveys reach, by agent, team, queue or segment, and whose customers are never asked.

Called by commands. Where one agent's cases are far more often such that nobody can be asked, somebody may be picking cherries:
a contact taken off the case, a priority changed, an address misspelt. The facts are those frozen when the touchpoint happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from store import coverage, opened
from surveys import figures, intervals, suppression, survey
from triggers import decision

NEVER_ELIGIBLE = frozenset(
    {
        decision.Reason.NO_RULE_MATCHED,
        decision.Reason.NO_ADDRESS,
        decision.Reason.OPTED_OUT,
        decision.Reason.CONSENT_UNREADABLE,
        decision.Reason.UNUSABLE,
        decision.Reason.REOPENED,
        decision.Reason.DELETED,
        decision.Reason.MERGED,
        decision.Reason.PERSON_CHANGED,
    }
)
"""Reasons that lie with the record or the person. All others (quarantine, caps, samples …) are our own restraint: those
touchpoints were eligible."""
_NO_SURVEYS: Mapping[str, survey.Survey] = {}
_ASKED = frozenset({decision.Reason.ASKED, decision.Reason.UNDELIVERABLE})


@dataclass
class Group:
    """Touchpoints that share a fact."""

    value: str
    """Empty where the touchpoint does not have the fact."""
    reasons: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    answered: int = 0
    visits: int = 0
    """Where nobody was asked: they came to a place of ours by themselves."""
    apart: int = 0
    """Of the answered, how many anonymously."""
    withheld: bool = False
    """So few of them that it is not shown how many answered."""
    unusual: bool = False
    """Never eligible more often than all others together, by more than chance (95 %)."""

    def add(self, counted: coverage.Counted) -> None:
        """Take these in."""
        self.reasons[counted.reason] += counted.touchpoints
        self.delivered += counted.delivered
        self.answered += counted.answered
        self.visits += counted.visits
        self.apart += counted.apart

    @property
    def touchpoints(self) -> int:
        """All that were decided."""
        return self.reasons.total()

    @property
    def never_eligible(self) -> int:
        """Those that nobody could have been asked about."""
        return sum(self.reasons[reason] for reason in NEVER_ELIGIBLE)

    @property
    def eligible(self) -> int:
        """Those that somebody could have been asked about."""
        return self.touchpoints - self.never_eligible

    @property
    def asked(self) -> int:
        """Those that somebody was, or is to be, asked about; refused addresses included."""
        return sum(self.reasons[reason] for reason in _ASKED) - self.visits

    @property
    def share_never_eligible(self) -> figures.Figure | None:
        """Per cent of all, with its interval; None without touchpoints."""
        return share(self.never_eligible, self.touchpoints)

    @property
    def response_rate(self) -> figures.Figure | None:
        """Per cent of the delivered, with its interval; None where none was delivered, and where it is withheld."""
        return None if self.withheld else figures.response_rate(self.answered, self.delivered)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All groups and what they add up to."""

    by: str
    since: datetime
    total: Group
    groups: Sequence[Group]
    """The largest first."""

    def as_json(self) -> dict[str, Any]:
        """``groups`` has one object each; shares are per cent with the ends of their 95 % interval."""
        return {
            "by": self.by,
            "since": self.since.isoformat(timespec="seconds"),
            "total": _as_json(self.total),
            "groups": [{self.by: group.value, **_as_json(group)} for group in self.groups],
        }


def tell(store: opened.Opened, by: str, since: datetime, surveys: Mapping[str, survey.Survey] = _NO_SURVEYS) -> Report:
    """The report on touchpoints that happened since, by a fact of the context or one of ``store.coverage.COLUMNS``.

    ``surveys``: those of the settings, for the anonymous ones among them.
    """
    apart = {key: one.smallest_group for key, one in surveys.items() if one.anonymous}
    with store.read() as tx:
        return gathered(by, since, coverage.count(tx, by, since, sorted(apart)), max(apart.values(), default=0))


def gathered(by: str, since: datetime, counted: Iterable[coverage.Counted], least: int = 0) -> Report:
    """The report from what the store counted. ``least``: of how many anonymous answers it may be told that there are."""
    total, groups = Group(""), dict[str, Group]()
    for one in counted:
        total.add(one)
        groups.setdefault(one.group, Group(one.group)).add(one)
    for group in groups.values():
        group.unusual = _unusual(group, total)
    _withhold(list(groups.values()), total, least)
    largest = sorted(groups.values(), key=lambda group: (-group.touchpoints, group.value))
    return Report(by=by, since=since, total=total, groups=largest)


def _withhold(groups: Sequence[Group], total: Group, least: int) -> None:
    """Few anonymous answers of a group are not told, and so many other groups' with them that nobody can work it out."""
    hidden = suppression.withhold([group.apart for group in groups], least)
    total.withheld = hidden.total
    for place in hidden.groups:
        groups[place].withheld = True


def _unusual(group: Group, total: Group) -> bool:
    own = group.share_never_eligible
    others = share(total.never_eligible - group.never_eligible, total.touchpoints - group.touchpoints)
    return own is not None and others is not None and not own.too_few and own.low > others.high


def share(hits: int, n: int) -> figures.Figure | None:
    """Per cent with its 95 % Wilson interval; None of nothing."""
    if not n:
        return None
    span = intervals.wilson(hits, n)
    return figures.Figure(n=n, value=hits / n * 100, low=span.low * 100, high=span.high * 100)


def _as_json(group: Group) -> dict[str, Any]:
    return {
        "touchpoints": group.touchpoints,
        "eligible": group.eligible,
        "asked": group.asked,
        "delivered": group.delivered,
        "answered": None if group.withheld else group.answered,
        "visits": group.visits,
        "never_eligible": group.never_eligible,
        "share_never_eligible": _figure(group.share_never_eligible),
        "response_rate": _figure(group.response_rate),
        "unusual": group.unusual,
        "reasons": dict(group.reasons.most_common()),
    }


def _figure(figure: figures.Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    ends = {name: round(value, 1) for name, value in (("value", figure.value), ("low", figure.low), ("high", figure.high))}
    return {**ends, "n": figure.n, "too_few": figure.too_few}
