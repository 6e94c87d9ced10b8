"""Whether this would be too much now: the person's quarantine, and the caps of accounts, e-mail domains and days.

Called by quiet, which has the order. All of these pass with time: settings say whether to wait (``on_conflict``).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from triggers import decision, facts, history, load, restraint, situation, spans, timing

Reason = decision.Reason


def quarantine(case: situation.Case) -> decision.Silence | None:
    """Nobody is asked again before the quarantine since the last time is over, nor shortly before they are to be asked."""
    spared = case.rules.quiet.per_person
    if not spared:
        return None
    if case.person.asked_at is not None:
        asked_at = facts.aware(case.person.asked_at)
        until = timing.later(asked_at, spared)
        if case.due_at < until:
            return _suppressed(case, Reason.QUARANTINED, _in_peace(case, asked_at, until), until)
    near = [one for one in case.standing if abs(case.due_at - facts.aware(one.at)) < spared]
    return _planned(case, min(near, key=_weight)) if near else None


def _weight(one: history.Planned) -> tuple[int, datetime, str]:
    """Of several plans the weightiest is the one that is told, in whatever order they are known."""
    return -one.priority, facts.aware(one.at), one.record


def _in_peace(case: situation.Case, asked_at: datetime, until: datetime) -> str:
    days = case.rules.quiet.per_person.total_seconds() / 86_400
    day, end = asked_at.date().isoformat(), timing.told(until)
    return f"the person was asked on {day} and is left in peace for {days:g} days, until {end}"


def _planned(case: situation.Case, one: history.Planned) -> decision.Silence:
    """Something else is planned for the person. It may still come to nothing, so it is waited for rather than given up."""
    at = facts.aware(one.at)
    settled = timing.later(max(at, case.now), SETTLED)
    if one.priority > case.winner.priority:
        words = f"the rule “{one.rule}” has a higher priority and asks the same person on {timing.told(at)}"
        return _suppressed(case, Reason.OUTRANKED, words, settled)
    free = timing.later(at, case.rules.quiet.per_person)
    words = (
        f"the rule “{one.rule}” asks the same person on {timing.told(at)}, who is then left in peace until {timing.told(free)}"
    )
    return _suppressed(case, Reason.QUARANTINED, words, min(settled, free))


SETTLED = timedelta(minutes=30)
"""How long after its time a planned message has gone out or has come to nothing, as a rule."""


def account_cap(case: situation.Case) -> decision.Silence | None:
    """An account is not asked more often than the cap allows."""
    cap, name = case.rules.quiet.per_account, load.account(case.touch)
    if cap is None or not name:
        return None
    gone = [one.counted.at for one in case.displaced if one.counted is not None and one.counted.account == name]
    times = _without(case.person.counts.accounts.get(name, []), gone)
    return _capped(case, Reason.ACCOUNT_CAP, cap, ("the account", "per_account", times))


def domain_cap(case: situation.Case) -> decision.Silence | None:
    """Neither is an e-mail domain, but for those where everybody has a mailbox."""
    cap, name = case.rules.quiet.per_domain, load.domain(case.touch)
    if cap is None or not name or name in case.rules.quiet.shared:
        return None
    gone = [one.counted.at for one in case.displaced if one.counted is not None and one.counted.domain == name]
    times = _without(case.person.counts.domains.get(name, []), gone)
    return _capped(case, Reason.DOMAIN_CAP, cap, (f"the e-mail domain {name[:80]}", "per_domain", times))


def _without(times: Sequence[datetime], gone: Sequence[datetime]) -> Sequence[datetime]:
    """The askings that count although these give way."""
    if not gone:
        return times
    left = Counter(gone)
    return [at for at in times if not _taken(left, at)]


def _taken(left: Counter[datetime], at: datetime) -> bool:
    left[at] -= 1
    return left[at] >= 0


def _capped(
    case: situation.Case, reason: decision.Reason, cap: spans.Cap, counted: tuple[str, str, Sequence[datetime]]
) -> decision.Silence | None:
    who, key, times = counted
    until = load.free(times, cap, case.due_at)
    if until <= case.due_at:
        return None
    words = f"{who} has had its {cap.text} (triggers.quiet.{key}) and is free on {timing.told(until)}"
    return _suppressed(case, reason, words, until)


def daily_cap(case: situation.Case) -> decision.Silence | None:
    """No more go out on one day, by the company's calendar, than the cap allows."""
    most = case.rules.quiet.daily_cap
    if most is None:
        return None
    home = case.rules.zones.home
    wanted = case.due_at.astimezone(home).date()
    counted = case.person.counts.days
    gone = Counter(facts.aware(one.at).astimezone(home).date() for one in case.displaced if one.counted is not None)
    days = {**counted, **{day: counted.get(day, 0) - count for day, count in gone.items()}} if gone else counted
    day = load.free_day(days, most, wanted)
    if day == wanted:
        return None
    until = datetime.combine(day, time(), home).astimezone(UTC)
    clock = "" if home.key == "UTC" else f" by the clock of {home.key}"
    words = f"{most} askings are planned for {wanted}{clock} already (triggers.quiet.daily_cap); {day} has room"
    return _suppressed(case, Reason.DAILY_CAP, words, until)


def _suppressed(case: situation.Case, reason: decision.Reason, words: str, until: datetime) -> decision.Silence:
    """Deferred or dropped, as settings say."""
    if case.rules.on_conflict(case.winner) is restraint.OnConflict.DROP:
        return decision.Silence(reason=reason, words=words + ".")
    if until > timing.later(case.happened_at, case.rules.quiet.too_old):
        return decision.Silence(reason=reason, words=words + "; by then this would be too old to ask about.")
    when = "then" if words.endswith(timing.told(until)) else f"on {timing.told(until)}"
    return decision.Silence(reason=reason, words=f"{words}; it is looked at again {when}.", until=until)
