"""May we ask about this touchpoint, and how? A pure function; every touchpoint gets a verdict with a named reason.

Called by journey's decide step, again for touchpoints that were deferred, and by preview. Order of the reasons: record trouble
(unusable), too_old, no_rule_matched, then those of quiet.CHECKS; the first that holds is the one that is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triggers import decision, draw, facts, history, quiet, rule, touchpoint

AHEAD = timedelta(days=1)
"""How far in the future a touchpoint may lie (clocks differ, dates are typed by hand) before it makes no sense."""
TOLD_RULES = 3
"""How many rules' failures an explanation names; ``Decision.checked`` has them all."""


@dataclass(frozen=True, kw_only=True)
class _Look:
    """One touchpoint under the rules at one time; instants are aware, in UTC."""

    touch: touchpoint.Touchpoint
    rules: rule.Rules
    happened_at: datetime
    now: datetime


def decide(touch: touchpoint.Touchpoint, rules: rule.Rules, person: history.History, now: datetime) -> decision.Decision:
    """The verdict on one touchpoint at the time ``now`` (aware; without a zone it is taken as UTC). Total: never raises."""
    look = _Look(touch=touch, rules=rules, happened_at=facts.aware(touch.happened_at), now=facts.aware(now))
    trouble = _trouble(look)
    if trouble:
        return decision.Decision(verdict=decision.Verdict.NEVER, reason=decision.Reason.UNUSABLE, explanation=trouble)
    winner, checked = examine(touch, rules)
    if look.now - look.happened_at > rules.quiet.too_old:
        return _never(decision.Reason.TOO_OLD, _too_old(look), checked)
    if winner is None:
        return _never(decision.Reason.NO_RULE_MATCHED, _no_rule(touch, rules, checked), checked)
    return _matched(look, winner, person, checked)


def examine(touch: touchpoint.Touchpoint, rules: rule.Rules) -> tuple[rule.Rule | None, tuple[decision.Checked, ...]]:
    """The rule that wins, if any, and how every rule looked at the touchpoint: those of its kind first, in settings' order."""
    plan = rules.plan(touch.kind, touch.connector)
    seen = facts.Facts(touch)
    checked = plan.check(seen)
    matched = [candidate.rule for candidate, one in zip(plan.candidates, checked, strict=True) if one.matched]
    winner = max(matched, key=lambda rule: rule.priority, default=None)
    return winner, (*checked, *plan.ruled_out)


def _trouble(look: _Look) -> str:
    """What makes the record unusable, as a sentence; empty when nothing does."""
    if look.touch.trouble:
        return look.touch.trouble
    if not look.touch.record:
        return "The CRM sent a record without an id."
    if look.happened_at - look.now > AHEAD:
        return f"The record says that it happened on {quiet.told(look.happened_at)}, which is in the future."
    return ""


def _never(reason: decision.Reason, words: str, checked: tuple[decision.Checked, ...]) -> decision.Decision:
    return decision.Decision(verdict=decision.Verdict.NEVER, reason=reason, explanation=words, checked=checked)


def _too_old(look: _Look) -> str:
    limit = look.rules.quiet.too_old.total_seconds() / 86_400
    return (
        f"It happened on {quiet.told(look.happened_at)}, longer ago than the {limit:g} days that triggers.quiet.too_old allows."
    )


def _no_rule(touch: touchpoint.Touchpoint, rules: rule.Rules, checked: Sequence[decision.Checked]) -> str:
    count = len(rules.plan(touch.kind, touch.connector).candidates)
    if not count:
        return f"No rule is about {touch.kind} of {touch.connector}."
    told = [f"“{one.rule}” asks for “{one.condition}” and saw {_shown(one.saw)}" for one in checked[: min(count, TOLD_RULES)]]
    more = count - len(told)
    return "No rule matched: " + "; ".join(told) + (f"; and {more} more rules." if more else ".")


def _shown(value: touchpoint.Plain) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"“{rule.shorten(value, 80)}”"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matched(look: _Look, winner: rule.Rule, person: history.History, checked: tuple[decision.Checked, ...]) -> decision.Decision:
    due_at = max(quiet.later(look.happened_at, winner.delay), look.now)
    case = quiet.Case(
        touch=look.touch, winner=winner, quiet=look.rules.quiet, person=person, happened_at=look.happened_at, due_at=due_at
    )
    silence = _first_silence(case)
    if silence is not None:
        return _silent(winner, silence, checked)
    channels = tuple(name for name in winner.channel if name in person.reachable)
    plan = decision.Plan(
        survey=winner.survey,
        channels=channels,
        due_at=due_at,
        expires_at=quiet.later(due_at, winner.expires),
        remind=winner.remind,
        variant=_variant(look, winner),
    )
    return decision.Decision(
        verdict=decision.Verdict.ASK,
        reason=decision.Reason.ASKED,
        rule=winner.name,
        rule_version=winner.version,
        explanation=f"Rule “{winner.name}” matched: survey {plan.survey} goes out by {channels[0]} on {quiet.told(due_at)}.",
        checked=checked,
        plan=plan,
    )


def _variant(look: _Look, winner: rule.Rule) -> str:
    if not winner.variants:
        return ""
    drawn = draw.lot(look.rules.seed, "variant", look.touch)
    return winner.variants[draw.pick([one.share for one in winner.variants], drawn)].name


def _first_silence(case: quiet.Case) -> quiet.Silence | None:
    silences = (check(case) for check in quiet.CHECKS)
    return next((silence for silence in silences if silence is not None), None)


def _silent(winner: rule.Rule, silence: quiet.Silence, checked: Sequence[decision.Checked]) -> decision.Decision:
    return decision.Decision(
        verdict=decision.Verdict.NEVER if silence.until is None else decision.Verdict.LATER,
        reason=silence.reason,
        rule=winner.name,
        rule_version=winner.version,
        explanation=f"Rule “{winner.name}” matched, but {silence.words}",
        checked=tuple(checked),
        look_again_at=silence.until,
    )
