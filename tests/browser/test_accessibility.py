"""Every page in every state and language meets WCAG 2.2 AA as far as axe-core can tell, on a phone and a desk, light and dark."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import states
from tests.web import conftest

Tabs = Callable[..., Page]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
SIZES = {"phone": {"width": 320, "height": 640}, "desk": {"width": 1280, "height": 800}}


def violations(tab: Page) -> Iterator[str]:
    """What axe-core objects to, on both sizes and both grounds, a line each."""
    for size, viewport in SIZES.items():
        tab.set_viewport_size(viewport)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found: list[dict[str, Any]] = Axe().run(tab, options=RULES).response["violations"]
            for one in found:
                yield f"{size} {scheme}: {one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"


@pytest.mark.parametrize("language", states.LANGUAGES)
def test_axe_finds_nothing_on_any_page(make_place: Callable[..., conftest.Place], make_tab: Tabs, language: str) -> None:
    tab = make_tab()
    found = {name: list(violations(shown)) for name, shown in states.walk(make_place, language, tab)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_axe_does_find_what_is_wrong(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    tab.evaluate("document.querySelector('label.t').remove()")
    assert any("label:" in wrong for wrong in violations(tab))


@pytest.mark.parametrize("language", ["fi", "he"])
def test_every_page_fits_at_200_and_at_400_per_cent(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, language: str
) -> None:
    """1280 pixels wide at 400 % are 320 (WCAG 1.4.10); at 200 % of the text alone nothing is cut either (1.4.4)."""
    tab = make_tab()
    for name, shown in states.walk(make_place, language, tab):
        for width, text in ((320, "100%"), (640, "200%"), (390, "200%")):
            shown.set_viewport_size({"width": width, "height": 640})
            shown.evaluate(f"document.documentElement.style.fontSize = '{text}'")
            assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (name, width)
            cut = shown.eval_on_selector_all(
                ".n, button, .btn", "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
            )
            assert cut == 0, (name, width, text)


@pytest.mark.parametrize("language", ["en", "he"])
def test_every_control_can_be_reached_and_seen_by_keyboard(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, language: str
) -> None:
    tab = make_tab()
    for name, shown in states.walk(make_place, language, tab):
        shown.evaluate("document.activeElement && document.activeElement.blur()")
        controls = shown.evaluate(
            "new Set([...document.querySelectorAll('a[href], button, textarea:not([tabindex]), input:not([type=hidden])')]"
            ".filter(e => e.tabIndex >= 0 && e.offsetParent).map(e => e.type === 'radio' ? e.name : e.outerHTML)).size"
        )
        seen = set()
        for _ in range(controls + 3):
            shown.keyboard.press("Tab")
            at = shown.evaluate(
                "(() => { const e = document.activeElement; if (e === document.body) return null;"
                " const drawn = e.type === 'radio' && e.nextElementSibling ? e.nextElementSibling : e;"
                " return [e.type === 'radio' ? e.name : e.outerHTML, getComputedStyle(drawn).outlineStyle]; })()"
            )
            if at is not None:
                assert at[1] != "none", (name, at[0][:100])
                seen.add(at[0])
        assert len(seen) == controls, name


def test_hebrew_runs_from_right_to_left_with_the_scale_mirrored(
    make_place: Callable[..., conftest.Place], make_tab: Tabs
) -> None:
    place = make_place("nps", "he", surveys={"asked": states.WITH_MORE}, brand=states.BRAND)
    token = place.ask(subject=states.SUBJECTS["he"])
    for viewport, rows in ((SIZES["phone"], [6, 5]), (SIZES["desk"], [11])):
        tab = make_tab(viewport=viewport)
        tab.goto(f"{place.pages.address}/s/{token}?v=3")
        assert tab.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["he", "rtl"]
        at: list[list[float]] = tab.eval_on_selector_all(
            ".split .tile", "all => all.map(one => [one.getBoundingClientRect().x, one.getBoundingClientRect().y])"
        )
        for row, count in zip(sorted({y for _, y in at}), rows, strict=True):
            across = [x for x, y in at if y == row]
            assert (len(across), across) == (count, sorted(across, reverse=True))
        low, high = (tab.locator(f".end.{which}").bounding_box() for which in ("low", "high"))
        assert low is not None
        assert high is not None
        assert low["x"] + low["width"] > high["x"] + high["width"] / 2
        expect(tab.get_by_role("heading", level=1)).to_have_text("מה הסיכוי שתמליצו על Havu לחבר או לעמית?")
        expect(tab.get_by_role("radio", name="0, בכלל לא סביר")).to_have_count(1)
        tab.keyboard.press("Tab")


def test_arrow_keys_follow_the_reading_direction(make_place: Callable[..., conftest.Place], make_tab: Tabs) -> None:
    place = make_place("nps", "he", brand=states.BRAND)
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    tab.locator("input:checked").focus()
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.value") == "4"
