"""The one simulated org: everything that its handlers share."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox import base
from sandbox.salesforce import ids, moments, records, schema
from sandbox.salesforce.objects import standard

LATEST = "68.0"
"""Winter '27."""
OLDEST = 31
"""Older versions are retired. Source: Salesforce Help, "Salesforce Platform API Versions 21.0 through 30.0 Retirement"."""
VERSIONS = tuple(f"{number}.0" for number in range(OLDEST, int(float(LATEST)) + 1))
SESSION_LIFETIME = timedelta(hours=2)
"""Of a token that is not used (an org's default session timeout)."""


@dataclass
class Session:
    """An access token and whom it stands for."""

    token: str
    user_id: str
    client_id: str
    scope: str
    expires_at: datetime


@dataclass
class Org:
    """State of the org, its clock and its misbehaviours."""

    clock: base.Clock
    client_id: str
    client_secret: str
    seed: int = 1
    instance_url: str = "https://acme.my.salesforce.com"
    login_url: str = "https://login.salesforce.com"
    daily_limit: int = 115_000
    """Calls in 24 hours: Enterprise Edition with 15 licences."""
    used_before: int = 0
    """Calls that others have used up."""
    replies: int = 0
    faults: base.Faults = field(default_factory=base.Faults)
    counters: base.Counters = field(default_factory=base.Counters)
    identifiers: ids.Maker = field(default_factory=ids.Maker)
    sessions: dict[str, Session] = field(default_factory=dict)
    api_user: str = ""
    """Id of the user that the connected app runs as."""
    organization: str = ""
    auto_numbers: Counter[str] = field(default_factory=Counter)
    passwords: dict[str, str] = field(default_factory=dict)
    """User id to password followed by security token, as programs send it."""
    field_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """Ids of custom fields, as the Tooling API knows them."""
    tracked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Object → columns whose changes are kept in its field history."""
    needs_grant: set[tuple[str, str]] = field(default_factory=set)
    """(object, field) of columns made after the org was set up: invisible until a permission set shows them.

    An empty field stands for the object itself.
    """

    def __post_init__(self) -> None:
        self.schema: schema.Schema = standard.make()
        self.store = records.Store(self.schema, self.clock.now)
        self.random = random.Random(self.seed)

    def sign_in(self, username: str, password: str) -> str | None:
        """The user's id if the password is right."""
        user_id = self.store.table("User").holder("Username", username)
        return user_id if user_id is not None and password and self.passwords.get(user_id) == password else None

    def stamp(self) -> str:
        """Now, as records are stamped."""
        return moments.stamp(self.clock.now())

    def zone(self, user_id: str) -> ZoneInfo:
        """A user's time zone, in which date literals are meant."""
        user = self.store.get("User", user_id) or records.NOTHING
        return ZoneInfo(user.get("TimeZoneSidKey", "GMT"))
