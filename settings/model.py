"""The whole of settings.toml: one section per room, each of the room's own making."""

from collections.abc import Mapping
from typing import Annotated

import pydantic

from channels import settings as channels_settings
from connectors import settings as connectors_settings
from journey import settings as journey_settings
from mapping import settings as mapping_settings
from store import settings as store_settings
from surveys import settings as surveys_settings
from surveys import survey
from triggers import rule
from web import settings as web_settings
from wire import duration

Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]


class Settings(pydantic.BaseModel):
    """What an admin may change."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, title="Palaute's settings")

    store: store_settings.StoreSettings = pydantic.Field(
        default=store_settings.StoreSettings(), description="What survives a crash"
    )
    connectors: Mapping[Name, connectors_settings.ConnectorSettings] = pydantic.Field(
        min_length=1, description="[connectors.NAME]: one CRM org each"
    )
    mapping: mapping_settings.MappingSettings = pydantic.Field(
        default=mapping_settings.MappingSettings(),
        description="Between the CRM's words and ours: where answers go, what counts as a touchpoint",
    )
    triggers: rule.Rules = pydantic.Field(default=rule.Rules(), description="Whom to ask, about what, when")
    surveys: surveys_settings.SurveysSettings = pydantic.Field(description="What to ask, in whose name")
    channels: channels_settings.ChannelsSettings = pydantic.Field(description="How to reach people")
    web: web_settings.WebSettings = pydantic.Field(default=web_settings.WebSettings(), description="Where customers answer")
    journey: journey_settings.JourneySettings = pydantic.Field(
        default=journey_settings.JourneySettings(), description="How the work is run"
    )

    def as_brand(self) -> survey.Brand:
        """Who asks, with the two promises that pages and mails make in figures."""
        months = round(self.journey.forget / duration.parse("1 month"))
        days = self.triggers.quiet.per_person.days
        return self.surveys.as_brand(keep_months=months, repeat_days=days or None)
