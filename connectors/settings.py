"""What an admin writes under ``[connectors.NAME]``: one model per ``type``, each telling what would be right."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wire import duration, http, place, secret


def _moment(value: timedelta) -> timedelta:
    if value < timedelta(seconds=0.1):
        raise ValueError('should be longer than nothing, such as "30s"')
    return value


Moment = Annotated[duration.Duration, AfterValidator(_moment)]
"""A duration that is not nought."""


class CommonSettings(BaseModel):
    """What every connector has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poll: Moment = timedelta(seconds=60)
    """How often to ask the CRM what is new."""
    lag: duration.Duration = timedelta(seconds=10)
    """The bookmark stays this far behind the CRM's own clock: rows may become visible late."""
    look_back: duration.Duration = timedelta(minutes=10)
    """How much before the bookmark every round reads again."""
    since: duration.Duration | None = None
    """How much of the past to ask about at the very first start; default: nothing."""
    call_budget: int | None = Field(default=None, ge=1)
    """Most calls within 24 hours; default: only the CRM's own limit."""


class OverTheWireSettings(CommonSettings):
    """What every connector has that speaks over a network."""

    ca: place.ExistingFile | None = None
    """The company's own certificate authority (PEM); default: the public ones."""
    proxy: place.ProxyAddress | None = None
    """HTTP proxy for this connector. Proxies of the environment are not used, so that a service behaves as a shell does."""
    proxy_username: str | None = None
    """For a proxy that asks who we are."""
    proxy_password: secret.Secret | None = None
    timeout: Moment = timedelta(seconds=30)
    """How long to wait for the CRM to take up a call or to say the next word; a write, whose triggers run first, ten times as
    long."""
    largest_answer: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    """Most bytes of one answer; more is treated as a fault."""

    @model_validator(mode="after")
    def _proxy_is_whole(self) -> Self:
        if self.proxy_username is not None and self.proxy is None:
            raise ValueError('proxy_username needs proxy, such as "http://proxy.example:3128"')
        if (self.proxy_username is None) != (self.proxy_password is None):
            raise ValueError('proxy_username and proxy_password, such as "env:PROXY_PASSWORD", belong together')
        return self

    def network(self) -> http.Network:
        """The way out of the house, as these settings describe it."""
        password = self.proxy_password.get_secret_value() if self.proxy_password is not None else None
        return http.Network(
            ca=self.ca,
            proxy=place.with_user(self.proxy, self.proxy_username, password) if self.proxy is not None else None,
            timeout=self.timeout.total_seconds(),
            largest_answer=self.largest_answer,
        )


_RETIRED = {"soap", "login", "password", "username_password"}


def _living_flow(flow: Any) -> Any:
    if isinstance(flow, str) and flow in _RETIRED:
        raise ValueError(
            "is a way of signing in that Salesforce retires (SOAP login() ends with Summer '27, the password flow is blocked in "
            'new orgs): make a connected app and write "client_credentials" or "jwt_bearer"'
        )
    return flow


class SalesforceSettings(OverTheWireSettings):
    """A Salesforce org."""

    type: Literal["salesforce"]
    login_url: place.SecureAddress
    """My Domain: https://acme.my.salesforce.com; for a sandbox https://acme--name.sandbox.my.salesforce.com."""
    flow: Annotated[
        Literal["client_credentials", "jwt_bearer"],
        BeforeValidator(_living_flow, json_schema_input_type=Literal["client_credentials", "jwt_bearer"]),
    ] = "client_credentials"
    client_id: str = Field(min_length=1)
    """Consumer key of the connected app."""
    client_secret: secret.Secret | None = None
    username: str | None = None
    """For jwt_bearer: the user to act as."""
    private_key: secret.Secret | None = None
    """For jwt_bearer: the PEM key whose certificate the connected app holds, as "file:PATH"."""
    audience: str | None = None
    """For jwt_bearer: default https://login.salesforce.com, for a sandbox https://test.salesforce.com."""
    api_version: str = Field(default="62.0", pattern=r"^\d{2,3}\.0$")
    page: int = Field(default=2000, ge=1, le=2000)
    """Rows a query may answer with. Salesforce's own upper limit is 2,000."""
    bulk_above: int = Field(default=10_000, ge=1)
    """A backlog of more rows than this, after more than a day without reading, is read through a job of Bulk API 2.0."""
    batch: int = Field(default=200, ge=1, le=200)
    """Rows that one collection of a write holds; go down when triggers of the org run into their limits."""

    @model_validator(mode="after")
    def _flow_has_what_it_needs(self) -> Self:
        if self.flow == "client_credentials" and self.client_secret is None:
            raise ValueError('the flow client_credentials needs client_secret, such as "env:ACME_CLIENT_SECRET"')
        if self.flow == "jwt_bearer" and (self.username is None or self.private_key is None):
            raise ValueError('the flow jwt_bearer needs username and private_key, such as "file:acme.key"')
        return self


class DynamicsSettings(OverTheWireSettings):
    """A Dynamics 365 / Dataverse environment."""

    type: Literal["dynamics"]
    url: place.SecureAddress
    """The environment: https://nordic.crm4.dynamics.com."""
    authority: place.SecureAddress
    """Where tokens come from: https://login.microsoftonline.com/TENANT."""
    client_id: str = Field(min_length=1)
    """Application (client) id of the app registration, which must be an application user of the environment."""
    client_secret: secret.Secret
    api_version: str = Field(default="9.2", pattern=r"^9\.\d$")
    reading: Literal["auto", "poll", "delta"] = "auto"
    """How changes are found. ``poll`` asks for rows modified since the bookmark, with everything about them: one call a round and
    one per 5,000 rows. ``delta`` asks what changed since the last token, which cannot miss a row however late it is committed;
    a round with changes costs a second call, beginning costs one call per 5,000 rows of the table, and the role must read the
    whole organization. ``auto`` polls, until the look-back alone fills a page of every round; then it reads by
    delta where the role allows. Both find the same touchpoints."""
    page: int = Field(default=5000, ge=1, le=5000)
    """Rows a page may hold. Dataverse's own upper limit is 5,000."""
    batch: int = Field(default=1000, ge=1, le=1000)
    """Rows that one write holds; go down when plug-ins run into their limits."""


class MemorySettings(CommonSettings):
    """An in-process CRM for tests and trials; it forgets everything at the end."""

    type: Literal["memory"]
    page: int = Field(default=1000, ge=1)


ConnectorSettings = Annotated[SalesforceSettings | DynamicsSettings | MemorySettings, Field(discriminator="type")]
"""Any of them, told apart by ``type``."""
