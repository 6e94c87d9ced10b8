"""The decision: a verdict with a named reason, kept for every touchpoint, silence included."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from triggers import load, touchpoint


class Verdict(enum.StrEnum):
    """What is to happen with a touchpoint."""

    ASK = "ask"
    LATER = "later"
    """Suppressed for now; looked at again at ``Decision.look_again_at``."""
    NEVER = "never"


class Reason(enum.StrEnum):
    """Why. A closed list: counted in status, told by ``palaute why``."""

    ASKED = "asked"
    NO_RULE_MATCHED = "no_rule_matched"
    OPTED_OUT = "opted_out"
    CONSENT_UNREADABLE = "consent_unreadable"
    NO_ADDRESS = "no_address"
    QUARANTINED = "quarantined"
    OUTRANKED = "outranked"
    """A rule with a higher priority gets the person."""
    ACCOUNT_CAP = "account_cap"
    DOMAIN_CAP = "domain_cap"
    DAILY_CAP = "daily_cap"
    EXCLUDED = "excluded"
    """On one of the lists of ``[triggers.exclude]``."""
    SAMPLED_OUT = "sampled_out"
    OUTSIDE_WINDOW = "outside_window"
    """The window does not open before the touchpoint is too old."""
    TOO_OLD = "too_old"
    REOPENED = "reopened"
    DELETED = "deleted"
    MERGED = "merged"
    PERSON_CHANGED = "person_changed"
    """The record names somebody else now than when it was decided whom to ask."""
    UNDELIVERABLE = "undeliverable"
    """The mail server refused the address for good."""
    UNUSABLE = "unusable"
    """The record could not be made sense of; the explanation says what was wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """How one rule looked at the touchpoint: its first condition that failed, or that it matched."""

    rule: str
    matched: bool
    condition: str = ""
    """The first condition that failed, as an admin would read it: ``priority is not Low``."""
    saw: touchpoint.Plain = None
    """The value that condition saw."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to send and when, frozen at the decision: later changes of the rule do not touch it."""

    survey: str
    channels: tuple[str, ...]
    due_at: datetime
    expires_at: datetime
    remind: tuple[timedelta, ...] = ()
    """When to remind, counted from the moment the first message went; rising, each before the survey expires."""
    variant: str = ""
    """Name of the rule's variant that this record gets; empty where the rule has none."""


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A reason not to ask now."""

    reason: Reason
    words: str
    """The explanation, to follow "Rule … matched, but"."""
    until: datetime | None = None
    """When to look again; None for never."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict on one touchpoint."""

    verdict: Verdict
    reason: Reason
    rule: str = ""
    """Name of the rule that decided, empty when none matched."""
    rule_version: str = ""
    """Hash of that rule's text, so that it can be told later under which wording this was decided."""
    explanation: str = ""
    """One sentence an admin understands."""
    checked: tuple[Checked, ...] = ()
    plan: Plan | None = None
    """Present when the verdict is ASK."""
    look_again_at: datetime | None = None
    """Present when the verdict is LATER."""
    probability: float | None = None
    """How probable it was that the record came into the sample: what weighted figures divide by. None where none was drawn."""
    counted: load.Asking | None = None
    """What this asking counts as; present when the verdict is ASK."""
    displaces: tuple[int, ...] = ()
    """Touchpoints whose planned askings give way to this one, by the numbers in ``history.Planned``."""
