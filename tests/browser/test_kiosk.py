"""The kiosk in a real browser: taps, thanks, and answers that survive a lost line, a stopped server and a closed browser."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from journey.visiting import places
from tests.browser import conftest as browser_conftest
from tests.browser import test_accessibility
from tests.web import conftest
from tests.web import places as made
from web import app, server, settings

Tabs = Callable[..., Page]
TABLET: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "has_touch": True}


class Kiosk:
    """A place with its tablet."""

    def __init__(self, pages: conftest.Place, **options: Any) -> None:
        self.pages = pages
        opened = pages.world.clock() - timedelta(days=30)
        self.place: places.Place = made.make(pages, made_at=opened, options={"language": "en", **options})
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


@pytest.fixture
def kiosk(make_place: Callable[..., conftest.Place]) -> Kiosk:
    return Kiosk(make_place("csat"))


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


@pytest.fixture
def tab(make_tab: Tabs) -> Page:
    """A tablet whose clock stands still until the test moves it."""
    opened = make_tab(**TABLET)
    opened.clock.install(time=datetime(2026, 3, 2, 11, 0))  # noqa: DTZ001 - a tablet's clock
    opened.clock.pause_at(datetime(2026, 3, 2, 11, 1))  # noqa: DTZ001
    return opened


def test_one_tap_is_an_answer_and_the_page_comes_back_by_itself(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    key(tab, "5, very satisfied").tap()
    expect(thanked(tab)).to_be_focused()
    expect(tab.locator("textarea")).to_have_accessible_name("What did we do well? Optional")
    tab.clock.run_for(3_000)
    expect(thanked(tab)).to_be_visible()
    tab.clock.run_for(5_100)
    expect(key(tab, "5, very satisfied")).to_be_visible()
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (5, "", "confirmed"))


def test_a_comment_belongs_to_the_tap(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    key(tab, "2, dissatisfied").tap()
    tab.get_by_label("What should we have done better?").fill("Pitkä jono")
    tab.clock.run_for(2_000)
    key(tab, "Done").tap()
    expect(key(tab, "2, dissatisfied")).to_be_visible()
    expect(tab.locator("textarea")).to_have_value("")
    kiosk.gets(tab, (2, "Pitkä jono", "confirmed"))


def test_who_types_has_half_a_minute_and_nothing_is_lost(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    key(tab, "3, neither satisfied nor dissatisfied").tap()
    expect(thanked(tab)).to_be_visible()
    tab.locator("textarea").press_sequentially("Hm")
    tab.clock.run_for(20_000)
    expect(tab.locator("textarea")).to_be_visible()
    tab.clock.run_for(10_500)
    expect(tab.locator("textarea")).to_be_hidden()
    kiosk.gets(tab, (3, "Hm", "confirmed"))


def test_a_double_tap_is_one_answer(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    key(tab, "1, very dissatisfied").dblclick()
    expect(thanked(tab)).to_be_visible()
    tab.get_by_role("button", name="Done").dblclick()
    expect(thanked(tab)).to_be_visible()
    tab.clock.run_for(9_000)
    key(tab, "1, very dissatisfied").tap()
    expect(key(tab, "1, very dissatisfied")).to_be_visible()
    kiosk.gets(tab, (1, "", "confirmed"))


def test_a_child_that_taps_and_taps_counts_once(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    for _ in range(4):
        key(tab, "1, very dissatisfied").tap()
        tab.clock.run_for(1_600)
        key(tab, "Done").tap()
        expect(key(tab, "1, very dissatisfied")).to_be_visible()
        tab.clock.run_for(1_600)
    tab.wait_for_function("document.getElementById('waiting').textContent === ''")
    assert sorted(state for _, _, state in kiosk.answers()) == ["confirmed", "doubtful", "doubtful", "doubtful"]


def test_answers_wait_while_the_line_is_cut_and_arrive_once(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tab.context.set_offline(True)
    tap(tab, "4, satisfied")
    tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    tab.reload()
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    tap(tab, "5, very satisfied")
    assert kiosk.answers() == []
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    tab.reload()
    expect(tab.locator("#waiting")).to_have_text("")
    assert kiosk.answers() == [(value, "", "confirmed") for value in (4, 2, 5)]


def test_answers_wait_while_the_server_is_stopped_and_arrive_once(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tap(tab, "4, satisfied")
    kiosk.stop()
    tap(tab, "1, very dissatisfied")
    tab.reload()
    expect(key(tab, "4, satisfied")).to_be_visible()
    tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    kiosk.start()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert kiosk.answers() == [(value, "", "confirmed") for value in (4, 1, 2)]


def test_an_answer_whose_receipt_was_lost_is_sent_again_and_counts_once(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    cut, lost = [True], []

    def lose(route: Any) -> None:
        if not cut:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    tab.route("**/answers", lose)
    tap(tab, "4, satisfied")
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    cut.clear()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert 200 in lost
    kiosk.gets(tab, (4, "", "confirmed"))


def test_a_comment_made_while_the_tap_is_under_way_is_not_lost(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    held: list[Any] = []
    holding = [True]
    tab.route("**/answers", lambda route: held.append(route) if holding else route.continue_())
    key(tab, "2, dissatisfied").tap()
    tab.wait_for_timeout(50)
    tab.get_by_label("What should we have done better?").fill("Jono")
    tab.clock.run_for(2_000)
    key(tab, "Done").tap()
    expect(key(tab, "2, dissatisfied")).to_be_visible()
    holding.clear()
    held[0].continue_()
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (2, "Jono", "confirmed"))


@pytest.mark.parametrize("year", [1971, 2040])
def test_a_tablet_with_a_wrong_clock_tells_the_right_time(kiosk: Kiosk, make_tab: Tabs, year: int) -> None:
    tab = make_tab(**TABLET)
    tab.clock.install(time=datetime(year, 1, 1))  # noqa: DTZ001 - a tablet's clock
    kiosk.open(tab)
    tab.context.set_offline(True)
    given = kiosk.pages.world.clock()
    tap(tab, "4, satisfied")
    tab.clock.run_for(3_600_000 - 12_000)
    kiosk.pages.later(hours=1)
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    (at,) = made.stored(kiosk.pages, "at")[0]
    assert abs(at - given) < timedelta(minutes=10)


def test_another_language_is_for_one_visitor(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tab.get_by_role("link", name="Suomi").tap()
    expect(key(tab, "4, melko tyytyväinen")).to_be_visible()
    tab.context.set_offline(True)
    key(tab, "4, melko tyytyväinen").tap()
    expect(tab.get_by_role("heading", name="Kiitos!")).to_be_visible()
    tab.clock.run_for(8_100)
    expect(key(tab, "4, satisfied")).to_be_visible()
    tab.get_by_role("link", name="Svenska").tap()
    expect(key(tab, "4, ganska nöjd")).to_be_visible()
    tab.clock.run_for(10_100)
    expect(key(tab, "4, satisfied")).to_be_visible()
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert made.stored(kiosk.pages, "value", "language") == [(4, "fi")]


def test_answering_by_keyboard_alone(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.value") == "2":
            break
    tab.keyboard.press("Enter")
    expect(thanked(tab)).to_be_focused()
    tab.keyboard.press("Tab")
    tab.keyboard.type("Hidas")
    tab.clock.run_for(2_000)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    kiosk.gets(tab, (2, "Hidas", "confirmed"))


def test_a_screen_reader_hears_the_question_the_keys_and_nothing_hidden(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    heard = tab.locator("body").aria_snapshot()
    assert 'heading "How satisfied are you with your visit today?"' in heard
    assert 'button "1, very dissatisfied"' in heard
    for hidden in ("Thank you", "Done", "Optional"):
        assert hidden not in heard


def test_it_works_without_scripts(kiosk: Kiosk, make_tab: Tabs) -> None:
    tab = make_tab(java_script_enabled=False, **TABLET)
    tab.goto(kiosk.address)
    key(tab, "4, satisfied").tap()
    expect(thanked(tab)).to_be_visible()
    tab.get_by_role("link", name="Done").tap()
    expect(key(tab, "4, satisfied")).to_be_visible()
    kiosk.gets(tab, (4, "", "confirmed"))


def test_there_is_no_way_out_and_no_menu(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    hrefs = tab.eval_on_selector_all("a", "links => links.map(link => new URL(link.href).pathname)")
    assert set(hrefs) == {urlsplit(kiosk.address).path}
    prevented = "!document.body.dispatchEvent(new Event('contextmenu', {bubbles: true, cancelable: true}))"
    assert tab.evaluate(prevented)


SIZES = "keys => keys.map(key => { const box = key.getBoundingClientRect(); return Math.min(box.width, box.height) })"


@pytest.mark.parametrize("metric", ["csat", "nps", "ces", "csat_yes_no"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 1280), (1024, 768)])
def test_keys_are_two_centimetres_on_a_tablet_and_everything_fits(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str, width: int, height: int
) -> None:
    pages = make_place(metric)
    tab = make_tab(viewport={"width": width, "height": height})
    tab.goto(Kiosk(pages).address)
    assert min(tab.eval_on_selector_all("#ask button", SIZES)) >= 76
    assert tab.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )


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
                tmp_path / "profile", executable_path=found, args=["--no-sandbox"], user_agent=agent, **TABLET
            )
        ]
        return opened[0]

    yield again
    for context in opened:
        context.close()


def test_answers_survive_the_end_of_the_browser_while_there_is_no_server(
    kiosk: Kiosk, profile: Callable[[], BrowserContext]
) -> None:
    tab = profile().new_page()
    kiosk.open(tab)
    kiosk.stop()
    key(tab, "2, dissatisfied").tap()
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    tab = profile().new_page()
    tab.goto(kiosk.address)
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    key(tab, "5, very satisfied").tap()
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    kiosk.start()
    tab = profile().new_page()
    tab.goto(kiosk.address)
    for _ in range(200):  # the count is empty too until the tablet has looked into its store
        if len(kiosk.answers()) == 2:
            break
        tab.wait_for_timeout(50)
    assert kiosk.answers() == [(2, "", "confirmed"), (5, "", "confirmed")]


def test_a_tablet_hears_that_its_place_was_closed(kiosk: Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    kiosk.pages.later(minutes=1)
    made.close(kiosk.pages, kiosk.place)
    kiosk.pages.later(minutes=1)
    key(tab, "4, satisfied").tap()
    expect(tab.get_by_role("heading", name="This question has closed here")).to_be_visible()
    assert kiosk.answers() == []


@pytest.mark.parametrize("metric", ["csat", "nps"])
def test_axe_finds_nothing_at_a_place_or_on_its_tablet(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str
) -> None:
    """But for the page that leads back by itself where scripts do not run: a tablet must be ready for the next visitor."""
    kiosk = Kiosk(make_place(metric))
    tab = make_tab(**TABLET)
    found: list[str] = []
    for path in ("", "/thanks", "/privacy"):
        tab.goto(f"{kiosk.pages.pages.address}/p/{kiosk.place.code}{path}")
        found += test_accessibility.violations(tab)
    for path in ("/thanks", ""):
        tab.goto(kiosk.address + path)
        found += test_accessibility.violations(tab)
    tab.locator("#ask button").first.tap()
    expect(thanked(tab)).to_be_visible()
    found += test_accessibility.violations(tab)
    assert [one for one in found if "meta-refresh" not in one] == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("metric", ["csat", "nps", "ces"])
def test_nothing_scrolls_sideways_on_a_small_phone(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str, language: str
) -> None:
    kiosk = Kiosk(make_place(metric), language=language)
    tab = make_tab(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    for path in (f"/k/{kiosk.place.code}", f"/p/{kiosk.place.code}", f"/p/{kiosk.place.code}/privacy", "/p/AAAAAA"):
        tab.goto(kiosk.pages.pages.address + path)
        assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
