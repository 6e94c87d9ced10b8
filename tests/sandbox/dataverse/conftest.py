"""One Dataverse organisation with its token host on real sockets over TLS, and the ways a stranger's program speaks to it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox import base, lines, tls
from sandbox.dataverse import Dataverse

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SECRET = "made-up-secret"


class Loop:
    """The sandbox's event loop on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        """Run on the loop and wait."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def close(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Organization:
    """An organisation that is being served."""

    def __init__(self, loop: Loop, context: ssl.SSLContext, ca: Path) -> None:
        self.clock = base.Clock()
        self.dataverse = Dataverse(self.clock, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, seed=7)
        self.ca = ca
        self._loop = loop
        api, entra = lines.bind(0, "dynamics"), lines.bind(0, "entra")
        self.dataverse.url = f"https://localhost:{lines.port(api)}"
        self.dataverse.authority = f"https://localhost:{lines.port(entra)}/{TENANT}"
        self._webs = [lines.Web(self.dataverse.app, api, context), lines.Web(self.dataverse.token_app, entra, context)]
        for web in self._webs:
            loop.run(web.start())
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(ca)
        self._token = ""

    def close(self) -> None:
        """Stop serving."""
        self.http.close()
        for web in self._webs:
            self._loop.run(web.stop())

    @property
    def root(self) -> str:
        """Where resource paths begin."""
        return f"{self.dataverse.url}/api/data/v9.2/"

    def token(self, **changes: str) -> requests.Response:
        """What the token endpoint says."""
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": f"{self.dataverse.url}/.default",
        }
        return self.http.post(f"{self.dataverse.authority}/oauth2/v2.0/token", data={**form, **changes}, timeout=10)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One request; underscores in header names stand for dashes. ``path`` may be a whole link of an answer."""
        if not self._token:
            self._token = self.token().json()["access_token"]
        address = path if path.startswith("https://") else self.root + quote(path, safe="/?&=$(),'@:*%!\";")
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "OData-Version": "4.0"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            return self.http.request(method, address, data=body, headers=sent, timeout=10)
        return self.http.request(method, address, json=body, headers=sent, timeout=10)

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.call("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """The rows of all pages."""
        found: list[dict[str, Any]] = []
        following = path
        while following:
            page = self.get(following, **headers)
            found += page["value"]
            following = page.get("@odata.nextLink", "")
        return found

    def done(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A changing request that succeeds."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer

    def create(self, entity_set: str, **values: Any) -> str:
        """Make a row; its id."""
        answer = self.done("POST", entity_set, values)
        return str(answer.headers["OData-EntityId"]).rsplit("(", 1)[1][:-1]

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and message of a request that is refused."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def case(self, **values: Any) -> str:
        """An open case of a new contact."""
        contact = self.create("contacts", lastname="Korhonen", emailaddress1="k@example.com")
        binds = {"customerid_contact@odata.bind": f"/contacts({contact})", "primarycontactid@odata.bind": f"/contacts({contact})"}
        return self.create("incidents", title="It broke", **binds, **values)


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """One event loop for all tests here."""
    running = Loop()
    yield running
    running.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server context and the authority's file."""
    directory = tmp_path_factory.mktemp("tls")
    return tls.make(directory), directory / "ca.pem"


@pytest.fixture
def org(loop: Loop, certificate: tuple[ssl.SSLContext, Path]) -> Iterator[Organization]:
    """A fresh organisation without people or business."""
    made = Organization(loop, *certificate)
    yield made
    made.close()


@pytest.fixture
def peopled(org: Organization) -> Organization:
    """An organisation with people, cases and purchases."""
    people = [
        base.Person(
            key=f"p{number}",
            first_name=f"First{number}",
            last_name=f"Last{number}",
            email="" if number == 3 else f"person{number}@example.com",
            phone="+358401234567",
            language=("fi", "sv", "en")[number % 3],
            opted_out=number % 10 == 9,
            company=number % 4 if number % 2 else None,
            crms=("dynamics",) if number % 5 else ("salesforce",),
        )
        for number in range(40)
    ]
    org.dataverse.populate(
        base.Population(
            seed=7,
            companies=["Aalto Oy", "Björk Ab", "Contoso", "Dahl"],
            people=people,
            agents=["Aino Agent", "Bo Seller"],
            case_subjects=["It broke", "Help wanted"],
            products=["Kettle", "Lamp"],
            cases=25,
            purchases=10,
        )
    )
    return org
