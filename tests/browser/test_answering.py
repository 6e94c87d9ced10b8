"""A customer answers in a browser: with and without scripts, by mouse and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from surveys import metrics, questions, survey
from tests.web import conftest

FURTHER = survey.Survey(
    key="asked",
    metric="nps",
    questions=(
        questions.Question(
            key="reason",
            kind=questions.Kind.ONE,
            words={"en": "What was it about?"},
            options={"speed": {"en": "Speed"}, "price": {"en": "Price"}},
            show_for=frozenset({metrics.Tone.LOW}),
        ),
        questions.Question(
            key="topics",
            kind=questions.Kind.SEVERAL,
            words={"en": "Which of these?"},
            options={"staff": {"en": "Staff"}, "shop": {"en": "Shop"}, "web": {"en": "Web"}},
        ),
        questions.Question(
            key="ease",
            kind=questions.Kind.RATING,
            words={"en": "How easy was it?"},
            low={"en": "Very hard"},
            high={"en": "Very easy"},
        ),
        questions.Question(key="idea", kind=questions.Kind.TEXT, words={"en": "Any idea?"}),
    ),
)
"""A survey with a further question of each kind."""
Tabs = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_customer_answers_and_is_thanked(place: conftest.Place, make_tab: Tabs, scripts: bool) -> None:
    token = place.ask()
    tab = make_tab(java_script_enabled=scripts)
    tab.goto(f"{place.pages.address}/s/{token}")
    expect(tab.locator("textarea")).to_be_hidden()
    tab.locator("input[value='9']").check()
    tab.get_by_label("What did we do well?").fill("Kiitos <b>kaikesta</b>")
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Thank you, your answer is saved")).to_be_visible()
    expect(tab).to_have_url(f"{place.pages.address}/s/{token}/thanks")
    expect(tab.locator("dd").nth(1)).to_have_text("Kiitos <b>kaikesta</b>")
    assert (place.asked(token).value, place.asked(token).comment) == (9, "Kiitos <b>kaikesta</b>")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_open_question_follows_the_score(place: conftest.Place, make_tab: Tabs, scripts: bool) -> None:
    tab = make_tab(java_script_enabled=scripts)
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    for value, question in (
        (0, "What should we have done better?"),
        (7, "What would have made it better?"),
        (10, "What did we do well?"),
    ):
        tab.locator(f"input[value='{value}']").check()
        expect(tab.locator("textarea")).to_have_accessible_name(f"{question} Optional")


def test_answering_by_keyboard_alone(place: conftest.Place, make_tab: Tabs) -> None:
    token = place.ask()
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{token}")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.name") == "value":
            break
    tab.keyboard.press("Space")
    for _ in range(8):
        tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.value") == "8"
    assert tab.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle") == "solid"
    tab.keyboard.press("Tab")
    tab.keyboard.type("Nopea")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Send"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Thank you, your answer is saved")).to_be_focused()
    assert (place.asked(token).value, place.asked(token).comment) == (8, "Nopea")


def test_the_decoy_is_never_reached_by_keyboard_or_screen_reader(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}?v=3")
    reached = set()
    for _ in range(15):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.name || ''"))
    assert "comment" in reached
    assert "more" not in reached
    assert "Leave this field empty" not in tab.locator("body").aria_snapshot()


def test_every_value_has_a_name_and_the_group_tells_the_ends(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    group = tab.get_by_role("group", name="How likely is it that you would recommend Havu to a friend or colleague?")
    expect(group).to_have_accessible_description("0 means not at all likely, 10 means extremely likely.")
    names = ["0, not at all likely", *map(str, range(1, 10)), "10, extremely likely"]
    for name in names:
        expect(group.get_by_role("radio", name=name, exact=True)).to_have_count(1)


def test_a_value_tapped_in_the_mail_can_be_corrected(place: conftest.Place, make_tab: Tabs) -> None:
    token = place.ask()
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{token}?v=4")
    expect(tab.locator("input:checked")).to_have_value("4")
    tab.locator("input[value='6']").check()
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator("dd").first).to_have_text("6 of 10")
    assert place.asked(token).value == 6


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_nothing_chosen_takes_the_focus_to_the_group_and_keeps_the_comment(
    place: conftest.Place, make_tab: Tabs, scripts: bool
) -> None:
    token = place.ask()
    tab = make_tab(java_script_enabled=scripts)
    tab.goto(f"{place.pages.address}/s/{token}")
    tab.evaluate("document.querySelector('textarea').value = 'Kept'")
    tab.get_by_role("button", name="Send").click()
    expect(tab).to_have_title("Error: How likely is it that you would recommend Havu to a friend or colleague? – Havu")
    expect(tab.get_by_role("alert")).to_have_text("Please choose a number.")
    expect(tab.locator("fieldset")).to_be_focused()
    expect(tab.locator("fieldset")).to_have_accessible_description(
        "Please choose a number. 0 means not at all likely, 10 means extremely likely."
    )
    expect(tab.locator("textarea")).to_have_value("Kept")
    tab.locator("input[value='2']").check()
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert (place.asked(token).value, place.asked(token).comment) == (2, "Kept")


def test_a_double_click_and_the_back_button_make_one_answer(place: conftest.Place, make_tab: Tabs) -> None:
    token = place.ask()
    tab = make_tab(java_script_enabled=False)
    tab.goto(f"{place.pages.address}/s/{token}?v=3")
    tab.get_by_role("button", name="Send").dblclick(no_wait_after=True)
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    tab.go_back()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    tab.reload()
    assert place.asked(token).value == 3


def test_changing_the_answer(place: conftest.Place, make_tab: Tabs) -> None:
    token = place.ask()
    place.answer(token, "2", comment="Hidas")
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{token}")
    tab.get_by_role("link", name="Change my answer").click()
    expect(tab.locator("textarea")).to_have_value("Hidas")
    tab.locator("input[value='8']").check()
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator("dd").first).to_have_text("8 of 10")
    assert place.asked(token).value == 8


def test_what_was_written_survives_a_reload_and_a_lost_line(place: conftest.Place, make_tab: Tabs) -> None:
    token = place.ask()
    tab = make_tab()
    tab.goto(f"{place.pages.address}/s/{token}?v=3")
    tab.locator("textarea").fill("Pitkä juttu")
    tab.reload()
    expect(tab.locator("textarea")).to_have_value("Pitkä juttu")
    tab.context.set_offline(True)
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("alert")).to_have_text("We could not reach the server. Your answer is still here: please try again.")
    tab.context.set_offline(False)
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert place.asked(token).comment == "Pitkä juttu"
    assert tab.evaluate("localStorage.length + sessionStorage.length") == 0


def test_what_was_begun_is_there_when_the_tab_was_closed_and_gone_once_sent(
    make_place: Callable[..., conftest.Place], make_tab: Tabs
) -> None:
    place = make_place(surveys={"asked": FURTHER})
    token, other = place.ask(), place.ask()
    address = f"{place.pages.address}/s/{token}"
    tab = make_tab()
    tab.goto(address)
    tab.locator("input[value='3']").first.check()
    tab.get_by_label("What should we have done better?").fill("Kesken")
    tab.get_by_label("Price").check()
    tab.get_by_label("Shop").check()
    assert tab.evaluate("Object.keys(localStorage)") == [f"palaute:/s/{token}"]
    context = tab.context
    tab.close()
    again = context.new_page()
    again.goto(f"{place.pages.address}/s/{other}")
    expect(again.locator("input:checked")).to_have_count(0)
    again.goto(address)
    expect(again.locator("[name=value]:checked")).to_have_value("3")
    expect(again.locator("#comment")).to_have_value("Kesken")
    expect(again.get_by_label("Price")).to_be_checked()
    expect(again.get_by_label("Shop")).to_be_checked()
    expect(again.get_by_label("Staff")).not_to_be_checked()
    again.goto(f"{address}?v=8")
    expect(again.locator("[name=value]:checked")).to_have_value("8")
    expect(again.locator("#comment")).to_have_value("Kesken")
    again.get_by_role("button", name="Send").click()
    expect(again.get_by_role("heading", name="Thank you")).to_be_visible()
    assert again.evaluate("localStorage.length") == 0
    assert place.asked(token).extras == {"topics": ["shop"]}, "the reason is asked after a low score only"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_further_questions_come_with_the_score_they_belong_to(
    make_place: Callable[..., conftest.Place], make_tab: Tabs, scripts: bool
) -> None:
    place = make_place(surveys={"asked": FURTHER})
    token = place.ask()
    tab = make_tab(java_script_enabled=scripts)
    tab.goto(f"{place.pages.address}/s/{token}")
    expect(tab.get_by_role("group", name="Which of these?")).to_be_hidden()
    tab.locator("input[value='10']").check()
    expect(tab.get_by_role("group", name="Which of these?")).to_be_visible()
    expect(tab.get_by_role("group", name="What was it about?")).to_be_hidden()
    tab.locator("[name=value][value='2']").check()
    tab.get_by_role("group", name="What was it about?").get_by_label("Speed").check()
    tab.get_by_label("Staff").check()
    tab.get_by_label("Web").check()
    tab.get_by_role("group", name="How easy was it?").get_by_role("radio", name="5, very easy").check()
    tab.get_by_label("Any idea?").fill("Longer hours")
    tab.get_by_role("button", name="Send").click()
    said = {"What was it about?": "Speed", "Which of these?": "Staff, Web", "How easy was it?": "5 of 5"}
    for question, answer in said.items():
        row = tab.locator("dl div").filter(has=tab.get_by_text(question))
        expect(row.locator("dd")).to_have_text(answer)
    given = {"reason": "speed", "topics": ["staff", "web"], "ease": 5, "idea": "Longer hours"}
    assert place.asked(token).extras == given
    tab.get_by_role("link", name="Change my answer").click()
    expect(tab.get_by_label("Staff")).to_be_checked()
    expect(tab.get_by_label("Any idea?")).to_have_value("Longer hours")
    tab.get_by_label("Staff").uncheck()
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("heading", name="Thank you")).to_be_visible()
    assert place.asked(token).extras == given | {"topics": ["web"]}


def test_saying_no_takes_a_button(place: conftest.Place, make_tab: Tabs) -> None:
    tab = make_tab(java_script_enabled=False)
    tab.goto(f"{place.pages.address}/s/{place.ask()}")
    tab.get_by_role("link", name="Don’t ask me again").click()
    tab.get_by_role("button", name="Don’t ask me again").click()
    expect(tab.get_by_role("heading", name="We will not ask you again")).to_be_visible()
