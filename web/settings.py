"""The section ``[web]`` of the settings: where the pages listen and what their address is from outside."""

import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from triggers import spans
from wire import secret as secrets

_SHORTEST_SECRET = 32
_LISTEN = re.compile(r"^(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[A-Za-z0-9.\-]*)):(?P<port>\d{1,5})$")


def _address(listen: str) -> str:
    found = _LISTEN.match(listen)
    if found is None:
        raise ValueError('should be an address and a port such as "127.0.0.1:8080" or "[::1]:8080"')
    if int(found["port"]) > 65535:
        raise ValueError(f"has the port {found['port']}: a port is 0 to 65535, where 0 means any that is free")
    return listen


def _outside(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
    except ValueError:
        port_fits = False
    if (
        not port_fits
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or "@" in url
    ):
        raise ValueError('should be an address such as "https://feedback.example.com", without "?" or "#"')
    return url.rstrip("/")


def _networks(proxies: tuple[str, ...]) -> tuple[str, ...]:
    for one in proxies:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise ValueError(f'has {one!r}: should be addresses or networks such as "10.0.0.7" or "10.1.0.0/16"') from None
    return proxies


class LimitSettings(BaseModel):
    """``[web.limits]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_link: spans.Capped = Field(
        default=spans.cap("120 per 1m"), description='Requests for the links of one invitation: "120 per 1m"'
    )
    per_address: spans.Capped = Field(
        default=spans.cap("600 per 1s"), description="Requests from one address; loopback and private ones are not counted"
    )
    connections: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=200, description="Connections from one address at the same time; loopback and private ones are not counted"
    )


class EmbedSettings(BaseModel):
    """``[web.embed]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: secrets.Secret | None = Field(
        default=None, description="With which pages of others sign who is signed in there: env:NAME or file:PATH"
    )

    @field_validator("secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < _SHORTEST_SECRET:
            raise ValueError(f"refers to a secret of less than {_SHORTEST_SECRET} bytes: make one with openssl rand -hex 32")
        return value


class WebSettings(BaseModel):
    """``[web]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:8080"
    public_url: Annotated[str, AfterValidator(_outside)] = "http://127.0.0.1:8080"
    """Where the links in mails point, without a slash at the end; by default the address that the pages listen on."""
    short_url: Annotated[str, AfterValidator(_outside)] | None = None
    """A shorter address of the same pages, for the links in texts; by default ``public_url``."""

    proxies: Annotated[tuple[str, ...], AfterValidator(_networks)] = Field(
        default=(), description="Addresses or networks of our own proxies: what they add to X-Forwarded-For is believed"
    )

    embed: EmbedSettings = Field(default=EmbedSettings(), description="Surveys within pages of others")
    limits: LimitSettings = Field(default=LimitSettings(), description="How much is served at once")

    @model_validator(mode="before")
    @classmethod
    def _reachable(cls, section: Any) -> Any:
        if not isinstance(section, dict) or section.get("public_url"):
            return section
        listen = str(section.get("listen", "127.0.0.1:8080"))
        if listen.endswith(":0") or listen.startswith((":", "0.0.0.0:", "[::]:")):
            raise ValueError(f'public_url is needed: "{listen}" does not tell where a customer finds the pages')
        return {**section, "public_url": f"http://{listen}"}

    @property
    def trusted(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The proxies as networks."""
        return tuple(ipaddress.ip_network(one) for one in self.proxies)

    @property
    def host(self) -> str:
        """The host part of ``listen``; empty means every address of the machine."""
        found = _LISTEN.match(self.listen)
        return (found["six"] or found["host"] or "") if found else ""

    @property
    def port(self) -> int:
        """The port of ``listen``; 0 means any that is free."""
        return int(self.listen.rsplit(":", 1)[1])

    @property
    def root(self) -> str:
        """The path that the pages stand under from outside: ``/feedback``, or empty."""
        return urlsplit(self.public_url).path.rstrip("/")
