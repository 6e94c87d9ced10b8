"""One TLS socket for all tests here; every test has an org of its own behind it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import base, lines, tls
from sandbox.salesforce import Salesforce
from tests.sandbox.salesforce.client import CLIENT_ID, CLIENT_SECRET, Client

NAMES = ("Aino", "Eino", "Helmi", "Onni", "Siiri", "Toivo", "Venla", "Väinö")


def people(number: int) -> list[base.Person]:
    """Made-up customers; every seventh has no address, every tenth has opted out, every second is private."""
    return [
        base.Person(
            key=f"person-{place}",
            first_name=NAMES[place % len(NAMES)],
            last_name=f"Virtanen-{place}",
            email="" if place % 7 == 6 else f"person{place}@example.org",
            phone=f"+35840{place:07d}",
            language=("fi", "sv", "en")[place % 3],
            opted_out=place % 10 == 9,
            company=place % 5 if place % 2 else None,
            crms=("salesforce",) if place % 4 else ("salesforce", "dynamics"),
        )
        for place in range(number)
    ]


def population(*, cases: int = 40, purchases: int = 10, persons: int = 40) -> base.Population:
    """A small, believable set."""
    return base.Population(
        seed=7,
        companies=["Havu", "Kuusi", "Mänty", "Leppä", "Koivu"],
        people=people(persons),
        agents=["Maija Mehiläinen", "Kalle Kustaanpoika", "Eva Ek", "Otto Oksa"],
        case_subjects=["No connection", "Wrong invoice", "How do I …?"],
        products=["Router", "Fibre", "Support plan"],
        cases=cases,
        purchases=purchases,
    )


class Stage:
    """The listening socket, and whichever org stands behind it."""

    def __init__(self, directory: Path) -> None:
        self.ca = str(directory / "ca.pem")
        self.session = requests.Session()
        """Shared by all tests, so that they do not each pay for a TLS handshake."""
        self.session.trust_env, self.session.verify = False, self.ca
        self.apps: dict[str, lines.App] = {}
        self.urls: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._webs: list[lines.Web] = []
        context = tls.make(directory)
        self._thread.start()
        for name in ("login", "instance"):
            bound = lines.bind(0, name)
            self.urls[name] = f"https://localhost:{lines.port(bound)}"
            web = lines.Web(self._app(name), bound, context)
            self._wait(web.start())
            self._webs.append(web)

    def _app(self, name: str) -> lines.App:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await self.apps[name](scope, receive, send)

        return app

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def show(self, org: Salesforce) -> None:
        """Put this org behind the sockets."""
        org.login_url, org.instance_url = self.urls["login"], self.urls["instance"]
        self.apps = {"login": org.login_app, "instance": org.instance_app}

    def close(self) -> None:
        """Stop serving."""
        self.session.close()
        for web in self._webs:
            self._wait(web.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The sockets."""
    made = Stage(tmp_path_factory.mktemp("salesforce"))
    yield made
    made.close()


@pytest.fixture
def visitor(stage: Stage) -> Client:
    """A client of a fresh, populated org that has not signed in."""
    clock = base.Clock()
    org = Salesforce(clock, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    org.populate(population())
    stage.show(org)
    stage.session.headers.pop("Authorization", None)
    return Client(org, clock, stage.ca, stage.session)


@pytest.fixture
def client(visitor: Client) -> Client:
    """A signed-in client of a fresh, populated org."""
    return visitor.sign_in()
