"""What would have to change for a touchpoint to be asked about: the last sentences of ``palaute why``. Pure.

Called by story with one touchpoint's story and the rules as they are now.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from triggers import changes, decision, restraint, rule, timing

Told = Mapping[str, Any]
_REASON = decision.Reason
_REMEDIES: Mapping[str, str] = {
    _REASON.OPTED_OUT: "The person would have to take their no back; a no on our page or in one CRM holds everywhere.",
    _REASON.CONSENT_UNREADABLE: "Give the service's user the right to read the opt-out field; palaute check names it.",
    _REASON.NO_ADDRESS: "The contact needs an e-mail address or a phone number that one of the rule's channels can use.",
    _REASON.TOO_OLD: "It would have to be noticed sooner, or triggers.quiet.too_old be longer; was the service down?",
    _REASON.OUTRANKED: "The rule needs a higher priority than the one that asks the person.",
    _REASON.EXCLUDED: "The list under triggers.exclude that it is on would have to be shorter.",
    _REASON.SAMPLED_OUT: "The rule's sample would have to be larger, or at_least name a group that it belongs to.",
    _REASON.OUTSIDE_WINDOW: "triggers.quiet.window would have to open sooner, or triggers.quiet.too_old be longer.",
    _REASON.REOPENED: "It is asked about when it is closed for good, as far as the rule's reopened allows.",
    _REASON.DELETED: "Nothing: the record is gone.",
    _REASON.MERGED: "Nothing: the record that it was merged into has touchpoints of its own.",
    _REASON.PERSON_CHANGED: "Nothing: the next closing or purchase is asked about with the person it names then.",
    _REASON.UNDELIVERABLE: (
        "The contact's address has to be corrected in the CRM, or, where it works again, lifted by palaute addresses clear; then"
        " the next touchpoint reaches them."
    ),
    _REASON.UNUSABLE: "The record has to be put right in the CRM, or the kind's columns in mapping.kinds.",
}


_ROOM: Mapping[str, str] = {
    _REASON.QUARANTINED: "triggers.quiet.per_person would have to be shorter",
    _REASON.ACCOUNT_CAP: "triggers.quiet.per_account would have to be higher",
    _REASON.DOMAIN_CAP: "triggers.quiet.per_domain would have to be higher",
    _REASON.DAILY_CAP: "triggers.quiet.daily_cap would have to be higher",
}
"""What passes with time, and what would make room at once."""


def sentences(decided: Told | None, kind: str, rules: rule.Rules | None) -> list[str]:
    """What would have to change, for somebody who was not asked; empty for somebody who was."""
    if decided is None or decided["verdict"] == decision.Verdict.ASK:
        return []
    said = _conditions(decided["checked"], kind) if decided["reason"] == _REASON.NO_RULE_MATCHED else []
    if decided["reason"] in _REMEDIES:
        said.append(_REMEDIES[decided["reason"]])
    if decided["reason"] in _ROOM:
        said.append(_ROOM[decided["reason"]] + _or_wait(decided, rules))
    if decided["verdict"] == decision.Verdict.LATER:
        said.append(f"Otherwise nothing: it is looked at again by itself on {_moment(decided['look_again_at'])}.")
    return [*said, *_versions(decided, rules)]


def _or_wait(decided: Told, rules: rule.Rules | None) -> str:
    """What else would have let somebody be asked who was given up: waiting at all, or waiting longer."""
    if decided["verdict"] == decision.Verdict.LATER:
        return "."
    asking = None if rules is None else rules.named(decided["rule"])
    drops = rules is not None and asking is not None and rules.on_conflict(asking) is restraint.OnConflict.DROP
    return (
        ', or on_conflict be "defer", so that it waits.' if drops else ", or triggers.quiet.too_old longer, so that it can wait."
    )


def _conditions(checked: Sequence[Told], kind: str) -> list[str]:
    """For each rule of the kind the first condition that failed."""
    failed = [one for one in checked if not one["matched"] and not one["condition"].startswith(("kind is ", "connector in "))]
    if not failed:
        return [f'A rule on {kind} for this connector is needed: on = "{kind}".']
    said = [f"For rule “{one['rule']}” it would have to hold: {one['condition']}; it saw {shown(one['saw'])}." for one in failed]
    untold = any(one["saw"] == changes.UNTOLD for one in failed)
    return [*said, "palaute check says what to switch on in the CRM, so that it tells changes from then on."] if untold else said


def _moment(text: str) -> str:
    return timing.told(datetime.fromisoformat(text))


def shown(value: Any) -> str:
    """What a condition saw, as an admin reads it."""
    if value is None or value == "":
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else f"“{value}”" if isinstance(value, str) else str(value)


def _versions(decided: Told, rules: rule.Rules | None) -> list[str]:
    """Whether the rule is another one by now: what was decided is not decided again."""
    if rules is None or not decided["rule"]:
        return []
    now = rules.named(decided["rule"])
    if now is None:
        return [f"The rule “{decided['rule']}” is no longer in the settings."]
    if now.version != decided["rule_version"]:
        return [f"The rule “{decided['rule']}” has changed since; palaute rules history tells how."]
    return []
