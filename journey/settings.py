"""``[journey]`` in settings.toml: how the belt runs."""

import enum
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator

from wire import duration


class Unsure(enum.StrEnum):
    """What becomes of a message that may or may not have gone."""

    PARK = "park"
    """It waits for a person (``palaute retry``)."""
    RESEND = "resend"
    """It goes again with the same Message-ID: somebody may get it twice, nobody goes without."""


class Gather(BaseModel):
    """Work is gathered into batches, so that one CRM call carries many rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet: duration.Duration = Field(default=timedelta(seconds=3), description="Wait until nothing new has come for this long")
    at_most: duration.Duration = Field(default=timedelta(seconds=30), description="But never longer than this")


class Undelivered(BaseModel):
    """What becomes of messages that do not arrive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    give_up: duration.Duration = Field(
        default=timedelta(days=4), description="A message that is deferred again and again is undeliverable after this long"
    )
    soft: int = Field(default=3, ge=1, le=100, description="An address is given up after so many messages came back for a while")
    fallback_within: duration.Duration = Field(
        default=timedelta(days=7),
        description="A message that came back later than this does not go over the next channel",
    )


class Signs(BaseModel):
    """By which signs a post is taken for a machine's; docs/answers.md tells why each default is what it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    named: bool = Field(default=True, description="Doubt clients that call themselves robots, link previews, headless browsers")
    names: tuple[str, ...] = Field(default=(), description="Further names of such clients, as they stand in a user agent")
    automated: bool = Field(default=True, description="Doubt browsers that say that a program steers them (navigator.webdriver)")
    decoy: bool = Field(default=True, description="Doubt posts that fill in the field that people cannot see")
    values: int = Field(
        default=3, ge=0, le=20, description="A visitor who opens so many different values within moments is a machine; 0: off"
    )
    within: duration.Duration = Field(default=timedelta(seconds=10), description="What moments are, for that")
    just_sent: duration.Duration = Field(
        default=timedelta(seconds=3), description='Nobody answers sooner after the mail server took the message; "0s": off'
    )
    pace: duration.Duration = Field(default=timedelta(seconds=2), description='Nobody reads a page and answers faster; "0s": off')
    gateway: int = Field(
        default=10, ge=0, le=10_000, description="A visitor who answers for so many people within moments is a machine; 0: off"
    )
    gateway_within: duration.Duration = Field(default=timedelta(minutes=1), description="What moments are, for that")

    @field_validator("names")
    @classmethod
    def _tells_something(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        short = [name for name in names if len(name.strip()) < 4]
        if short:
            raise ValueError(f"{short[0]!r} is too short: browsers of people would match too; at least 4 letters")
        return names

    @field_validator("within", "just_sent", "pace", "gateway_within")
    @classmethod
    def _moments(cls, value: timedelta) -> timedelta:
        if value > timedelta(minutes=10):
            raise ValueError("should be at most 10m: longer than that is no moment")
        return value


class Places(BaseModel):
    """``[journey.places]``: answers that nobody was invited to give."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    taps: int = Field(default=3, ge=2, le=100, description="So many taps on one tablet ...")
    within: duration.Duration = Field(
        default=timedelta(seconds=10), description="... within this time are one answer and repeats, all kept, one counted"
    )
    same_browser: duration.Duration = Field(
        default=timedelta(minutes=2), description="A second answer from one browser at one place within this time is a repeat"
    )
    per_address: int = Field(default=600, ge=1, description="Posts that one address may send to places in an hour")


class JourneySettings(BaseModel):
    """How the belt runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unsure: Unsure = Field(default=Unsure.PARK, description="A mail that may or may not have gone: park it, or resend it")
    forget: duration.Duration = Field(
        default=duration.parse("24 months"), description="How long personal data of finished touchpoints is kept"
    )
    gather: Gather = Gather()
    signs: Signs = Field(default=Signs(), description="When an answer is kept apart because a machine may have given it")
    undelivered: Undelivered = Undelivered()
    places: Places = Places()
    batch: int = Field(default=1000, ge=1, le=5000, description="Most rows that one batch of a step holds")

    @field_validator("forget")
    @classmethod
    def _longer_than_a_survey(cls, value: timedelta) -> timedelta:
        if value < timedelta(days=30):
            raise ValueError("should be at least 30d: a survey must be over before its data goes")
        return value
