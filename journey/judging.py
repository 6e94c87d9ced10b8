"""judging: touchpoints, rules and what is known of their people → a decision each.

Called by the decide step with what the store knows, and by preview with what it simulates: one function, so that both agree
touchpoint by touchpoint. What deciding needs to know of the past goes into ``Known``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels import base as channel
from store import touchpoints
from triggers import decide as judge
from triggers import decision, history, rule, touchpoint

Judged = tuple[touchpoints.Waiting, decision.Decision]


@dataclass(frozen=True, kw_only=True)
class Known:
    """The past of the people that a batch is about, by person id. Grows with what is decided."""

    opted_out: Mapping[int, datetime | None] = field(default_factory=dict)
    """When they told us not to ask again."""
    asked: dict[int, datetime] = field(default_factory=dict)
    """When they were asked last, or are planned to be; whoever never was is absent."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """The rules, and the channels that people may be reached by."""

    rules: rule.Rules
    channels: Mapping[str, channel.Channel]

    def batch(self, waiting: Sequence[touchpoints.Waiting], known: Known, now: datetime) -> list[Judged]:
        """Decide these as they stand at ``now``, in the order in which they were decided.

        Who is asked is noted in ``known``, once all are decided: when it raises, nothing is.
        """
        asked: dict[int, datetime] = {}
        made: list[Judged] = []
        for one in self._in_order(waiting):
            who = one.person_id or 0
            past = history.History(
                opted_out_at=known.opted_out.get(who),
                asked_at=asked.get(who) or known.asked.get(who),
                reachable=self.reachable(one.touch.person),
            )
            verdict = judge.decide(one.touch, self.rules, past, now)
            made.append((one, verdict))
            if verdict.plan is not None and who:
                asked[who] = max(verdict.plan.due_at, past.asked_at or verdict.plan.due_at)
        known.asked.update(asked)
        return made

    def reachable(self, person: touchpoint.Recipient | None) -> frozenset[str]:
        """Channels that have an address for the person, by name."""
        if person is None:
            return frozenset()
        return frozenset(name for name, channel in self.channels.items() if channel.address(person) is not None)

    def _in_order(self, waiting: Sequence[touchpoints.Waiting]) -> Sequence[touchpoints.Waiting]:
        """Where several want one person, the rule with the higher priority is served first, then the older touchpoint."""
        return sorted(waiting, key=self._rank) if len(waiting) > 1 else waiting

    def _rank(self, one: touchpoints.Waiting) -> tuple[int, datetime, int]:
        winner, _ = judge.examine(one.touch, self.rules)
        return (-winner.priority if winner is not None else 0, one.touch.happened_at, one.id)


def unjudged(error: Exception, again_at: datetime | None) -> decision.Decision:
    """The decision on a touchpoint that cannot be decided: why, without what the error says of it, and when it is tried again."""
    words = f"The record could not be judged, for a reason of our own ({type(error).__name__}); it is looked at again."
    return decision.Decision(
        verdict=decision.Verdict.LATER, reason=decision.Reason.UNUSABLE, explanation=words, look_again_at=again_at
    )
