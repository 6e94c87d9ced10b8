"""Whether this person may be asked at all: consent, opt-out, address, the lists of ``[triggers.exclude]``.

Called by quiet, which has the order. None of these passes with time.
"""

from triggers import decision, facts, load, restraint, situation

Reason = decision.Reason


def consent(case: situation.Case) -> decision.Silence | None:
    """The CRM must have let us read whether the person opted out: what is hidden counts as a no."""
    if case.touch.person is None or case.touch.person.opted_out is not None:
        return None
    words = (
        f"the connector {case.touch.connector} could not read whether the person opted out, so nobody is asked:"
        " give its user read access to the opt-out field."
    )
    return decision.Silence(reason=Reason.CONSENT_UNREADABLE, words=words)


def opt_out(case: situation.Case) -> decision.Silence | None:
    """The person said no, in a CRM or to us."""
    if case.touch.person is not None and case.touch.person.opted_out:
        return decision.Silence(reason=Reason.OPTED_OUT, words="the person has opted out in the CRM.")
    if case.person.opted_out_at is not None:
        day = facts.aware(case.person.opted_out_at).date().isoformat()
        return decision.Silence(reason=Reason.OPTED_OUT, words=f"the person unsubscribed from our surveys on {day}.")
    if case.person.refused_in:
        words = f"the same person has opted out in the CRM of {case.person.refused_in}; a no there is a no everywhere."
        return decision.Silence(reason=Reason.OPTED_OUT, words=words)
    return None


def address(case: situation.Case) -> decision.Silence | None:
    """One of the rule's channels must have an address for the person."""
    if case.touch.person is None:
        return decision.Silence(reason=Reason.NO_ADDRESS, words="the record names no person to ask.")
    if case.person.reachable.isdisjoint(case.winner.channel):
        channels = " or ".join(case.winner.channel)
        return decision.Silence(reason=Reason.NO_ADDRESS, words=f"the person has no usable address for {channels}.")
    return None


def excluded(case: situation.Case) -> decision.Silence | None:
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
    return decision.Silence(reason=Reason.EXCLUDED, words=words) if words else None


def _excluded_type(case: situation.Case) -> str:
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
