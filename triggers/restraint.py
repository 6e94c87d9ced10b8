"""How the settings say when to leave people in peace: ``[triggers.quiet]``, ``[triggers.exclude]`` and ``[triggers.zones]``.

Read by settings, applied by permission, pressure, quiet and timing.
"""

import enum
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import pydantic

from triggers import calendar, facts, spans, touchpoint

SHARED_DOMAINS = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com", "me.com",
    "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "hotmail.fi", "luukku.com", "kolumbus.fi",
    "elisanet.fi", "saunalahti.fi", "suomi24.fi", "telia.com", "hotmail.se", "yahoo.se", "online.no",
)  # fmt: skip
"""Where people of many companies have their mailbox: such a domain says nothing of who they work for."""


class OnConflict(enum.StrEnum):
    """What becomes of a touchpoint that may not be asked about for now."""

    DROP = "drop"
    """Never asked about."""
    DEFER = "defer"
    """Asked about when nothing speaks against it any more, if that is before the touchpoint is too old."""


class Reopened(enum.StrEnum):
    """What becomes of a case that was closed more than once."""

    RESTART = "restart"
    """Re-opening ends what was planned; the next closing is asked about as if it were the first."""
    CANCEL = "cancel"
    """A case that was re-opened is not asked about any more."""
    ONCE_PER_CASE = "once-per-case"
    """A case about which somebody was asked is not asked about again."""
    ONCE_PER_CLOSURE = "once-per-closure"
    """Each closing counts by itself: re-opening does not end what was planned."""


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Quiet(_Section):
    """When to leave people in peace."""

    per_person: spans.Span = pydantic.Field(
        timedelta(days=30), description="Nobody is asked again within this time, across connectors, rules and channels"
    )
    per_account: spans.Capped | None = pydantic.Field(None, description='Most askings of one account: "3 per 7d"')
    per_domain: spans.Capped | None = pydantic.Field(None, description='Most askings of one e-mail domain: "5 per 7d"')
    shared_domains: tuple[str, ...] = pydantic.Field(
        SHARED_DOMAINS, description="Domains that per_domain does not count: people of many companies have their mailbox there"
    )
    daily_cap: int | None = pydantic.Field(None, ge=1, description="Most askings on one day, over everything")
    window: calendar.SendWindow | None = pydantic.Field(
        None, description='When messages may go out, by the person\'s clock: "mon-fri 09:00-17:00"'
    )
    holidays: Annotated[
        tuple[calendar.ClosedDay, ...], pydantic.BeforeValidator(spans.one_or_list, json_schema_input_type=str | list[str])
    ] = pydantic.Field((), description='Days without messages: "FI", "DE-BY", "2026-12-31", or a list')
    business_days: bool = pydantic.Field(False, description="Whole days of a delay count only days on which the window opens")
    too_old: spans.Positive = pydantic.Field(
        timedelta(days=7), description="A touchpoint noticed later than this is not asked about"
    )
    on_conflict: OnConflict = pydantic.Field(
        OnConflict.DEFER, description="defer until the quarantine or the cap lets it through, at most until too_old; or drop"
    )

    @cached_property
    def shared(self) -> frozenset[str]:
        """``shared_domains`` as they are compared."""
        return frozenset(name.strip().casefold() for name in self.shared_domains)

    def days(self, window: calendar.Window | None) -> calendar.Days | None:
        """The hours in which messages may go out, with a rule's own window where it has one; None: at any time."""
        chosen = window or self.window
        if chosen is None and not self.holidays:
            return None
        return calendar.Days(window=chosen or calendar.ALWAYS, closed=self.holidays)

    @cached_property
    def working(self) -> calendar.Days:
        """The days that a delay counts."""
        return calendar.Days(window=self.window or calendar.ALWAYS, closed=self.holidays)


def plain_domain(value: Any) -> str:
    """A domain as it is compared: ``@Example.com`` is ``example.com``. Raises ValueError for what is none."""
    name = value.strip().casefold().removeprefix("@").strip(".") if isinstance(value, str) else ""
    if "." not in name or "@" in name or any(letter.isspace() for letter in name):
        raise ValueError('should be a domain such as "example.com"')
    return name


def plain_address(value: Any) -> str:
    """An e-mail address or phone number as it is compared: folded, or digits only. Raises ValueError for what is neither."""
    text = unicodedata.normalize("NFKC", value).strip().casefold() if isinstance(value, str) else ""
    if "@" in text[1:-1]:
        return text
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) < _SHORTEST_PHONE:
        raise ValueError("should be an e-mail address, or a phone number with its country code")
    return digits.removeprefix("00")


_SHORTEST_PHONE = 6
Domain = Annotated[str, pydantic.BeforeValidator(plain_domain, json_schema_input_type=str)]
Address = Annotated[str, pydantic.BeforeValidator(plain_address, json_schema_input_type=str)]
ACCOUNT_TYPE = "account_type"
"""The fact that ``account_types`` compares."""


class Exclude(_Section):
    """Who is never asked."""

    domains: tuple[Domain, ...] = pydantic.Field((), description="E-mail domains, with everything below them")
    own_domains: tuple[Domain, ...] = pydantic.Field((), description="Our own domains: colleagues are no customers")
    addresses: tuple[Address, ...] = pydantic.Field((), description="E-mail addresses and phone numbers of single people")
    account_types: tuple[spans.Name, ...] = pydantic.Field(
        (), description="Values of the fact account_type: Competitor, Partner …"
    )

    @cached_property
    def folded_types(self) -> frozenset[str]:
        """``account_types`` as they are compared."""
        return frozenset(facts.fold(name) for name in self.account_types)

    @cached_property
    def people(self) -> frozenset[str]:
        """``addresses`` to look one up in."""
        return frozenset(self.addresses)

    @cached_property
    def anything(self) -> bool:
        """Whether anybody is excluded at all."""
        return bool(self.domains or self.own_domains or self.addresses or self.account_types)

    def names(self, person: touchpoint.Recipient) -> bool:
        """Whether one of the person's addresses is on the list."""
        return any(_plain_or_empty(address) in self.people for address in (person.email, person.phone) if address)


def _plain_or_empty(address: str) -> str:
    try:
        return plain_address(address)
    except ValueError:
        return ""


def within(domain: str, listed: tuple[str, ...]) -> str:
    """The one of these domains that the domain is or lies below; empty when there is none."""
    return next((one for one in listed if domain == one or domain.endswith(f".{one}")), "")


def _zone(name: Any) -> str:
    if calendar.zone(name) is None:
        raise ValueError('should be a time zone such as "Europe/Helsinki"')
    return str(name)


ZoneName = Annotated[str, pydantic.BeforeValidator(_zone, json_schema_input_type=str)]


class Zones(_Section):
    """Whose clock counts: the first of the fact time_zone, country, language, the fact account_time_zone, connector, company."""

    countries: Mapping[str, ZoneName] = pydantic.Field({}, description='By the fact country: { Sweden = "Europe/Stockholm" }')
    languages: Mapping[str, ZoneName] = pydantic.Field({}, description='By the person\'s language: { sv = "Europe/Stockholm" }')
    connectors: Mapping[str, ZoneName] = pydantic.Field({}, description='By connector: { acme = "Europe/Stockholm" }')
    company: ZoneName = pydantic.Field("UTC", description="Everybody else's; without it, surveys.brand.time_zone")

    @cached_property
    def home(self) -> ZoneInfo:
        """The company's own zone, in which days are counted."""
        return ZoneInfo(self.company)

    @cached_property
    def _folded(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return (
            {facts.fold(name): where for name, where in self.countries.items()},
            {facts.fold(name): where for name, where in self.languages.items()},
        )

    def of(self, touch: touchpoint.Touchpoint) -> ZoneInfo:
        """The zone of the person whom the touchpoint concerns."""
        countries, languages = self._folded
        context = touch.context
        language = facts.fold(touch.person.language if touch.person is not None else "")
        names = (
            context.get("time_zone"),
            countries.get(facts.fold(context.get("country") or "")) if countries else None,
            (languages.get(language) or languages.get(language[:2])) if languages else None,
            context.get("account_time_zone"),
            self.connectors.get(touch.connector),
        )
        return next((zone for name in names if name and (zone := calendar.zone(name)) is not None), self.home)

    def at_home(self, company: str) -> Self:
        """These zones with the company's own, unless they name one."""
        return (
            self if "company" in self.model_fields_set else type(self).model_validate({**self.model_dump(), "company": company})
        )
