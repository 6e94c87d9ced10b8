"""What an admin may set under ``[channels.webhook]``."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

from channels import loopback
from channels.webhook import signing
from wire import duration, place, secret


class WebhookSettings(BaseModel):
    """One address that takes invitations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(loopback.guarded)]
    """Where an invitation is posted to; https, unless it is this machine."""
    secret: secret.Secret
    """``whsec_`` and the base64 of 24 to 64 random bytes, shared with the receiver."""
    facts: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Facts of the touchpoint's context that are handed over, by name."""
    daily_cap: int | None = Field(default=None, ge=1)
    """Most invitations handed over on one day; None: no limit."""
    ca: place.ExistingFile | None = None
    """PEM file of the authorities to trust instead of the system's."""
    proxy: place.ProxyAddress | None = None
    timeout: duration.Duration = timedelta(seconds=20)

    @field_validator("secret", mode="after")
    @classmethod
    def _a_key(cls, given: SecretStr) -> SecretStr:
        signing.key(given.get_secret_value())
        return given
