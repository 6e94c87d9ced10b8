"""May we ask about this touchpoint, and how? A pure function; every touchpoint gets a verdict with a named reason.

Called by journey's decide step, again for touchpoints that were deferred, and by preview. Order of the reasons: record trouble
(unusable), too_old, no_rule_matched, then those of quiet.CHECKS; the first that holds is the one that is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triggers import decision, draw, facts, history, load, matching, quiet, rule, situation, timing, touchpoint

AHEAD = timedelta(days=1)
"""How far in the future a touchpoint may lie (clocks differ, dates are typed by hand) before it makes no sense."""
TOLD_RULES = 3
"""How many rules' failures an explanation names; ``Decision.checked`` has them all."""


@dataclass(kw_only=True, slots=True)
class Examined:
    """How the rules look at a touchpoint at one time."""

    winner: rule.Rule | None
    """The one that matched and has the highest priority; of several, the first."""
    checked: tuple[decision.Checked, ...]
    """Those of the kind first, in settings' order."""


@dataclass(kw_only=True, slots=True)
class _Look:
    """One touchpoint under the rules at one time; instants are aware, in UTC."""

    touch: touchpoint.Touchpoint
    rules: rule.Rules
    happened_at: datetime
    now: datetime


def decide(
    touch: touchpoint.Touchpoint,
    rules: rule.Rules,
    person: history.History,
    now: datetime,
    examined: Examined | None = None,
) -> decision.Decision:
    """The verdict on one touchpoint at the time ``now`` (aware; without a zone it is taken as UTC). Total: never raises.

    ``examined`` is what ``examine`` said of the same touchpoint, rules and time, where the caller has asked already.
    """
    look = _Look(touch=touch, rules=rules, happened_at=facts.aware(touch.happened_at), now=facts.aware(now))
    trouble = _trouble(look)
    if trouble:
        return decision.Decision(verdict=decision.Verdict.NEVER, reason=decision.Reason.UNUSABLE, explanation=trouble)
    seen = examined or examine(touch, rules, now)
    if look.now - look.happened_at > rules.quiet.too_old:
        return _never(decision.Reason.TOO_OLD, _too_old(look), seen.checked)
    if seen.winner is None:
        return _never(decision.Reason.NO_RULE_MATCHED, _no_rule(touch, rules, seen.checked), seen.checked)
    return _matched(look, seen.winner, person, seen.checked)


def examine(touch: touchpoint.Touchpoint, rules: rule.Rules, now: datetime) -> Examined:
    """How the rules look at a touchpoint at the time ``now``."""
    plan = matching.plan(rules, touch.kind, touch.connector)
    checked = plan.check(facts.Facts(touch, facts.aware(now)))
    matched = [plan.candidates[number].rule for number, one in enumerate(checked) if one.matched]
    winner = max(matched, key=lambda rule: rule.priority, default=None)
    return Examined(winner=winner, checked=(*checked, *plan.ruled_out))


def _trouble(look: _Look) -> str:
    """What makes the record unusable, as a sentence; empty when nothing does."""
    if look.touch.trouble:
        return look.touch.trouble
    if not look.touch.record:
        return "The CRM sent a record without an id."
    if look.happened_at - look.now > AHEAD:
        return f"The record says that it happened on {timing.told(look.happened_at)}, which is in the future."
    return ""


def _never(reason: decision.Reason, words: str, checked: tuple[decision.Checked, ...]) -> decision.Decision:
    return decision.Decision(verdict=decision.Verdict.NEVER, reason=reason, explanation=words, checked=checked)


def _too_old(look: _Look) -> str:
    limit = look.rules.quiet.too_old.total_seconds() / 86_400
    return (
        f"It happened on {timing.told(look.happened_at)}, longer ago than the {limit:g} days that triggers.quiet.too_old allows."
    )


def _no_rule(touch: touchpoint.Touchpoint, rules: rule.Rules, checked: Sequence[decision.Checked]) -> str:
    count = len(matching.plan(rules, touch.kind, touch.connector).candidates)
    if not count:
        return f"No rule is about {touch.kind} of {touch.connector}."
    told = [f"“{one.rule}” asks for “{one.condition}” and saw {_shown(one.saw)}" for one in checked[: min(count, TOLD_RULES)]]
    more = count - len(told)
    return "No rule matched: " + "; ".join(told) + (f"; and {more} more rules." if more else ".")


def _shown(value: touchpoint.Plain) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"“{matching.shorten(value, 80)}”"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matched(look: _Look, winner: rule.Rule, person: history.History, checked: tuple[decision.Checked, ...]) -> decision.Decision:
    case = situation.of(look.touch, winner, look.rules, person, look.now)
    silence = _first_silence(case)
    if silence is not None:
        return _silent(case, silence, checked)
    channels = tuple(name for name in winner.channel if name in person.reachable)
    due_at = case.due_at
    plan = decision.Plan(
        survey=winner.survey,
        channels=channels,
        due_at=due_at,
        expires_at=timing.later(due_at, winner.expires),
        remind=winner.remind,
        variant=_variant(case),
    )
    return decision.Decision(
        verdict=decision.Verdict.ASK,
        reason=decision.Reason.ASKED,
        rule=winner.name,
        rule_version=winner.version,
        explanation=f"Rule “{winner.name}” matched: survey {plan.survey} goes out by {channels[0]} on {timing.told(due_at)}.",
        checked=checked,
        plan=plan,
        probability=case.probability,
        counted=_counted(case),
        displaces=tuple(one.touchpoint for one in case.displaced),
    )


def _variant(case: situation.Case) -> str:
    variants = case.winner.variants
    if not variants:
        return ""
    drawn = draw.lot(case.rules.seed, "variant", case.touch)
    return variants[draw.pick([one.share for one in variants], drawn)].name


def _counted(case: situation.Case) -> load.Asking:
    return load.Asking(account=load.account(case.touch), domain=load.domain(case.touch), stratum=case.stratum, at=case.due_at)


def _first_silence(case: situation.Case) -> decision.Silence | None:
    for check in quiet.CHECKS:
        silence = check(case)
        if silence is not None:
            return silence
    return None


_BEFORE_SAMPLING = frozenset(
    {
        decision.Reason.CONSENT_UNREADABLE,
        decision.Reason.OPTED_OUT,
        decision.Reason.NO_ADDRESS,
        decision.Reason.EXCLUDED,
        decision.Reason.REOPENED,
    }
)


def _silent(case: situation.Case, silence: decision.Silence, checked: Sequence[decision.Checked]) -> decision.Decision:
    return decision.Decision(
        verdict=decision.Verdict.NEVER if silence.until is None else decision.Verdict.LATER,
        reason=silence.reason,
        rule=case.winner.name,
        rule_version=case.winner.version,
        explanation=f"Rule “{case.winner.name}” matched, but {silence.words}",
        checked=tuple(checked),
        look_again_at=silence.until,
        probability=None if silence.reason in _BEFORE_SAMPLING else case.probability,
    )
