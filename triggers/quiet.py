"""When to leave a person in peace although a rule matched: the checks and their order.

Called by decide. Each check looks at one case and answers the reason to stay silent, or None to let it pass. Its words say until
when and what would have to change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from triggers import decision, draw, facts, history, load, restraint, rule, spans, timing, touchpoint

Reason = decision.Reason


@dataclass(kw_only=True, slots=True)
class Case:
    """A touchpoint for which a rule matched, with all that may still speak against asking. Instants are aware, in UTC."""

    touch: touchpoint.Touchpoint
    winner: rule.Rule
    rules: rule.Rules
    person: history.History
    happened_at: datetime
    now: datetime

    wanted_at: datetime
    """When the rule wants the message to go out."""
    opens_at: datetime | None
    """The first moment from then on at which the person's window is open; None: not within a year."""
    stratum: str
    """The group whose answers the rule counts; empty where it counts none."""
    probability: float
    """How probable it is that a record like this one comes into the sample."""

    @property
    def due_at(self) -> datetime:
        """When the message goes out."""
        return self.opens_at or self.wanted_at

    @property
    def giving_way(self) -> tuple[history.Planned, ...]:
        """What is planned for the person and yields to this touchpoint."""
        return tuple(one for one in self.person.planned if self._yields(one))

    def _yields(self, one: history.Planned) -> bool:
        if one.restarts and one.record == record(self.touch) and one.happened_at < self.happened_at:
            return True
        return one.priority < self.winner.priority

    @property
    def standing(self) -> tuple[history.Planned, ...]:
        """What is planned for the person and does not."""
        return tuple(one for one in self.person.planned if not self._yields(one))


def case(touch: touchpoint.Touchpoint, winner: rule.Rule, rules: rule.Rules, person: history.History, now: datetime) -> Case:
    """The touchpoint as the checks look at it at the time ``now`` (aware, UTC)."""
    happened_at = facts.aware(touch.happened_at)
    wanted_at = max(timing.wanted(rules, winner, touch, happened_at), now)
    group = stratum(winner, touch)
    return Case(
        touch=touch,
        winner=winner,
        rules=rules,
        person=person,
        happened_at=happened_at,
        now=now,
        wanted_at=wanted_at,
        opens_at=timing.opens(rules, winner, touch, wanted_at),
        stratum=group,
        probability=_probability(winner, group, person),
    )


def _probability(winner: rule.Rule, group: str, person: history.History) -> float:
    needed = winner.at_least
    if needed is None or winner.sample >= 1:
        return winner.sample
    return winner.sample if person.counts.answers.get(group, 0.0) >= needed.wanted else 1.0


def record(touch: touchpoint.Touchpoint) -> str:
    """The record that the touchpoint is about, over all connectors."""
    return record_name(touch.connector, touch.kind, touch.record)


def record_name(connector: str, kind: str, record_id: str) -> str:
    """A record over all connectors, as one text."""
    return f"{connector}:{kind}:{record_id}"


def stratum(winner: rule.Rule, touch: touchpoint.Touchpoint) -> str:
    """Rule and group whose answers ``at_least`` counts; empty where the rule has no minimum."""
    if winner.at_least is None:
        return ""
    value = facts.fold(facts.plain(touch.context.get(winner.at_least.by)))
    return f"{winner.name}:{winner.at_least.by}={value}"[:_LONGEST_STRATUM]


_LONGEST_STRATUM = 300


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
    return Silence(reason=Reason.CONSENT_UNREADABLE, words=words)


def opt_out(case: Case) -> Silence | None:
    """The person said no, in a CRM or to us."""
    if case.touch.person is not None and case.touch.person.opted_out:
        return Silence(reason=Reason.OPTED_OUT, words="the person has opted out in the CRM.")
    if case.person.opted_out_at is not None:
        day = facts.aware(case.person.opted_out_at).date().isoformat()
        return Silence(reason=Reason.OPTED_OUT, words=f"the person unsubscribed from our surveys on {day}.")
    if case.person.refused_in:
        words = f"the same person has opted out in the CRM of {case.person.refused_in}; a no there is a no everywhere."
        return Silence(reason=Reason.OPTED_OUT, words=words)
    return None


def address(case: Case) -> Silence | None:
    """One of the rule's channels must have an address for the person."""
    if case.touch.person is None:
        return Silence(reason=Reason.NO_ADDRESS, words="the record names no person to ask.")
    if case.person.reachable.isdisjoint(case.winner.channel):
        channels = " or ".join(case.winner.channel)
        return Silence(reason=Reason.NO_ADDRESS, words=f"the person has no usable address for {channels}.")
    return None


def excluded(case: Case) -> Silence | None:
    """Nobody on one of the lists of ``[triggers.exclude]`` is asked."""
    lists = case.rules.exclude
    if not lists.anything or case.touch.person is None:
        return None
    domain = load.domain(case.touch)
    words = ""
    if own := restraint.within(domain, lists.own_domains):
        words = f"the person is one of us: {own} is among triggers.exclude.own_domains."
    elif listed := restraint.within(domain, lists.domains):
        words = f"the e-mail domain {listed} is excluded by triggers.exclude.domains."
    elif lists.people and lists.names(case.touch.person):
        words = "the person's address is excluded by triggers.exclude.addresses."
    else:
        words = _excluded_type(case)
    return Silence(reason=Reason.EXCLUDED, words=words) if words else None


def _excluded_type(case: Case) -> str:
    lists = case.rules.exclude
    if not lists.account_types or not case.touch.account:
        return ""
    if restraint.ACCOUNT_TYPE not in case.touch.context:
        return (
            "triggers.exclude.account_types cannot be checked: the account's type could not be read; give our user access to it."
        )
    seen = facts.plain(case.touch.context[restraint.ACCOUNT_TYPE])
    if facts.fold(seen) in lists.folded_types:
        return f"accounts of the type {str(seen)[:80]} are excluded by triggers.exclude.account_types."
    return ""


def reopened(case: Case) -> Silence | None:
    """What the rule says of records that were closed more than once."""
    word, others = case.winner.reopened, case.person.closings
    if word is restraint.Reopened.RESTART and others.last is not None and others.last > case.happened_at:
        day = timing.told(facts.aware(others.last))
        words = f"it was closed again on {day}, and that closing counts (reopened = restart)."
        return Silence(reason=Reason.REOPENED, words=words)
    if word is restraint.Reopened.CANCEL and others.first is not None and others.first < case.happened_at:
        words = f"it had been closed before, on {timing.told(facts.aware(others.first))}, and re-opened (reopened = cancel)."
        return Silence(reason=Reason.REOPENED, words=words)
    if word is restraint.Reopened.ONCE_PER_CASE and others.asked_at is not None:
        day = facts.aware(others.asked_at).date().isoformat()
        return Silence(reason=Reason.REOPENED, words=f"it was asked about on {day} already (reopened = once-per-case).")
    return None


def sampled_out(case: Case) -> Silence | None:
    """Only the records whose lot falls into the sample are asked about."""
    if case.probability >= 1 or draw.lot(case.rules.seed, "sample", case.touch) < case.probability:
        return None
    words = f"its lot is not among the {case.probability * 100:g}% that are asked about; another look would not change that."
    return Silence(reason=Reason.SAMPLED_OUT, words=words)


def outside_window(case: Case) -> Silence | None:
    """The window must open before the touchpoint is too old; the delay itself does not count as waiting."""
    opens_at, spared = case.opens_at, case.rules.quiet.too_old
    if opens_at is not None and (opens_at == case.wanted_at or opens_at <= timing.later(case.wanted_at, spared)):
        return None
    days = case.rules.days(case.winner)
    window = days.window.text if days is not None else ""
    when = f"on {timing.told(opens_at)}" if opens_at is not None else "not within a year"
    words = f"the window {window} opens next {when}, by then this would be too old to ask about (triggers.quiet.too_old)."
    return Silence(reason=Reason.OUTSIDE_WINDOW, words=words)


def quarantine(case: Case) -> Silence | None:
    """Nobody is asked again before the quarantine since the last time is over, nor shortly before they are to be asked."""
    spared = case.rules.quiet.per_person
    if not spared:
        return None
    if case.person.asked_at is not None:
        asked_at = facts.aware(case.person.asked_at)
        until = timing.later(asked_at, spared)
        if case.due_at < until:
            return _suppressed(case, Reason.QUARANTINED, _in_peace(case, asked_at, until), until)
    for one in case.standing:
        if abs(case.due_at - facts.aware(one.at)) < spared:
            return _planned(case, one)
    return None


def _in_peace(case: Case, asked_at: datetime, until: datetime) -> str:
    days = case.rules.quiet.per_person.total_seconds() / 86_400
    day, end = asked_at.date().isoformat(), timing.told(until)
    return f"the person was asked on {day} and is left in peace for {days:g} days, until {end}"


def _planned(case: Case, one: history.Planned) -> Silence:
    """Something else is planned for the person. It may still come to nothing, so it is waited for rather than given up."""
    at = facts.aware(one.at)
    if one.priority > case.winner.priority:
        words = f"the rule “{one.rule}” has a higher priority and asks the same person on {timing.told(at)}"
        return _suppressed(case, Reason.OUTRANKED, words, max(timing.later(at, SETTLED), timing.later(case.now, SETTLED)))
    until = timing.later(at, case.rules.quiet.per_person)
    return _suppressed(case, Reason.QUARANTINED, _in_peace(case, at, until), until)


SETTLED = timedelta(minutes=30)
"""How long after its time a planned message has gone out or has come to nothing, as a rule."""


def account_cap(case: Case) -> Silence | None:
    """An account is not asked more often than the cap allows."""
    cap, name = case.rules.quiet.per_account, load.account(case.touch)
    if cap is None or not name:
        return None
    return _capped(case, Reason.ACCOUNT_CAP, cap, ("the account", "per_account", case.person.counts.accounts.get(name, [])))


def domain_cap(case: Case) -> Silence | None:
    """Neither is an e-mail domain, but for those where everybody has a mailbox."""
    cap, name = case.rules.quiet.per_domain, load.domain(case.touch)
    if cap is None or not name or name in case.rules.quiet.shared:
        return None
    told = f"the e-mail domain {name[:80]}"
    return _capped(case, Reason.DOMAIN_CAP, cap, (told, "per_domain", case.person.counts.domains.get(name, [])))


def _capped(case: Case, reason: decision.Reason, cap: spans.Cap, counted: tuple[str, str, Sequence[datetime]]) -> Silence | None:
    who, key, times = counted
    until = load.free(times, cap, case.due_at)
    if until <= case.due_at:
        return None
    words = f"{who} has had its {cap.text} (triggers.quiet.{key}) and is free on {timing.told(until)}"
    return _suppressed(case, reason, words, until)


def daily_cap(case: Case) -> Silence | None:
    """No more go out on one day, by the company's calendar, than the cap allows."""
    most = case.rules.quiet.daily_cap
    if most is None:
        return None
    home = case.rules.zones.home
    wanted = case.due_at.astimezone(home).date()
    day = load.free_day(case.person.counts.days, most, wanted)
    if day == wanted:
        return None
    until = datetime.combine(day, time(), home).astimezone(UTC)
    words = f"{most} askings are planned for {wanted.isoformat()} already (triggers.quiet.daily_cap); {day.isoformat()} has room"
    return _suppressed(case, Reason.DAILY_CAP, words, until)


def _suppressed(case: Case, reason: decision.Reason, words: str, until: datetime) -> Silence:
    """Deferred or dropped, as settings say."""
    if case.rules.on_conflict(case.winner) is restraint.OnConflict.DROP:
        return Silence(reason=reason, words=words + ".")
    if until > timing.later(case.happened_at, case.rules.quiet.too_old):
        return Silence(reason=reason, words=words + "; by then this would be too old to ask about.")
    return Silence(reason=reason, words=words + "; it is looked at again then.", until=until)


CHECKS: Sequence[Callable[[Case], Silence | None]] = (
    consent,
    opt_out,
    address,
    excluded,
    reopened,
    sampled_out,
    outside_window,
    quarantine,
    account_cap,
    domain_cap,
    daily_cap,
)
"""In the order of the reasons: the first that speaks is the one that is told."""
