"""A stranger's client: requests over TLS, nothing of the stand-in's own."""

from dataclasses import dataclass
from typing import Any

import requests

from sandbox import base
from sandbox.salesforce import Salesforce

CLIENT_ID, CLIENT_SECRET = "3MVG9client", "a secret"
VERSION = "62.0"


@dataclass
class Client:
    """One signed-in session with the stand-in behind it."""

    org: Salesforce
    clock: base.Clock
    ca: str
    session: requests.Session

    @property
    def root(self) -> str:
        """Where the REST API of one version begins."""
        return f"{self.org.instance_url}/services/data/v{VERSION}"

    def token(self, **form: str) -> requests.Response:
        """A request to the token endpoint."""
        return self.session.post(f"{self.org.login_url}/services/oauth2/token", data=form, timeout=10)

    def sign_in(self) -> "Client":
        """Client credentials, as the connected app does it."""
        reply = self.token(grant_type="client_credentials", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return self

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Any call below the version; a path from the root is taken as it is."""
        url = self.org.instance_url + path if path.startswith("/services") else f"{self.root}/{path}"
        return self.session.request(method, url, timeout=10, **more)

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The body of a call that must succeed."""
        reply = self.call(method, path, **more)
        assert reply.status_code < 300, reply.text
        return reply.json() if reply.content else None

    def error(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and error code of a call that must fail."""
        reply = self.call(method, path, **more)
        assert reply.status_code >= 400, reply.text
        return reply.status_code, reply.json()[0]["errorCode"]

    def query(self, soql: str, resource: str = "query", **headers: str) -> list[dict[str, Any]]:
        """All rows of all pages, without their attributes."""
        page = self.json("GET", resource, params={"q": soql}, headers=headers)
        rows = page["records"]
        while not page["done"]:
            page = self.json("GET", page["nextRecordsUrl"])
            rows += page["records"]
        return [{name: value for name, value in row.items() if name != "attributes"} for row in rows]

    def refusal(self, soql: str) -> tuple[str, str]:
        """Error code and message of a query that must fail."""
        reply = self.call("GET", "query", params={"q": soql})
        assert reply.status_code == 400, reply.text
        return reply.json()[0]["errorCode"], reply.json()[0]["message"]
