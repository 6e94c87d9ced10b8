"""The mail in a browser, as mail programs on the web show it: on phones and desks, light and dark, in both directions."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from channels.email import render, words
from surveys import metrics
from tests.browser import states
from tests.channels import messages

Tabs = Callable[..., Page]
WIDTHS = (320, 360, 640)
TILES = """() => [...document.querySelectorAll("a.n, td > a[title]")].map(link => {
    const box = link.closest("td").getBoundingClientRect();
    return {text: link.textContent, x: box.x, y: box.y, width: box.width, height: box.height};
})"""


def shown(make_tab: Tabs, width: int, language: str, scheme: str = "light", metric: str = "nps") -> Page:
    message = messages.message(
        metric, language=language, brand=states.BRAND, subject=states.SUBJECTS[language], reference="00001042"
    )
    page = make_tab(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.set_content(render.html(words.words(message)))
    return page


@pytest.mark.parametrize("metric", list(metrics.BUILT_IN))
@pytest.mark.parametrize("language", states.LANGUAGES)
def test_it_never_scrolls_sideways_and_tiles_are_big_enough(make_tab: Tabs, language: str, metric: str) -> None:
    for width in WIDTHS:
        page = shown(make_tab, width, language, metric=metric)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        tiles = page.evaluate(TILES)
        assert len(tiles) == len(metrics.BUILT_IN[metric].values)
        assert min(tile["width"] for tile in tiles) >= 36
        assert min(tile["height"] for tile in tiles) >= 44


@pytest.mark.parametrize(("width", "rows"), [(320, [6, 5]), (360, [6, 5]), (640, [11])])
@pytest.mark.parametrize("language", ["sv", "he"])
def test_the_scale_runs_with_the_language_and_breaks_into_six_and_five(
    make_tab: Tabs, language: str, width: int, rows: list[int]
) -> None:
    tiles = shown(make_tab, width, language).evaluate(TILES)
    by_row: dict[float, list[dict[str, Any]]] = {}
    for tile in tiles:
        by_row.setdefault(round(tile["y"]), []).append(tile)
    assert [len(row) for row in by_row.values()] == rows
    for row in by_row.values():
        places = [tile["x"] for tile in row]
        assert places == sorted(places, reverse=language == "he")
        gaps = {round(abs(after - before) - row[0]["width"]) for before, after in itertools.pairwise(places)}
        assert gaps == {4}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fi", "he"])
def test_it_can_be_read_in_the_light_and_in_the_dark(make_tab: Tabs, language: str, scheme: str) -> None:
    found = Axe().run(shown(make_tab, 360, language, scheme)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
