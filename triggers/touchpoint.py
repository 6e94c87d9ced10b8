"""The touchpoint: one moment a customer met us, frozen as it was then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Plain = str | int | float | bool | None
"""What a context value may be; instants are ISO 8601 text in UTC."""


HOME = "FI"
"""Where a phone number without a country code belongs, when neither the person's country nor settings tell."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom the touchpoint concerns and how this person can be reached, as the CRM said at that moment. Personal data."""

    record: str = ""
    """The person's own record id in the CRM (contact), empty when only an address is known."""
    object: str = ""
    """The CRM object of that record: ``Contact``; empty where the kind's columns do not say."""
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    """As the CRM has it: not checked, not normalised."""
    phone: str = field(default="", repr=False)
    country: str = HOME
    """Where the number belongs if it has no country code: the person's country, or that of ``[mapping] region`` (ISO 3166)."""
    language: str = ""
    """As the CRM has it (``fi``, ``sv_SE``, ``1035``, ``Suomi``); surveys/language.py makes sense of it."""
    opted_out: bool | None = None
    """None: the CRM did not let us read the consent, so nobody is asked."""


@dataclass(frozen=True, kw_only=True)
class Touchpoint:
    """One moment a customer met us. Unique by (connector, kind, record, occurrence)."""

    connector: str
    kind: str
    """``case_closed``, ``purchase``, or one that settings define."""
    object: str
    """The CRM object the score goes back to: ``Case``, ``incident``."""
    record: str
    """That record's id in the CRM."""
    occurrence: str
    """Which closing of the case it is; a constant where a record can only do it once."""
    label: str
    """What people call the record: case number, order number, the name of the opportunity."""
    happened_at: datetime
    source: str
    """Name of the mapping source (and watch) it came from."""
    person: Recipient | None
    account: str = ""
    """The account's record id in the CRM, empty when there is none."""
    context: Mapping[str, Plain] = field(default_factory=dict, repr=False)
    """What rules may test, as it was then: subject, priority, origin, owner, team, product, amount, account_name …"""
    trouble: str = ""
    """What makes the record unusable, as a sentence without personal data; empty for a sound one. Such a touchpoint is kept,
    so that ``palaute why`` can tell of it, and decided as unusable."""
