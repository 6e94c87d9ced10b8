"""The pages of a real belt on a real socket, and a visitor who follows the links that were sent."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from journey import collect
from surveys import survey
from tests.journey import conftest as journey_conftest
from triggers import rule
from web import app, server, settings

BRAND = survey.Brand(
    name="Havu",
    partitive="Havua",
    genitive="Havun",
    address="Havu Oy, Rantatie 1, 00100 Helsinki",
    time_zone="Europe/Helsinki",
    repeat_days=30,
)


class Place:
    """Pages, the world behind them, and requests to them."""

    def __init__(self, folder: Path, metric: str, language: str, **changes: Any) -> None:
        asked = survey.Survey(key="asked", metric=metric)
        rules = {"rules": [{"name": "All", "on": "case_closed", "survey": "asked", "channel": "memory", "expires": "14d"}]}
        parts = {"surveys": {"asked": asked}, "brand": BRAND, "rules": rule.Rules.model_validate(rules), **changes}
        self.world = journey_conftest.World(folder, f"sqlite:///{folder / 'palaute.db'}", **parts)
        self.world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
        self.world.turn()
        web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example")
        self.pages = server.Pages(app.build(self.world.belt, web), web)
        self.pages.start()
        self.language = language
        self.visitor = requests.Session()
        self.visitor.headers["Accept-Language"] = ""

    def ask(self, **values: object) -> str:
        """A case is closed and asked about; the token of the link."""
        self.world.close_case(**{"contact__language": self.language, **values})  # type: ignore[arg-type]
        self.world.turn()
        return self.world.token()

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.visitor.get(self.pages.address + path, timeout=10, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> requests.Response:
        return self.visitor.post(self.pages.address + path, data=data, timeout=10, **more)

    def answer(self, token: str, value: str = "4", **fields: str) -> requests.Response:
        """Open the form and send it."""
        page = self.get(f"/s/{token}" + ("?change=1" if "change" in fields else ""))
        return self.post(f"/s/{token}", {"nonce": nonce_in(page.text), "value": value, "comment": "", "more": "", **fields})

    def asked(self, token: str) -> collect.Question:
        found = collect.find(self.world.belt, token)
        assert found is not None
        return found

    def later(self, **by: float) -> None:
        self.world.clock.advance(timedelta(**by))

    def close(self) -> None:
        self.visitor.close()
        self.pages.stop()
        self.world.belt.writer.close()
        self.world.belt.store.close()


def nonce_in(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes places and gives back what they hold."""
    made: list[Place] = []

    def make(metric: str = "nps", language: str = "en", **changes: Any) -> Place:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Place(folder, metric, language, **changes))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(make_place: Callable[..., Place]) -> Place:
    """A place that asks NPS in English."""
    return make_place()
