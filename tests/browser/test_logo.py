"""The brand's logo on the page: from our own origin, with its size, named, and to be seen on dark ground."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from surveys import logo, survey
from tests.surveys import test_logo as files
from tests.web import conftest

Tabs = Callable[..., Page]
RED = "<style>.a{fill:#e00000}</style><rect class='a' width='200' height='50'/>"


def with_logo(make_place: Callable[..., conftest.Place], content: bytes) -> conftest.Place:
    return make_place(brand=survey.Brand(name="Havu", logo=logo.read(content)))


@pytest.mark.parametrize("content", [files.svg(RED), files.png(200, 50)], ids=["svg", "png"])
def test_it_stands_in_the_place_of_the_name(make_place: Callable[..., conftest.Place], make_tab: Tabs, content: bytes) -> None:
    place = with_logo(make_place, content)
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    picture = tab.get_by_role("banner").get_by_role("img", name="Havu")
    expect(picture).to_have_attribute("width", "128")
    expect(picture).to_have_attribute("height", "32")
    box = picture.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (128, 32)
    served = place.get(tab.evaluate("new URL(document.querySelector('header img').src).pathname"))
    assert served.content == content
    assert "immutable" in served.headers["Cache-Control"]
    assert served.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_its_own_styles_count_and_it_has_a_light_plate_in_the_dark(
    make_place: Callable[..., conftest.Place], make_tab: Tabs
) -> None:
    place = with_logo(make_place, files.svg("<style>.a{fill:#e00000}</style><rect class='a' width='100' height='50'/>"))
    tab = make_tab(color_scheme="dark")
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    shot = Image.open(io.BytesIO(tab.locator("header img").screenshot())).convert("RGB")
    middle = shot.height // 2
    assert shot.getpixel((shot.width // 4, middle)) == (224, 0, 0)
    assert shot.getpixel((shot.width * 3 // 4, middle)) == (255, 255, 255)


def test_without_one_there_is_none(place: conftest.Place) -> None:
    assert place.get("/static/logo").status_code == 404
    assert "<img" not in place.get(f"/s/{place.ask()}").text
