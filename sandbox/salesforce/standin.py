"""The Salesforce stand-in as the sandbox drives it."""

from collections.abc import Sequence
from typing import Any

from sandbox import base
from sandbox.salesforce import acts, ids, misbehaviour, population
from sandbox.salesforce.objects import setup
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import sobjects
from sandbox.salesforce.saving import history
from sandbox.salesforce.server import Apps

_SECURITY_TOKEN = 8
"""Letters at the end of the password that are its security token."""


class Salesforce(base.StandIn):
    """One org with its login host.

    ``login_app`` and ``instance_app`` are ASGI applications for two TLS listeners; run them without the server's own Date
    header, they send one from the sandbox's clock. Set ``login_url`` and ``instance_url`` once the ports are known.
    """

    def __init__(self, clock: base.Clock, *, client_id: str, client_secret: str, seed: int = 1) -> None:
        self.name = "salesforce"
        known = base.Faults(misbehaviour.KINDS)
        self.org = Org(clock=clock, client_id=client_id, client_secret=client_secret, seed=seed, faults=known)
        self.faults = self.org.faults
        self.counters = self.org.counters
        setup.set_up(self.org)
        self._apps = Apps(self.org)
        self._populator = population.Populator(self.org)
        self._acts = acts.Acts(self.org, self._populator)
        self.login_app = self._apps.login
        self.instance_app = self._apps.instance
        self.grants = self._apps.grants

    @property
    def login_url(self) -> str:
        """``https://HOST:PORT`` of the login host."""
        return self.org.login_url

    @login_url.setter
    def login_url(self, url: str) -> None:
        self.org.login_url = url.rstrip("/")

    @property
    def instance_url(self) -> str:
        """``https://HOST:PORT`` of My Domain; token replies name it."""
        return self.org.instance_url

    @instance_url.setter
    def instance_url(self, url: str) -> None:
        self.org.instance_url = url.rstrip("/")

    @property
    def username(self) -> str:
        """Of the user that the connected app runs as; JWT and SOAP sign in with it."""
        return str((self.org.store.get("User", self.org.api_user) or {})["Username"])

    @property
    def password(self) -> str:
        """That user's password with the security token behind it."""
        return self.org.passwords[self.org.api_user]

    @property
    def sign_in(self) -> dict[str, str]:
        """What programs of others sign in with, besides client id and secret; the refresh token is not rotated."""
        user, token = self.password[:-_SECURITY_TOKEN], self.password[-_SECURITY_TOKEN:]
        return {
            "username": self.username,
            "password": user,
            "security_token": token,
            "refresh_token": self.grants.standing_token,
        }

    def trust(self, public_key: str) -> None:
        """Register the connected app's public key (PEM) for JWT bearer."""
        self.grants.keys.append(public_key)

    def populate(self, population: base.Population) -> None:
        """Fill the org with the population's companies and those people that Salesforce holds."""
        self._populator.fill(population)

    def act(self, do: str, *, count: int | None = None, records: Sequence[str] | None = None) -> list[str]:
        """As people in the org would; see ``base.StandIn``. merge_cases answers the cases that lost."""
        return self._acts.do(do, count, records)

    def track_history(self, object_name: str, names: Sequence[str]) -> None:
        """Set History Tracking of an object: these columns from now on, and no others. Raises ValueError."""
        history.track(self.org, object_name, names)

    def records(self, object_name: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Visible records with all columns, deleted ones too (``IsDeleted``); ids that are not there are left out."""
        entity = self.org.schema.find(object_name)
        if entity is None:
            raise ValueError(f"Salesforce has no object {object_name!r}")
        self.org.store.settle()
        rows = self.org.store.table(entity.name).rows
        chosen = list(rows.values()) if ids is None else [rows[full] for full in map(_full, ids) if full in rows]
        return [sobjects.all_columns(self.org, entity, row) for row in chosen]

    def labels(self, record: str) -> dict[str, str]:
        """``email`` of the contact, ``label`` (number or name) and ``subject`` (of a case; else empty)."""
        full = _full(record)
        entity = self.org.schema.of_id(full)
        row = self.org.store.latest(entity.name, full) if entity is not None else None
        if row is None:
            raise ValueError("there is no such record")
        contact: dict[str, Any] = {}
        try:
            contact = self.org.store.latest("Contact", self._acts.contact_of(full)) or {}
        except ValueError:
            contact = {}
        label = row.get("CaseNumber") or row.get("OrderNumber") or row.get("Name") or ""
        return {"email": contact.get("Email", ""), "label": label, "subject": row.get("Subject", "")}


def _full(identifier: str) -> str:
    return ids.extend(identifier) or ""
