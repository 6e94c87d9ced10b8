"""What an admin may set under ``[channels.sms]``."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from channels import loopback, phone
from wire import duration, place, secret

_SENDER = re.compile(r"^(?:\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 _.&-]{1,11})$")
"""A number, a short code, or an alphanumeric sender of at most eleven characters (3GPP TS 23.040 section 9.1.2.5)."""


def _sender(text: str) -> str:
    if not _SENDER.match(text):
        raise ValueError('should be a number such as "+358457300000", a short code, or a name of at most 11 letters and digits')
    return text


Sender = Annotated[str, AfterValidator(_sender)]
Region = Annotated[str, AfterValidator(phone.known_region)]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")]


class CommonSettings(BaseModel):
    """What every gateway has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Sender
    """What the phone shows as the sender."""
    countries: tuple[Region, ...] = ()
    """Only numbers of these countries are texted; none named: of all."""
    daily_cap: int | None = Field(default=None, ge=1)
    """Most texts on one day (by the brand's clock), reminders included; the rest waits for the next. None: no limit."""
    stop: Literal["reply", "link"] | None = None
    """How a customer says no: a ``reply`` with STOP (the sender is a number that can be answered, and the gateway tells us what
    people write) or a ``link``. None: reply where the sender is a number, else the link."""
    ca: place.ExistingFile | None = None
    """PEM file of the authorities to trust instead of the system's."""
    proxy: place.ProxyAddress | None = None
    timeout: duration.Duration = timedelta(seconds=30)

    @property
    def stop_by_reply(self) -> bool:
        """Whether an answer to the text reaches us."""
        chosen = self.stop or ("reply" if self.sender.lstrip("+").isdigit() else "link")
        return chosen == "reply"

    @field_validator("timeout", mode="after")
    @classmethod
    def _not_at_once(cls, timeout: timedelta) -> timedelta:
        if timeout < timedelta(seconds=1):
            raise ValueError('should be at least one second, such as "30s"')
        return timeout


class HookSettings(BaseModel):
    """How the gateway tells us of deliveries and answers, and where in its words things stand (dots lead inside)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: secret.Secret
    """What the gateway shows, or signs with."""
    header: Header = "Authorization"
    """Where it shows the secret, as it is or after ``Bearer``; or, with ``signed``, the signature."""
    signed: Literal["hmac-sha256"] | None = None
    """The header holds HMAC-SHA256 of the body with the secret, in hexadecimal or base64, perhaps after ``sha256=``."""
    id: str = "id"
    """The message's id, as the gateway answered it when it took the message."""
    status: str = "status"
    code: str = "code"
    delivered: tuple[str, ...] = ("delivered",)
    failed: tuple[str, ...] = ("failed", "undelivered", "undeliverable", "rejected", "expired")
    dead: tuple[str, ...] = ()
    """Codes that mean that the number does not exist; what failed with another code may work another time."""
    number: str = "from"
    """In an inbound message: who wrote it."""
    text: str = "text"


class HttpSettings(CommonSettings):
    """A gateway that takes one POST per text."""

    gateway: Literal["http"]
    url: Annotated[str, AfterValidator(loopback.guarded)]
    """Where a text is posted to."""
    format: Literal["json", "form"] = "json"
    body: Mapping[str, Any] = {"to": "{to}", "from": "{sender}", "text": "{text}", "idempotency_key": "{key}"}
    """What is posted: {to}, {sender}, {text} and {key} stand for the number, the sender, the text and a key of its own."""
    token: secret.Secret | None = None
    """Shown in ``header``."""
    header: Header = "Authorization"
    scheme: str = Field(default="Bearer", pattern=r"^[A-Za-z]{0,20}$")
    """Stands before the token; empty for a bare one."""
    username: str = ""
    """For basic authentication, with ``token`` as the password."""
    idempotency_header: Header | None = None
    """Where the gateway wants the key, when it is not in the body."""
    repeatable: bool | None = None
    """Whether the gateway drops a repeat with the same key. None: where a key is told, it does."""
    id: str = "id"
    """Where the answer tells the message's id; dots lead inside."""
    code: str = "code"
    """Where an answer that refuses tells why."""
    refused: tuple[int, ...] = (404, 410, 422)
    """Statuses that mean that this number cannot be texted, ever."""
    refused_codes: tuple[str, ...] = ()
    """Codes that mean the same, whatever the status."""
    check: str | None = None
    """An address that a GET with our credentials answers with 2xx; asked by ``palaute check``."""
    hooks: HookSettings | None = None

    @property
    def drops_repeats(self) -> bool:
        """Whether an unsure text may simply be sent again."""
        told = self.idempotency_header is not None or "{key}" in str(self.body)
        return told if self.repeatable is None else self.repeatable

    @field_validator("body", mode="after")
    @classmethod
    def _says_what(cls, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if "{to}" not in str(body) or "{text}" not in str(body):
            raise ValueError('should hold "{to}" and "{text}", such as { to = "{to}", message = "{text}" }')
        return body

    @field_validator("check", mode="after")
    @classmethod
    def _same_house(cls, check: str | None) -> str | None:
        return None if check is None else loopback.guarded(check)

    @model_validator(mode="after")
    def _password_for_the_name(self) -> Self:
        if self.username and self.token is None:
            raise ValueError("username needs token, which is its password")
        if self.check is not None and urlsplit(self.check).hostname != urlsplit(self.url).hostname:
            raise ValueError("check should be on the same host as url: our credentials go there")
        return self


class TwilioSettings(CommonSettings):
    """Twilio's Programmable Messaging."""

    gateway: Literal["twilio"]
    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: secret.Secret
    """Signs in, unless there is an api_key, and checks the signature of what Twilio posts to us."""
    api_key: str | None = Field(default=None, pattern=r"^SK[0-9a-fA-F]{32}$")
    api_secret: secret.Secret | None = None
    messaging_service: str | None = Field(default=None, pattern=r"^MG[0-9a-fA-F]{32}$")
    """Chooses the sender from its pool, in place of ``sender``."""
    url: Annotated[str, AfterValidator(loopback.guarded)] = "https://api.twilio.com"
    reports: bool = True
    """Ask for delivery reports; they need pages that Twilio can reach."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.api_key is None) != (self.api_secret is None):
            raise ValueError("api_key and api_secret belong together: set both, or neither to sign in with auth_token")
        return self


class MemorySettings(CommonSettings):
    """No gateway at all: texts are kept in memory, as long as the service runs, and nobody gets one. For trying rules."""

    gateway: Literal["memory"]


SmsSettings = Annotated[HttpSettings | TwilioSettings | MemorySettings, Field(discriminator="gateway")]
"""One of them, told apart by ``gateway``."""
