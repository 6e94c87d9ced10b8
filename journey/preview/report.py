"""The report of a preview: the tally with all that gives it meaning, for people (commands) and for programs (JSON)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from journey.preview import expected, tally, texts


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the rules would have done."""

    connectors: Sequence[str]
    days: float
    since: datetime
    until: datetime
    tally: tally.Tally
    compared: bool
    """Whether the rules in force were run beside."""
    rate: float
    """Share of people who answer, 0 to 1."""
    surveys: Sequence[expected.Expected] = ()
    """What each survey would bring."""
    by_text: Sequence[texts.Sent] = ()
    """What would have gone out by text, rule by rule."""
    notes: Sequence[str] = field(default_factory=list)
    """What the reader should know, as sentences."""

    @property
    def answers(self) -> int:
        """How many answers to expect."""
        return sum(one.answers for one in self.surveys)

    def as_json(self) -> dict[str, Any]:
        """``touchpoints``, ``reasons``, ``per_rule`` and ``per_day`` are the contract; instants are ISO 8601 text in UTC."""
        told = self.tally
        return {
            "touchpoints": told.all.touchpoints,
            "reasons": dict(told.all.reasons.most_common()),
            "per_rule": {name: _counts(counts) for name, counts in told.rules.items()},
            "per_day": {day.isoformat(): _counts(counts) for day, counts in sorted(told.days.items())},
            "connectors": list(self.connectors),
            "days": self.days,
            "since": self.since.isoformat(timespec="seconds"),
            "until": self.until.isoformat(timespec="seconds"),
            "asked": told.all.asked,
            "people": told.people,
            "waiting": told.waiting,
            "conditions": [
                {"rule": rule, "condition": condition, "touchpoints": count}
                for (rule, condition), count in told.conditions.most_common()
            ],
            "channels": dict(told.channels.most_common()),
            "texts": {one.rule: {"texts": one.texts, "parts": one.parts} for one in self.by_text},
            "people_by_times_asked": {str(times): count for times, count in sorted(told.people_by_load().items())},
            "people_asked_most": [one._asdict() for one in told.people_asked_most()],
            "accounts_asked_most": [one._asdict() for one in told.accounts_asked_most()],
            "response_rate": self.rate,
            "expected_answers": self.answers,
            "expected": [asdict(one) for one in self.surveys],
            "difference": _difference(told) if self.compared else None,
            "notes": list(self.notes),
        }


def _counts(counts: tally.Counts) -> Mapping[str, Any]:
    return {"touchpoints": counts.touchpoints, "asked": counts.asked, "reasons": dict(counts.reasons.most_common())}


def _difference(told: tally.Tally) -> Mapping[str, Any]:
    """Positive numbers: more under the rules that were tried than under those in force."""
    before, after = told.difference.reasons, told.all.reasons
    return {
        "asked": told.all.asked - told.difference.now_asked,
        "reasons": {reason: after[reason] - before[reason] for reason in sorted({*before, *after})},
        "changes": [
            {"in_force": was, "tried": becomes, "touchpoints": count}
            for (was, becomes), count in told.difference.changes.most_common()
        ],
    }
