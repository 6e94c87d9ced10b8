"""How the pages look: small screens, languages, dark mode, high contrast, right to left."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from surveys import colour, survey
from tests.web import conftest

Tabs = Callable[..., Page]
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
METRICS = ["nps", "nps_1_10", "csat", "csat_7", "csat_yes_no", "ces", "ces_5"]


_BOX = "tile => { const box = tile.getBoundingClientRect(); return {x: box.x, y: box.y, w: box.width, h: box.height} }"


def boxes(tab: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = tab.eval_on_selector_all(".tile", f"tiles => tiles.map({_BOX})")
    return found


def fits(tab: Page) -> bool:
    return bool(tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("metric", METRICS)
def test_nothing_scrolls_sideways_on_a_small_phone(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str, language: str
) -> None:
    place = make_place(metric, language)
    token = place.ask(subject="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2)
    tab = make_tab(**PHONE)
    first = place.asked(token).survey.definition.first
    for path in (f"/s/{token}", f"/s/{token}?v={first}", f"/why/{token}", f"/u/{token}", f"/privacy?lang={language}", "/nothing"):
        tab.goto(place.pages.address + path)
        assert fits(tab), path
    place.answer(token, str(first), comment="x" * 500)
    tab.goto(f"{place.pages.address}/s/{token}")
    assert fits(tab)


def test_nps_stands_in_six_and_five_on_a_phone_with_tiles_for_thumbs(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(**PHONE)
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tiles = boxes(tab)
    rows = sorted({box["y"] for box in tiles})
    assert [len([box for box in tiles if box["y"] == row]) for row in rows] == [6, 5]
    for row in rows:
        across = [box["x"] for box in tiles if box["y"] == row]
        assert across == sorted(across)
    assert min(box["w"] for box in tiles) >= 44
    assert min(box["h"] for box in tiles) >= 52


def test_nps_stands_in_one_row_on_a_desk(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(viewport={"width": 1280, "height": 800})
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tiles = boxes(tab)
    assert len({box["y"] for box in tiles}) == 1
    assert [box["x"] for box in tiles] == sorted(box["x"] for box in tiles)


@pytest.mark.parametrize("metric", METRICS)
def test_a_scale_is_horizontal_with_low_on_the_left(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, metric: str
) -> None:
    place = make_place(metric)
    tab = make_tab(viewport={"width": 390, "height": 800})
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tiles = boxes(tab)
    for row in {box["y"] for box in tiles}:
        across = [box["x"] for box in tiles if box["y"] == row]
        assert across == sorted(across)
    assert min(box["w"] for box in tiles) >= 44


def test_unchosen_tiles_all_look_alike(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    looks: list[str] = tab.eval_on_selector_all(
        ".tile .n",
        "all => all.map(one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.borderColor].join() })",
    )
    assert len(set(looks)) == 1


def test_csat_shows_the_words_of_the_chosen_value_on_a_phone(make_place: Callable[..., conftest.Place], make_tab: Tabs) -> None:
    place = make_place("csat", "fi")
    tab = make_tab(**PHONE)
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    expect(tab.get_by_text("2 – Melko tyytymätön")).to_be_hidden()
    tab.locator("input[value='2']").check()
    expect(tab.get_by_text("2 – Melko tyytymätön")).to_be_visible()
    expect(tab.locator("input[value='2']")).to_have_accessible_name("2, melko tyytymätön")


def paints(tab: Page, selector: str, which: str) -> str:
    """A computed colour as #rrggbb."""
    rgb: list[int] = tab.eval_on_selector(
        selector, f"one => getComputedStyle(one).{which}.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    return "#" + "".join(f"{part:02x}" for part in rgb)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#2f4bd6", "#b3261e", "#1d6b45", "#000000"])
def test_text_and_edges_can_be_seen_in_light_and_dark(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, scheme: str, accent: str
) -> None:
    place = make_place(brand=survey.Brand(name="Havu", accent=accent))
    tab = make_tab(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 390, "height": 800})
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    paper = paints(tab, "body", "backgroundColor")
    for selector in ("h1", ".about", ".end", ".hint", ".foot a", "nav a", "label.t", ".tile input:not(:checked) + .n"):
        assert colour.contrast(paints(tab, selector, "color"), paper) >= 4.5, selector
    for selector in ("button", ".tile input:checked + .n", ".flash"):
        assert colour.contrast(paints(tab, selector, "color"), paints(tab, selector, "backgroundColor")) >= 4.5, selector
    assert colour.contrast(paints(tab, ".tile input:not(:checked) + .n", "borderTopColor"), paper) >= 3
    assert colour.contrast(paints(tab, "textarea", "borderTopColor"), paper) >= 3


def test_what_is_printed_is_dark_on_white_also_where_the_device_is_dark(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(color_scheme="dark")
    token = place.ask()
    place.answer(token, "3", comment="Slow")
    tab.goto(f"{place.pages.address}/s/{token}")
    tab.emulate_media(media="print")
    for selector in ("h1", ".lead", "dd", "dt", ".btn"):
        assert colour.contrast(paints(tab, selector, "color"), "#ffffff") >= 4.5, selector


def test_the_chosen_value_stands_out_in_forced_colours(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(forced_colors="active")
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    chosen, other = (paints(tab, f".tile input[value='{value}'] + .n", "backgroundColor") for value in (3, 4))
    assert chosen != other


def test_motion_is_left_out_when_people_want_it_so(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(reduced_motion="reduce")
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    assert tab.eval_on_selector(".n", "one => getComputedStyle(one).transitionDuration") == "0s"


def test_right_to_left_mirrors_the_row_and_fits(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(**PHONE)
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    tab.evaluate("document.documentElement.dir = 'rtl'")
    tiles = boxes(tab)
    first_row = [box["x"] for box in tiles if box["y"] == tiles[0]["y"]]
    assert first_row == sorted(first_row, reverse=True)
    assert fits(tab)


def test_the_page_grows_with_the_text(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(viewport={"width": 640, "height": 800})
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits(tab)


@pytest.mark.parametrize(("width", "text"), [(640, "200%"), (390, "200%"), (320, "150%"), (320, "100%")])
def test_no_number_is_broken_in_two_however_large_the_text(place: conftest.Place, make_tab: Tabs, width: int, text: str) -> None:
    tab = make_tab(viewport={"width": width, "height": 800})
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tab.evaluate(f"document.documentElement.style.fontSize = '{text}'")
    heights: list[float] = tab.eval_on_selector_all(".n b", "all => all.map(one => one.getBoundingClientRect().height)")
    assert len(set(heights)) == 1
    over = "all => all.filter(one => one.getBoundingClientRect().width > one.parentNode.getBoundingClientRect().width).length"
    assert tab.eval_on_selector_all(".n b", over) == 0


def test_all_pages_begin_at_the_same_height(place: conftest.Place, make_tab: Tabs) -> None:
    """Also those without links to other languages."""
    tab = make_tab(**PHONE)
    tab.goto(f"{place.pages.address}/u/{place.ask()}")
    before = tab.locator("h1").bounding_box()
    tab.locator("form button").click()
    expect(tab.locator("nav")).to_have_count(0)
    after = tab.locator("h1").bounding_box()
    assert before is not None
    assert after is not None
    assert before["y"] == after["y"]


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("fi", "Kiitos, vastauksesi on tallennettu"),
        ("sv", "Tack, ditt svar är sparat"),
        ("en", "Thank you, your answer is saved"),
    ],
)
def test_the_whole_visit_in_three_languages(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, language: str, heading: str
) -> None:
    place = make_place("nps", language)
    tab = make_tab(**PHONE)
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    others = tab.locator("nav a")
    expect(others).to_have_count(2)
    tab.locator("input[value='7']").check()
    tab.locator("button").click()
    expect(tab.get_by_role("heading", name=heading)).to_be_visible()
    for name in ("Suomi", "Svenska", "English"):
        tab.locator("nav").get_by_text(name).click()
        expect(tab.locator("nav b")).to_have_text(name)
