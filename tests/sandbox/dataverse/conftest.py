"""One Dataverse organisation with its token host on real sockets over TLS, and the ways a stranger's program speaks to it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
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


class Lines:
    """Two sockets that are served for all tests; each test puts an organisation of its own behind them."""

    def __init__(self, directory: Path) -> None:
        self.ca = directory / "ca.pem"
        self.app: Any = None
        self.token_app: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        context = tls.make(directory)
        api, entra = lines.bind(0, "dynamics"), lines.bind(0, "entra")
        self.port, self.token_port = lines.port(api), lines.port(entra)
        self._webs = [lines.Web(self._api, api, context), lines.Web(self._entra, entra, context)]
        for web in self._webs:
            self._run(web.start())

    async def _api(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    async def _entra(self, scope: Any, receive: Any, send: Any) -> None:
        await self.token_app(scope, receive, send)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def close(self) -> None:
        """Stop serving and end the thread."""
        for web in self._webs:
            self._run(web.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Organization:
    """An organisation that is being served."""

    def __init__(self, wires: Lines) -> None:
        self.clock = base.Clock()
        self.dataverse = Dataverse(self.clock, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, seed=7)
        self.dataverse.url = f"https://localhost:{wires.port}"
        self.dataverse.authority = f"https://localhost:{wires.token_port}/{TENANT}"
        wires.app, wires.token_app = self.dataverse.app, self.dataverse.token_app
        self.ca = wires.ca
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(self.ca)
        self._token = ""

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

    def renew(self) -> None:
        """Sign in anew with the next request."""
        self._token = ""

    def signed(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self._token}"}

    def restrict(self, depths: dict[str, str]) -> None:
        """Leave the application user with one role that holds these privileges only (privilege → depth)."""
        user = self.get("WhoAmI")["UserId"]
        role = self.create("roles", name="Narrow")
        ids = {row["name"]: row["privilegeid"] for row in self.rows("privileges?$select=name")}
        given = [{"PrivilegeId": ids[name], "Depth": depth} for name, depth in depths.items()]
        self.done("POST", f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole", {"Privileges": given})
        link = f"systemusers({user})/systemuserroles_association"
        self.done("POST", f"{link}/$ref", {"@odata.id": f"{self.root}roles({role})"})
        administrator = self.rows("roles?$filter=name eq 'System Administrator'")[0]["roleid"]
        self.done("DELETE", f"{link}({administrator})/$ref")

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
def wires(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    """The sockets."""
    made = Lines(tmp_path_factory.mktemp("tls"))
    yield made
    made.close()


@pytest.fixture
def org(wires: Lines) -> Iterator[Organization]:
    """A fresh organisation without people or business."""
    made = Organization(wires)
    yield made
    made.http.close()


def population() -> base.Population:
    """40 people, of whom four fifths are here, with 25 open cases and 10 open purchases."""
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
    return base.Population(
        seed=7,
        companies=["Aalto Oy", "Björk Ab", "Contoso", "Dahl"],
        people=people,
        agents=["Aino Agent", "Bo Seller"],
        case_subjects=["It broke", "Help wanted"],
        products=["Kettle", "Lamp"],
        cases=25,
        purchases=10,
    )


@pytest.fixture
def peopled(org: Organization) -> Organization:
    """An organisation with people, cases and purchases."""
    org.dataverse.populate(population())
    return org
