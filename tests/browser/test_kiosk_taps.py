"""The kiosk in a real browser: one tap is an answer, for one visitor after the other, by finger and by keyboard."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import tablet
from tests.web import places as made

Tabs = Callable[..., Page]


def test_one_tap_is_an_answer_and_the_page_comes_back_by_itself(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.key(tab, "5, very satisfied").tap()
    expect(tablet.thanked(tab)).to_be_focused()
    expect(tab.locator("textarea")).to_have_accessible_name("What did we do well? Optional")
    tab.clock.run_for(3_000)
    expect(tablet.thanked(tab)).to_be_visible()
    tab.clock.run_for(5_100)
    expect(tablet.key(tab, "5, very satisfied")).to_be_visible()
    expect(tab.locator("#waiting")).to_have_text("")
    kiosk.gets(tab, (5, "", "confirmed"))


def test_a_comment_belongs_to_the_tap(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.key(tab, "2, dissatisfied").tap()
    tab.get_by_label("What should we have done better?").fill("Pitkä jono")
    tab.clock.run_for(2_000)
    tablet.key(tab, "Done").tap()
    expect(tablet.key(tab, "2, dissatisfied")).to_be_visible()
    expect(tab.locator("textarea")).to_have_value("")
    kiosk.gets(tab, (2, "Pitkä jono", "confirmed"))


def test_who_types_has_half_a_minute_and_nothing_is_lost(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.key(tab, "3, neither satisfied nor dissatisfied").tap()
    expect(tablet.thanked(tab)).to_be_visible()
    tab.locator("textarea").press_sequentially("Hm")
    tab.clock.run_for(20_000)
    expect(tab.locator("textarea")).to_be_visible()
    tab.clock.run_for(10_500)
    expect(tab.locator("textarea")).to_be_hidden()
    kiosk.gets(tab, (3, "Hm", "confirmed"))


def test_a_double_tap_is_one_answer(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tablet.key(tab, "1, very dissatisfied").dblclick()
    expect(tablet.thanked(tab)).to_be_visible()
    tab.get_by_role("button", name="Done").dblclick()
    expect(tablet.thanked(tab)).to_be_visible()
    tab.clock.run_for(9_000)
    tablet.key(tab, "1, very dissatisfied").tap()
    expect(tablet.key(tab, "1, very dissatisfied")).to_be_visible()
    kiosk.gets(tab, (1, "", "confirmed"))


def test_a_child_that_taps_and_taps_counts_once(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    for _ in range(4):
        tablet.key(tab, "1, very dissatisfied").tap()
        tab.clock.run_for(1_600)
        tablet.key(tab, "Done").tap()
        expect(tablet.key(tab, "1, very dissatisfied")).to_be_visible()
        tab.clock.run_for(1_600)
    tab.wait_for_function("document.getElementById('waiting').textContent === ''")
    assert sorted(state for _, _, state in kiosk.answers()) == ["confirmed", "doubtful", "doubtful", "doubtful"]


def test_another_language_is_for_one_visitor(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    tab.get_by_role("link", name="Suomi").tap()
    expect(tablet.key(tab, "4, melko tyytyväinen")).to_be_visible()
    tab.context.set_offline(True)
    tablet.key(tab, "4, melko tyytyväinen").tap()
    expect(tab.get_by_role("heading", name="Kiitos!")).to_be_visible()
    tab.clock.run_for(8_100)
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()
    tab.get_by_role("link", name="Svenska").tap()
    expect(tablet.key(tab, "4, ganska nöjd")).to_be_visible()
    tab.clock.run_for(10_100)
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()
    tab.context.set_offline(False)
    tab.clock.run_for(30_000)
    expect(tab.locator("#waiting")).to_have_text("")
    assert made.stored(kiosk.pages, "value", "language") == [(4, "fi")]


def test_answering_by_keyboard_alone(kiosk: tablet.Kiosk, tab: Page) -> None:
    kiosk.open(tab)
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.value") == "2":
            break
    tab.keyboard.press("Enter")
    expect(tablet.thanked(tab)).to_be_focused()
    tab.keyboard.press("Tab")
    tab.keyboard.type("Hidas")
    tab.clock.run_for(2_000)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    kiosk.gets(tab, (2, "Hidas", "confirmed"))


def test_it_works_without_scripts(kiosk: tablet.Kiosk, make_tab: Tabs) -> None:
    tab = make_tab(java_script_enabled=False, **tablet.TABLET)
    tab.goto(kiosk.address)
    tablet.key(tab, "4, satisfied").tap()
    expect(tablet.thanked(tab)).to_be_visible()
    tab.get_by_role("link", name="Done").tap()
    expect(tablet.key(tab, "4, satisfied")).to_be_visible()
    kiosk.gets(tab, (4, "", "confirmed"))
