"""When to leave a person in peace although a rule matched: the checks and their order.

Called by decide. Each check looks at one case and answers the reason to stay silent, or None to let it pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triggers import decision, facts, history, rule, touchpoint


@dataclass(frozen=True, kw_only=True)
class Case:
    """A touchpoint for which a rule matched, with all that may still speak against asking. Instants are aware, in UTC."""

    touch: touchpoint.Touchpoint
    winner: rule.Rule
    quiet: rule.Quiet
    person: history.History
    happened_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A reason not to ask now."""

    reason: decision.Reason
    words: str
    """The explanation, to follow "Rule … matched, but"."""
    until: datetime | None = None
    """When to look again; None for never."""


def consent(case: Case) -> Silence | None:
    """The CRM must have let us read whether the person opted out: what is hidden counts as a no."""
    if case.touch.person is None or case.touch.person.opted_out is not None:
        return None
    words = (
        f"the connector {case.touch.connector} could not read whether the person opted out, so nobody is asked:"
        " give its user read access to the opt-out field."
    )
    return Silence(reason=decision.Reason.CONSENT_UNREADABLE, words=words)


def opt_out(case: Case) -> Silence | None:
    """The person said no, in the CRM or to us."""
    if case.touch.person is not None and case.touch.person.opted_out:
        return Silence(reason=decision.Reason.OPTED_OUT, words="the person has opted out in the CRM.")
    if case.person.opted_out_at is not None:
        day = facts.aware(case.person.opted_out_at).date().isoformat()
        return Silence(reason=decision.Reason.OPTED_OUT, words=f"the person unsubscribed from our surveys on {day}.")
    return None


def address(case: Case) -> Silence | None:
    """One of the rule's channels must have an address for the person."""
    if case.touch.person is None:
        return Silence(reason=decision.Reason.NO_ADDRESS, words="the record names no person to ask.")
    if case.person.reachable.isdisjoint(case.winner.channel):
        channels = " or ".join(case.winner.channel)
        return Silence(reason=decision.Reason.NO_ADDRESS, words=f"the person has no usable address for {channels}.")
    return None


def quarantine(case: Case) -> Silence | None:
    """Nobody is asked again before the quarantine since the last time is over."""
    if case.person.asked_at is None or not case.quiet.per_person:
        return None
    asked_at = facts.aware(case.person.asked_at)
    until = later(asked_at, case.quiet.per_person)
    if case.due_at >= until:
        return None
    days = case.quiet.per_person.total_seconds() / 86_400
    words = f"the person was asked on {asked_at.date().isoformat()} and is left in peace for {days:g} days, until {told(until)}"
    if case.quiet.on_conflict is rule.OnConflict.DROP:
        return Silence(reason=decision.Reason.QUARANTINED, words=words + ".")
    if until > later(case.happened_at, case.quiet.too_old):
        return Silence(reason=decision.Reason.QUARANTINED, words=words + "; by then this would be too old to ask about.")
    return Silence(reason=decision.Reason.QUARANTINED, words=words + "; it is looked at again then.", until=until)


CHECKS: Sequence[Callable[[Case], Silence | None]] = (consent, opt_out, address, quarantine)
"""In the order of the reasons: the first that speaks is the one that is told."""


def later(moment: datetime, span: timedelta) -> datetime:
    """The instant so much later; the end of the calendar where that would be beyond it."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def told(moment: datetime) -> str:
    """The instant as an admin reads it."""
    return f"{moment.isoformat(' ', 'minutes')[:16]} UTC"
