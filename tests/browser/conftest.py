"""A real browser in front of the real pages."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import tablet
from tests.web.conftest import Place, make_place, place

__all__ = ["make_place", "place"]


_PATIENCE = 30_000
"""Milliseconds: a busy machine shows a page late, and that is no fault of the page's."""
expect.set_options(timeout=_PATIENCE)
LIKE_A_PERSONS = ["--disable-blink-features=AutomationControlled"]
"""A person's browser does not say that a program steers it; the pages would keep its answers apart."""


def persons_agent(browser: Browser) -> str:
    """What this Chromium says of itself when somebody sits before it."""
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser.version} Safari/537.36"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; closed after each file, for its event loop would stand in the way of other tests."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("the browser tests need Chromium: install it with `apt-get install chromium`")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *LIKE_A_PERSONS])
        yield chromium
        chromium.close()


@pytest.fixture
def make_tab(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens tabs, each in a context of its own with the given options; what the console complains of fails the test.

    ``quiet=False`` for tabs that are to complain.
    """
    opened = []
    complaints: list[str] = []

    def make(quiet: bool = True, **options: Any) -> Page:
        context = browser.new_context(**{"user_agent": persons_agent(browser), **options})
        opened.append(context)
        tab = context.new_page()
        tab.set_default_timeout(_PATIENCE)
        if not quiet:
            return tab
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        return tab

    yield make
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def kiosk(make_place: Callable[..., Place]) -> tablet.Kiosk:
    """A place that asks CSAT on a tablet."""
    return tablet.Kiosk(make_place("csat"))


@pytest.fixture
def tab(make_tab: Callable[..., Page]) -> Page:
    """A tablet whose clock stands still until the test moves it."""
    opened = make_tab(**tablet.TABLET)
    opened.clock.install(time=datetime(2026, 3, 2, 11, 0))  # noqa: DTZ001 - a tablet's clock
    opened.clock.pause_at(datetime(2026, 3, 2, 11, 1))  # noqa: DTZ001
    return opened
