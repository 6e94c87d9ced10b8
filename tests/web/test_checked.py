"""The page for an answer that a sign speaks against: it says so, and a second press makes the answer count."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import requests

from journey import settings
from surveys import questions, survey
from tests.web import conftest

SAID = {
    "en": "Thank you, your answer was taken and is being checked",
    "fi": "Kiitos, vastauksesi on vastaanotettu ja se tarkistetaan",
    "sv": "Tack, ditt svar är mottaget och kontrolleras",
}


def hidden(page: requests.Response) -> dict[str, str]:
    """The form of the page, as it would be sent."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in fields}


def states(place: conftest.Place) -> list[tuple[int, str]]:
    told = place.world.why("00000001")
    return [(one["value"], one["state"]) for one in told["answers"]]


@pytest.mark.parametrize("language", SAID)
def test_it_says_that_the_answer_is_being_checked(place: conftest.Place, language: str) -> None:
    token = place.ask()
    page = place.post(
        f"/s/{token}?lang={language}",
        {
            "nonce": conftest.nonce_in(place.get(f"/s/{token}?lang={language}").text),
            "value": "7",
            "more": "x",
            "comment": "<b>Hyvä</b>",
        },
    )
    assert page.status_code == 200
    assert f"<h1>{SAID[language]}</h1>" in page.text
    assert "&lt;b&gt;Hyvä&lt;/b&gt;" in page.text
    assert f'lang="{language}"' in page.text


def test_a_second_press_after_reading_counts(place: conftest.Place) -> None:
    token = place.ask()
    checked = place.answer(token, "7", more="x", comment='Hyvä "kiitos"\nrivi')
    place.later(seconds=3)
    thanked = place.post(f"/s/{token}", hidden(checked))
    assert "Thank you, your answer is saved" in thanked.text
    assert (place.asked(token).value, place.asked(token).comment) == (7, 'Hyvä "kiitos"\nrivi')
    assert states(place) == [(7, "replaced"), (7, "confirmed")]


def test_a_second_press_at_once_is_checked_again(make_place: Callable[..., conftest.Place]) -> None:
    place = make_place(settings=settings.JourneySettings(signs=settings.Signs(just_sent=timedelta(0))))
    token = place.ask()
    checked = place.answer(token, "7", more="x")
    assert SAID["en"] in place.post(f"/s/{token}", hidden(checked)).text
    assert place.asked(token).value is None


def test_the_link_shows_an_empty_form_to_whoever_comes_next(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "7", more="x", comment="not mine")
    page = place.get(f"/s/{token}")
    assert " checked" not in page.text
    assert "not mine" not in page.text
    place.later(minutes=1)
    place.answer(token, "2")
    assert place.asked(token).value == 2


def test_further_answers_come_along(make_place: Callable[..., conftest.Place]) -> None:
    further = (
        questions.Question(
            key="topic", kind=questions.Kind.SEVERAL, words={"en": "What about?"}, options={"price": {}, "speed": {}}
        ),
        questions.Question(key="again", kind=questions.Kind.RATING, words={"en": "Again?"}),
        questions.Question(key="else", kind=questions.Kind.TEXT, words={"en": "Else?"}),
    )
    asked = survey.Survey(key="asked", metric="nps", questions=further)
    place = make_place(surveys={"asked": asked})
    token = place.ask()
    said = {"x-topic-price": "1", "x-again": "4", "x-else": 'no "more"'}
    checked = place.answer(token, "7", more="x", **said)
    place.later(seconds=3)
    place.post(f"/s/{token}", hidden(checked))
    assert place.asked(token).extras == {"topic": ["price"], "again": 4, "else": 'no "more"'}


def test_a_doubtful_change_leads_back_to_the_form_for_changes(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "7")
    checked = place.answer(token, "2", change="1", more="x")
    assert SAID["en"] in checked.text
    assert f'href="/s/{token}?change=1"' in checked.text
    assert "Yes, that was me" not in checked.text
    assert place.asked(token).value == 7
    place.answer(token, "2", change="1")
    assert place.asked(token).value == 2
    assert "your answer is saved" in place.get(f"/s/{token}").text


def test_when_the_survey_is_over_nothing_is_checked_any_more(place: conftest.Place) -> None:
    token = place.ask()
    checked = place.answer(token, "7", more="x")
    place.later(days=15)
    assert place.get(f"/s/{token}/thanks").status_code == 410
    assert place.post(f"/s/{token}", hidden(checked)).status_code == 410


def test_a_change_needs_the_form_for_changes(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "7")
    plain = conftest.nonce_in(place.get(f"/s/{place.ask()}").text)
    assert place.post(f"/s/{token}", {"nonce": plain, "value": "1", "change": "1"}).status_code == 422
    assert place.asked(token).value == 7
