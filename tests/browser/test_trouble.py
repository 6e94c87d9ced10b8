"""What a customer meets when the line is slow or cut, or the server has too much to do: the form stays, and so does the focus."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import conftest

Tabs = Callable[..., Page]
UNSENT = "We could not reach the server. Your answer is still here: please try again."


def begun(place: conftest.Place, tab: Page) -> str:
    """A form that is filled in; its token."""
    token = place.ask()
    tab.goto(f"{place.pages.address}/s/{token}?v=3")
    tab.locator("#comment").fill("Pitkä juttu")
    return token


def send(tab: Page) -> Any:
    return tab.get_by_role("button", name="Send")


@pytest.mark.parametrize(
    ("status", "heading", "said"),
    [
        (503, "<h1>Something went wrong on our side</h1>", UNSENT),
        (429, '<h1>That was a lot at once</h1><p class="lead">Please wait a moment.</p>', "That was a lot at once. Please wait"),
        (
            413,
            '<h1>That was too much text</h1><p class="lead">Nothing was saved.</p>',
            "That was too much text. Nothing was saved.",
        ),
    ],
)
def test_what_was_filled_in_stays_when_the_server_does_not_take_it(
    place: conftest.Place, make_tab: Tabs, status: int, heading: str, said: str
) -> None:
    tab = make_tab(viewport={"width": 390, "height": 640})
    token = begun(place, tab)
    page = f"<header></header><main>{heading}</main><footer></footer>"
    tab.route("**/s/*", lambda route: route.fulfill(status=status, content_type="text/html; charset=utf-8", body=page))
    send(tab).click()
    expect(tab.get_by_role("alert")).to_have_text(re.compile(f"^{re.escape(said)}"))
    expect(tab.get_by_role("alert")).to_be_in_viewport()
    expect(tab.locator("#comment")).to_have_value("Pitkä juttu")
    tab.unroute("**/s/*")
    send(tab).click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert (place.asked(token).value, place.asked(token).comment) == (3, "Pitkä juttu")


def test_after_a_cut_line_the_focus_is_still_on_send(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    begun(place, tab)
    tab.context.set_offline(True)
    send(tab).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_have_text(UNSENT)
    expect(send(tab)).to_be_focused()
    tab.context.set_offline(False)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()


def test_while_an_answer_is_under_way_send_shows_it_and_sends_no_second_one(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    begun(place, tab)
    posts: list[Any] = []
    tab.route("**/s/*", lambda route: posts.append(route))
    send(tab).dblclick()
    expect(send(tab)).to_have_attribute("aria-disabled", "true")
    send(tab).click(force=True)
    tab.wait_for_timeout(100)
    assert len(posts) == 1
    posts[0].continue_()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_server_that_never_answers_is_given_up_and_tried_again(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    tab.clock.install()
    token = begun(place, tab)
    tab.route("**/s/*", lambda route: None)
    send(tab).click()
    tab.clock.run_for(31_000)
    expect(tab.get_by_role("alert")).to_have_text(UNSENT)
    tab.unroute("**/s/*")
    send(tab).click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert place.asked(token).value == 3


def test_nothing_chosen_is_said_in_the_pages_language_not_in_the_browsers(
    make_place: Callable[..., conftest.Place], make_tab: Tabs
) -> None:
    place = make_place("nps", "fi")
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tab.get_by_role("button", name="Lähetä").click()
    expect(tab.get_by_role("alert")).to_have_text("Valitse numero.")
    expect(tab).to_have_title(re.compile("^Virhe: "))
