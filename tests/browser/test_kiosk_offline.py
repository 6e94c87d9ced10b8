"""The kiosk's answers survive a lost line, a stopped server and the end of the browser: none is lost, none doubled."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import conftest as browser_conftest
from tests.browser import tablet
from tests.web import places as made

Tabs = Callable[..., Page]


def test_answers_wait_while_the_line_is_cut_and_arrive_once(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tab.context.set_offline(True)
    tablet.tap(tab, "4, satisfied")
    tablet.tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    tab.reload()
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    tablet.tap(tab, "5, very satisfied")
    assert kiosk.answers() == []
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    tab.reload()
    expect(tab.locator("#waiting")).to_have_text("")
    assert kiosk.answers() == [(value, "", "confirmed") for value in (4, 2, 5)]


def test_what_changed_since_the_page_was_kept_is_there_without_the_line_too(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    made.rename(kiosk.pages, kiosk.place, "Turku shop")
    tab.reload()
    expect(tab.get_by_text("Turku shop")).to_be_visible()
    tab.context.set_offline(True)
    tab.reload()
    expect(tab.get_by_text("Turku shop")).to_be_visible()
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()


def test_answers_wait_while_the_server_is_stopped_and_arrive_once(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.tap(tab, "4, satisfied")
    kiosk.stop()
    tablet.tap(tab, "1, very dissatisfied")
    tab.reload()
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()
    tablet.tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    kiosk.start()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert kiosk.answers() == [(value, "", "confirmed") for value in (4, 1, 2)]


def test_an_answer_whose_receipt_was_lost_is_sent_again_and_counts_once(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    cut, lost = [True], []

    def lose(route: Any) -> None:
        if not cut:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    tab.route("**/answers", lose)
    tablet.tap(tab, "4, satisfied")
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    cut.clear()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert 200 in lost
    kiosk.gets(tab, (4, "", "confirmed"))


def test_a_comment_made_while_the_tap_is_under_way_is_not_lost(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    held: list[Any] = []
    holding = [True]
    tab.route("**/answers", lambda route: held.append(route) if holding else route.continue_())
    tablet.key(tab, "2, dissatisfied").tap()
    tab.wait_for_timeout(50)
    tab.get_by_label("What should we have done better?").fill("Jono")
    tab.clock.run_for(2_000)
    tablet.key(tab, "Done").tap()
    expect(tablet.key(tab, "2, dissatisfied")).to_be_visible()
    holding.clear()
    held[0].continue_()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (2, "Jono", "confirmed"))


@pytest.mark.parametrize("year", [1971, 2040])
def test_a_tablet_with_a_wrong_clock_tells_the_right_time(kiosk: tablet.Kiosk, make_tab: Tabs, year: int) -> None:
    tab = make_tab(**tablet.TABLET)
    tab.clock.install(time=datetime(year, 1, 1))  # noqa: DTZ001 - a tablet's clock
    kiosk.open(tab)
    tab.context.set_offline(True)
    given = kiosk.pages.world.clock()
    tablet.tap(tab, "4, satisfied")
    tab.clock.run_for(3_600_000 - 12_000)
    kiosk.pages.later(hours=1)
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    (at,) = made.stored(kiosk.pages, "at")[0]
    assert abs(at - given) < timedelta(minutes=10)


@pytest.fixture
def profile(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Opens the same browser again, with what it has stored."""
    opened: list[BrowserContext] = []
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

    agent = browser_conftest.persons_agent(browser)

    def again() -> BrowserContext:
        for context in opened:
            context.close()
        opened[:] = [
            browser.browser_type.launch_persistent_context(
                tmp_path / "profile", executable_path=found, args=["--no-sandbox"], user_agent=agent, **tablet.TABLET
            )
        ]
        return opened[0]

    yield again
    for context in opened:
        context.close()


def test_answers_survive_the_end_of_the_browser_while_there_is_no_server(
    kiosk: tablet.Kiosk, profile: Callable[[], BrowserContext]
) -> None:
    tab = profile().new_page()
    kiosk.open(tab)
    kiosk.stop()
    tablet.key(tab, "2, dissatisfied").tap()
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    tab = profile().new_page()
    tab.goto(kiosk.address)
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    tablet.key(tab, "5, very satisfied").tap()
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    kiosk.start()
    tab = profile().new_page()
    tab.goto(kiosk.address)
    for _ in range(200):  # the count is empty too until the tablet has looked into its store
        if len(kiosk.answers()) == 2:
            break
        tab.wait_for_timeout(50)
    assert kiosk.answers() == [(2, "", "confirmed"), (5, "", "confirmed")]


def test_a_tablet_hears_that_its_place_was_closed(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    kiosk.pages.later(minutes=1)
    made.close(kiosk.pages, kiosk.place)
    kiosk.pages.later(minutes=1)
    tablet.key(tab, "4, satisfied").tap()
    expect(tab.get_by_role("heading", name="This question has closed here")).to_be_visible()
    assert kiosk.answers() == []
