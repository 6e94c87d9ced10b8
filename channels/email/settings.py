"""What an admin may set under ``[channels.email]``."""

import email.utils
import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from channels import address
from triggers import spans
from wire import duration, place, secret


def mailbox(text: str) -> tuple[str, str]:
    """``Havu <feedback@havu.example>`` as name and normalised address; the name may be empty.

    Raises ValueError that says what would be right.
    """
    name, plain = email.utils.parseaddr(text)
    normal = address.normalised(plain)
    if normal is None or not normal.isascii():
        raise ValueError('should be a mail address such as "feedback@havu.example" or "Havu <feedback@havu.example>"')
    return name, normal


def _checked(text: str) -> str:
    if text:
        mailbox(text)
    return text


Mailbox = Annotated[str, AfterValidator(_checked)]
"""A mail address with or without a name; empty where it is optional."""
HeaderName = Annotated[str, Field(pattern=r"^X-[A-Za-z0-9-]{1,70}$")]
_SHORTEST_SECRET = 16
_TOPIC = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$"


class BouncesSettings(BaseModel):
    """``[channels.email.bounces]``: how we hear of mails that did not arrive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    imap: str = Field(default="", pattern=r"^(imaps?://[A-Za-z0-9.\-]+(:\d{1,5})?/?)?$")
    """The mailbox that returned mails go to: ``imaps://imap.havu.example``; with ``imap://`` encryption begins by STARTTLS."""
    username: str = ""
    password: secret.Secret | None = None
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    poll: duration.Duration = timedelta(minutes=1)
    """How often it is looked into."""
    done: str = Field(default="mark", pattern=r"^(mark|delete|move:[^\r\n]{1,200})$")
    """What becomes of a report that was read: ``mark`` it as seen, ``delete`` it, or ``move:FOLDER``. Other mails stay."""
    address: Mailbox = ""
    """The envelope's sender, where returned mails go; empty: the sender."""
    own_address: bool = False
    """Every mail has an envelope sender of its own, ``bounces+…@havu.example``: for servers that return nothing of the mail."""
    hook_secret: secret.Secret | None = None
    """What whoever calls ``POST /hooks/mail`` must show; without it and ``sns_topics`` that address does not exist."""
    sns_topics: tuple[Annotated[str, Field(pattern=_TOPIC)], ...] = ()
    """Topics of Amazon SNS that may call ``POST /hooks/mail`` without the secret, since Amazon signs; and no other topic may."""
    proxy: place.ProxyAddress | None = None
    """On the way to Amazon SNS, which is asked for its certificates and to confirm a subscription."""

    @field_validator("poll", mode="after")
    @classmethod
    def _not_without_pause(cls, poll: timedelta) -> timedelta:
        if poll < timedelta(seconds=1):
            raise ValueError('should be at least one second, such as "60s"')
        return poll

    @field_validator("hook_secret", mode="after")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"refers to a secret of fewer than {_SHORTEST_SECRET} characters: make a long random one")
        return value

    @field_validator("username", "folder", mode="after")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(ord(character) < 32 for character in value):
            raise ValueError("should be one line without control characters")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.imap) != (bool(self.username) and self.password is not None):
            raise ValueError("imap, username and password belong together: set all three, or none of them")
        if self.own_address and not self.address:
            raise ValueError('own_address needs address, such as "bounces@havu.example"')
        return self


class EmailSettings(BaseModel):
    """One mail server that takes our mails (a submission server, RFC 6409, or a relay)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``starttls``: begin in the clear, go on encrypted or not at all. ``tls``: encrypted from the first byte (port 465)."""
    username: str = ""
    password: secret.Secret | None = None
    sender: Mailbox = Field(min_length=1)
    """Goes into From; its domain is the one that SPF, DKIM and DMARC must cover."""
    reply_to: Mailbox = ""
    """Where people's replies go; empty sends them to the sender."""
    unsubscribe: Mailbox = ""
    """An address that takes unsubscribe mails, told in List-Unsubscribe beside the link; empty leaves it out."""
    dkim: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$")
    """Selector under which the mail server signs (DKIM), so that ``palaute check`` can look for its key; it is not sent."""
    ca: Path | None = None
    """PEM file of the authorities to trust instead of the system's; a relative path is taken from the settings file's folder."""
    timeout: duration.Duration = timedelta(seconds=30)
    """For connecting and for each answer of the server."""
    per_second: float | None = Field(default=None, ge=0.1, le=1000)
    """Messages a second at most; None sends as fast as the server takes them."""
    per_domain: spans.Capped | None = None
    """Messages to one recipient domain at most: ``"20 per 1m"``; None sends as they come."""
    headers: Mapping[HeaderName, str] = {}
    """Further headers, such as a provider's own; ``{id}`` is the first part of the Message-ID."""
    logo: bool = False
    """Show the brand's logo (PNG or JPEG) instead of its name: mail programs then fetch a picture from our pages."""
    bounces: BouncesSettings = BouncesSettings()
    connections: int = Field(default=2, ge=1, le=20)
    """Connections open at the same time at most."""

    @field_validator("ca", mode="after")
    @classmethod
    def _readable(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is None:
            return None
        found = Path((info.context or {}).get("folder", ".")) / path
        if not found.is_file():
            raise ValueError(f"refers to the file {found}, which is not there")
        try:
            ssl.create_default_context(cafile=str(found))
        except ssl.SSLError:
            raise ValueError(f"refers to the file {found}, which holds no certificate in PEM form") from None
        return found

    @field_validator("timeout", mode="after")
    @classmethod
    def _not_at_once(cls, timeout: timedelta) -> timedelta:
        if timeout < timedelta(seconds=1):
            raise ValueError('should be at least one second, such as "30s"')
        return timeout

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password belong together: set both, or neither for a server that asks for none")
        return self

    @model_validator(mode="before")
    @classmethod
    def _no_line_breaks(cls, values: Any) -> Any:
        for key in ("host", "username", "sender", "reply_to", "unsubscribe", "headers"):
            told = values.get(key, "") if isinstance(values, dict) else ""
            for text in told.values() if isinstance(told, dict) else [told]:
                if any(ord(character) < 32 or (key == "headers" and ord(character) > 126) for character in str(text)):
                    raise ValueError(f"{key} should be one line without control characters")
        return values
