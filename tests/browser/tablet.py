"""A place with its tablet, as the tests of the kiosk handle them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from journey.visiting import places
from tests.web import conftest
from tests.web import places as made
from web import app, server, settings

TABLET: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}


class Kiosk:
    """A place with its tablet."""

    def __init__(self, pages: conftest.Place, name: str = "Helsinki shop, till 2", **options: Any) -> None:
        self.pages = pages
        opened = pages.world.clock() - timedelta(days=30)
        self.place: places.Place = made.make(pages, name=name, made_at=opened, options={"language": "en", **options})
        self.address = f"{pages.pages.address}/k/{self.place.code}"

    def open(self, tab: Page) -> None:
        """Show it, and wait until it works without the network."""
        tab.goto(self.address)
        tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
        expect(key(tab, "4, satisfied")).to_be_visible()

    def stop(self) -> None:
        """The server is gone."""
        self.pages.pages.stop()

    def start(self) -> None:
        """The server is there again, at the same address."""
        listen = urlsplit(self.address).netloc
        web = settings.WebSettings(listen=listen, public_url="http://survey.example")
        self.pages.pages = server.Pages(app.build(self.pages.world.belt, web), web)
        self.pages.pages.start()

    def gets(self, tab: Page, *expected: tuple[Any, ...]) -> None:
        """These answers arrive, and no others, within what a slow machine needs."""
        for _ in range(200):
            if self.answers() == list(expected):
                return
            tab.wait_for_timeout(50)
        assert self.answers() == list(expected)

    def answers(self) -> list[tuple[Any, ...]]:
        """Value, comment and state of all answers that were not replaced."""
        return [row for row in made.stored(self.pages, "value", "comment", "state") if row[2] != "replaced"]


def key(tab: Page, name: str) -> Any:
    return tab.get_by_role("button", name=name, exact=True)


def thanked(tab: Page) -> Any:
    return tab.get_by_role("heading", name="Thank you!")


def tap(tab: Page, name: str) -> None:
    """One visitor taps and goes; the clock must be the test's."""
    key(tab, name).tap()
    expect(thanked(tab)).to_be_visible()
    tab.clock.run_for(2_000)
    key(tab, "Done").tap()
    expect(key(tab, name)).to_be_visible()
    tab.clock.run_for(10_000)
