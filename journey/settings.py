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


class JourneySettings(BaseModel):
    """How the belt runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unsure: Unsure = Field(default=Unsure.PARK, description="A mail that may or may not have gone: park it, or resend it")
    forget: duration.Duration = Field(
        default=duration.parse("24 months"), description="How long personal data of finished touchpoints is kept"
    )
    gather: Gather = Gather()
    batch: int = Field(default=1000, ge=1, le=5000, description="Most rows that one batch of a step holds")

    @field_validator("forget")
    @classmethod
    def _longer_than_a_survey(cls, value: timedelta) -> timedelta:
        if value < timedelta(days=30):
            raise ValueError("should be at least 30d: a survey must be over before its data goes")
        return value
