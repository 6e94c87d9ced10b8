"""The kiosk where things go wrong: an unwell server, two tabs, no storage, a tablet that was moved, a place that was closed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import tablet
from tests.web import places as made

Tabs = Callable[..., Page]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_a_server_that_is_unwell_did_not_take_is_sent_later(kiosk: tablet.Kiosk, tab: Page, status: int) -> None:
    kiosk.open(tab)
    tab.route("**/answers", lambda route: route.fulfill(status=status, json={"problem": "not now"}))
    tablet.tap(tab, "4, satisfied")
    tablet.tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("2 waiting to be sent")
    tab.unroute("**/answers")
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (4, "", "confirmed"), (2, "", "confirmed"))


@pytest.mark.parametrize("said", [{}, {"outcomes": None}, "hello"], ids=["empty", "none", "text"])
def test_somebody_elses_answer_settles_nothing(kiosk: tablet.Kiosk, tab: Page, said: Any) -> None:
    """A portal of the shop's network answers in the server's place."""
    kiosk.open(tab)
    tab.route("**/answers", lambda route: route.fulfill(status=200, json=said))
    tablet.tap(tab, "4, satisfied")
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    tab.unroute("**/answers")
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (4, "", "confirmed"))


def test_two_tabs_of_one_tablet_send_each_answer_once(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    other = tab.context.new_page()
    other.clock.install(time=datetime(2026, 3, 2, 11, 5))  # noqa: DTZ001 - a tablet's clock
    kiosk.open(other)
    tab.context.set_offline(True)
    tablet.tap(tab, "4, satisfied")
    tablet.tap(other, "1, very dissatisfied")
    tab.context.set_offline(False)
    for one in (tab, other):
        one.clock.run_for(30_000)
    for one in (tab, other):
        one.clock.run_for(30_000)
        expect(one.locator("#waiting")).to_have_text("")
    assert sorted(kiosk.answers()) == [(1, "", "confirmed"), (4, "", "confirmed")]


_NO_ROOM = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"
_NO_STORE = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"


@pytest.mark.parametrize("forbidden", [_NO_ROOM, _NO_STORE], ids=["disk full", "forbidden"])
def test_where_nothing_can_be_stored_taps_still_count_and_the_next_visitor_can_tap(
    kiosk: tablet.Kiosk, tab: Page, forbidden: str
) -> None:
    tab.add_init_script(forbidden)
    tab.goto(kiosk.address)
    tablet.tap(tab, "4, satisfied")
    tablet.tap(tab, "2, dissatisfied")
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (4, "", "confirmed"), (2, "", "confirmed"))


def test_what_waits_on_a_tablet_that_was_moved_goes_to_the_place_where_it_was_given(kiosk: tablet.Kiosk, tab: Page) -> None:
    other = tablet.Kiosk(kiosk.pages, name="Till 3")
    kiosk.open(tab)
    tab.route("**/answers", lambda route: route.abort())
    tablet.tap(tab, "2, dissatisfied")
    tab.unroute("**/answers")
    other.open(tab)
    tablet.tap(tab, "5, very satisfied")
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (2, "", "confirmed"), (5, "", "confirmed"))
    assert [facts["place"] for facts in made.contexts(kiosk.pages)] == ["Helsinki shop, till 2", "Till 3"]


def test_what_was_given_before_the_place_closed_is_sent_from_the_page_that_says_so(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tab.route("**/answers", lambda route: route.abort())
    tablet.tap(tab, "2, dissatisfied")
    kiosk.pages.later(minutes=1)
    made.close(kiosk.pages, kiosk.place)
    tab.reload()
    expect(tab.get_by_role("heading", name="This question has closed here")).to_be_visible()
    expect(tab.locator("#waiting")).to_have_text("1 waiting to be sent")
    tab.unroute("**/answers")
    tab.clock.run_for(timedelta(seconds=61).seconds * 1000)
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (2, "", "confirmed"))


def test_a_place_that_is_reopened_asks_again_by_itself(kiosk: tablet.Kiosk, tab: Page) -> None:
    made.close(kiosk.pages, kiosk.place)
    tab.goto(kiosk.address)
    expect(tab.get_by_role("heading", name="This question has closed here")).to_be_visible()
    made.reopen(kiosk.pages, kiosk.place)
    tab.clock.run_for(31 * 60_000)
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()


def test_a_tablet_leaves_pages_that_have_no_way_back_by_itself(kiosk: tablet.Kiosk) -> None:
    unknown = kiosk.pages.get("/k/AAAAAA")
    assert (unknown.status_code, unknown.headers["Refresh"]) == (404, "300")


def test_what_somebody_was_writing_is_kept_when_the_page_is_loaded_anew(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.key(tab, "2, dissatisfied").tap()
    tab.get_by_label("What should we have done better?").fill("Jono")
    tab.reload()
    expect(tablet.key(tab, "2, dissatisfied")).to_be_visible()
    expect(tab.locator("#comment")).to_have_value("")
    kiosk.gets(tab, (2, "Jono", "confirmed"))
