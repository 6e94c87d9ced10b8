"""A walk through the page that each channel leads to, in three languages, on a phone and a desk."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser import channels, host

Tabs = Callable[..., Page]


@pytest.fixture
def shop() -> Iterator[host.Shop]:
    with host.Shop() as running:
        yield running


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("name", channels.PAGES)
def test_each_channels_page_is_whole_on_phone_and_desk(
    make_place: channels.MakePlace, make_tab: Tabs, shop: host.Shop, name: str, language: str
) -> None:
    tab = make_tab()
    one = channels.visit(name, language, tab, make_place, shop)
    frame = tab.frames[1] if name.startswith("embed") else tab.main_frame
    for viewport in channels.SIZES.values():
        tab.set_viewport_size(viewport)  # type: ignore[arg-type]
        for seen in {tab.main_frame, frame}:
            assert seen.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        heading = frame.locator("h1").first
        assert heading.is_visible()
        assert heading.inner_text().strip()
    assert frame.evaluate("document.documentElement.lang") == one.language
    assert frame.evaluate("document.fonts.size") == 0, "no fonts are loaded"
