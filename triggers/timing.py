"""When a message goes out: the delay, in business days where settings want that, and then the send window.

Called by decide, and by journey right before sending.
"""

from datetime import UTC, datetime, timedelta

from triggers import rule, touchpoint


def wanted(rules: rule.Rules, winner: rule.Rule, touch: touchpoint.Touchpoint, happened_at: datetime) -> datetime:
    """When the rule's delay is over, counted from ``happened_at`` (aware, UTC)."""
    business_days = rules.quiet.business_days if winner.business_days is None else winner.business_days
    if business_days and winner.delay.days:
        try:
            return rules.quiet.working.add(happened_at, winner.delay, rules.zones.of(touch))
        except (OverflowError, ValueError):
            return datetime.max.replace(tzinfo=UTC)
    return later(happened_at, winner.delay)


def opens(rules: rule.Rules, winner: rule.Rule | None, touch: touchpoint.Touchpoint, moment: datetime) -> datetime | None:
    """The moment itself (aware, UTC) while the person's window is open, else when it opens next; None: not within a year.

    ``winner`` is the rule that asks; None where it no longer exists, so that the window of all rules counts.
    """
    days = rules.days(winner)
    return moment if days is None else days.opens(moment, rules.zones.of(touch))


def later(moment: datetime, span: timedelta) -> datetime:
    """The instant so much later; the end of the calendar where that would be beyond it."""
    try:
        return moment + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def told(moment: datetime) -> str:
    """The instant as an admin reads it."""
    return f"{moment.isoformat(' ', 'minutes')[:16]} UTC"
