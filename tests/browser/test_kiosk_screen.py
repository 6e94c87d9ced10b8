"""How the kiosk looks and sounds: large keys, nothing hidden is heard, no way out, fits every tablet."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import tablet, test_accessibility
from tests.web import conftest

Tabs = Callable[..., Page]


def test_a_screen_reader_hears_the_question_the_keys_and_nothing_hidden(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    heard = tab.locator("body").aria_snapshot()
    assert 'heading "How satisfied are you with your visit today?"' in heard
    assert 'button "1, very dissatisfied"' in heard
    for hidden in ("Thank you", "Done", "Optional"):
        assert hidden not in heard


def test_there_is_no_way_out_and_no_menu(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    hrefs = tab.eval_on_selector_all("a", "links => links.map(link => new URL(link.href).pathname)")
    assert set(hrefs) == {urlsplit(kiosk.address).path}
    prevented = "!document.body.dispatchEvent(new Event('contextmenu', {bubbles: true, cancelable: true}))"
    assert tab.evaluate(prevented)


def test_the_screen_is_asked_to_stay_on(kiosk: tablet.Kiosk, tab: Page) -> None:
    tab.add_init_script("WakeLock.prototype.request = async kind => { (window.asked ||= []).push(kind) }")
    kiosk.open(tab)
    tab.wait_for_function("window.asked")
    assert tab.evaluate("asked") == ["screen"]


def test_languages_are_out_of_reach_while_somebody_writes(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    expect(tab.locator("nav")).to_be_visible()
    tablet.key(tab, "4, satisfied").tap()
    expect(tablet.thanked(tab)).to_be_visible()
    expect(tab.locator("nav")).to_be_hidden()
    tab.clock.run_for(8_100)
    expect(tab.locator("nav")).to_be_visible()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("width", [744, 800, 1024, 1280])
def test_no_word_under_a_face_is_broken(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, width: int, language: str
) -> None:
    tab = make_tab(viewport={"width": width, "height": 1100 if width < 1000 else 768})
    tab.goto(tablet.Kiosk(make_place("csat"), language=language).address)
    cut = "all => all.filter(one => { one.style.overflowWrap = 'normal'; return one.scrollWidth > one.clientWidth + 1 }).length"
    assert tab.eval_on_selector_all("#ask button", cut) == 0
    assert tab.locator("#ask button span").first.is_visible()


SIZES = "keys => keys.map(key => { const box = key.getBoundingClientRect(); return Math.min(box.width, box.height) })"


@pytest.mark.parametrize("metric", ["csat", "nps", "ces", "csat_yes_no"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 1280), (1024, 768)])
def test_keys_are_two_centimetres_on_a_tablet_and_everything_fits(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str, width: int, height: int
) -> None:
    pages = make_place(metric)
    tab = make_tab(viewport={"width": width, "height": height})
    tab.goto(tablet.Kiosk(pages).address)
    assert min(tab.eval_on_selector_all("#ask button", SIZES)) >= 76
    assert tab.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )


@pytest.mark.parametrize("metric", ["csat", "nps"])
def test_axe_finds_nothing_at_a_place_or_on_its_tablet(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str
) -> None:
    """But for the page that leads back by itself where scripts do not run: a tablet must be ready for the next visitor."""
    kiosk = tablet.Kiosk(make_place(metric))
    tab = make_tab(**tablet.TABLET)
    found: list[str] = []
    for path in ("", "/thanks", "/privacy"):
        tab.goto(f"{kiosk.pages.pages.address}/p/{kiosk.place.code}{path}")
        found += test_accessibility.violations(tab)
    for path in ("/thanks", ""):
        tab.goto(kiosk.address + path)
        found += test_accessibility.violations(tab)
    tab.locator("#ask button").first.tap()
    expect(tablet.thanked(tab)).to_be_visible()
    found += test_accessibility.violations(tab)
    assert [one for one in found if "meta-refresh" not in one] == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("metric", ["csat", "nps", "ces"])
def test_nothing_scrolls_sideways_on_a_small_phone(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str, language: str
) -> None:
    kiosk = tablet.Kiosk(make_place(metric), language=language)
    tab = make_tab(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    for path in (f"/k/{kiosk.place.code}", f"/p/{kiosk.place.code}", f"/p/{kiosk.place.code}/privacy", "/p/AAAAAA"):
        tab.goto(kiosk.pages.pages.address + path)
        assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
