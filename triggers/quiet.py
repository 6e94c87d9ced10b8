"""When to leave a person in peace although a rule matched: the checks and their order.

Called by decide. Each check looks at one situation and answers the reason to stay silent, or None to let it pass. Its words say
until when and what would have to change. Here are those that concern the record; permission and pressure hold the others.
"""

from collections.abc import Callable, Sequence

from triggers import decision, draw, facts, permission, pressure, restraint, situation, timing

Reason = decision.Reason


def reopened(case: situation.Case) -> decision.Silence | None:
    """What the rule says of records that were closed more than once."""
    word, others = case.winner.reopened, case.person.closings
    if word is restraint.Reopened.RESTART and others.last is not None and others.last > case.happened_at:
        day = timing.told(facts.aware(others.last))
        words = f"it was closed again on {day}, and that closing counts (reopened = restart)."
        return decision.Silence(reason=Reason.REOPENED, words=words)
    if word is restraint.Reopened.CANCEL and others.first is not None and others.first < case.happened_at:
        words = f"it had been closed before, on {timing.told(facts.aware(others.first))}, and re-opened (reopened = cancel)."
        return decision.Silence(reason=Reason.REOPENED, words=words)
    if word is restraint.Reopened.ONCE_PER_CASE and others.asked_at is not None:
        day = facts.aware(others.asked_at).date().isoformat()
        return decision.Silence(reason=Reason.REOPENED, words=f"it was asked about on {day} already (reopened = once-per-case).")
    return None


def sampled_out(case: situation.Case) -> decision.Silence | None:
    """Only the records whose lot falls into the sample are asked about."""
    if case.probability >= 1 or draw.lot(case.rules.seed, "sample", case.touch) < case.probability:
        return None
    words = f"its lot is not among the {case.probability * 100:g}% that are asked about; another look would not change that."
    return decision.Silence(reason=Reason.SAMPLED_OUT, words=words)


def outside_window(case: situation.Case) -> decision.Silence | None:
    """The window must open before the touchpoint is too old; the delay itself does not count as waiting."""
    opens_at, spared = case.opens_at, case.rules.quiet.too_old
    if opens_at is not None and (opens_at == case.wanted_at or opens_at <= timing.later(case.wanted_at, spared)):
        return None
    days = case.rules.days(case.winner)
    window = days.window.text if days is not None else ""
    when = f"on {timing.told(opens_at)}" if opens_at is not None else "not within a year"
    words = f"the window {window} opens next {when}, by then this would be too old to ask about (triggers.quiet.too_old)."
    return decision.Silence(reason=Reason.OUTSIDE_WINDOW, words=words)


CHECKS: Sequence[Callable[[situation.Case], decision.Silence | None]] = (
    permission.consent,
    permission.opt_out,
    permission.address,
    permission.excluded,
    reopened,
    sampled_out,
    outside_window,
    pressure.quarantine,
    pressure.account_cap,
    pressure.domain_cap,
    pressure.daily_cap,
)
"""In the order of the reasons: the first that speaks is the one that is told."""
