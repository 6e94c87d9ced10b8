"""Saying no, learning why, privacy."""

import html
import re
from collections.abc import Callable

import pytest

from surveys import survey
from tests.web import conftest

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def asked_again(place: conftest.Place) -> bool:
    """Whether the same person is asked about a case two months later."""
    place.later(days=60)
    before = len(place.world.channel.messages)
    place.world.close_case(email="aino@posti.example")
    place.world.turn()
    return len(place.world.channel.messages) > before


def test_one_click_unsubscribes_without_a_redirect(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    answer = place.post(f"/u/{token}", ONE_CLICK, allow_redirects=False)
    assert answer.status_code == 200
    assert not asked_again(place)


def test_one_click_may_be_multipart(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    answer = place.post(f"/u/{token}", files={"List-Unsubscribe": (None, "One-Click")}, allow_redirects=False)
    assert answer.status_code == 200
    assert not asked_again(place)


def test_the_button_of_the_page_unsubscribes(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    page = place.get(f"/u/{token}").text
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page
    assert "We will not ask you again" in place.post(f"/u/{token}?lang=en", ONE_CLICK).text
    assert not asked_again(place)


def test_unsubscribing_twice_is_fine(place: conftest.Place) -> None:
    token = place.ask()
    assert [place.post(f"/u/{token}", ONE_CLICK).status_code for _ in range(2)] == [200, 200]


def test_another_body_unsubscribes_nobody(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    assert place.post(f"/u/{token}", {"something": "else"}).status_code == 400
    assert asked_again(place)


def test_unsubscribing_works_after_the_question_closed(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    place.later(days=20)
    assert place.post(f"/u/{token}", ONE_CLICK).status_code == 200
    assert not asked_again(place)


@pytest.mark.parametrize("path", ["/u/", "/why/", "/s/"])
def test_a_made_up_token_is_not_found(place: conftest.Place, path: str) -> None:
    assert place.get(path + "A" * 22).status_code == 404
    if path != "/why/":
        assert place.post(path + "A" * 22, ONE_CLICK).status_code == 404


def test_why_tells_reason_and_pace(place: conftest.Place) -> None:
    page = place.get(f"/why/{place.ask()}").text
    assert "You get this because a case of yours was closed. We ask at most once in 30 days." in page


def test_privacy_tells_who_how_long_and_whom_to_ask(place: conftest.Place) -> None:
    page = place.get("/privacy?lang=sv").text
    assert "Havus serviceteam ser ditt svar och ditt namn. De raderas efter 24 månader." in page
    assert "Havu Oy, Rantatie 1, 00100 Helsinki" in page


def test_privacy_of_an_anonymous_survey_promises_what_it_keeps(make_place: Callable[..., conftest.Place]) -> None:
    place = make_place(surveys={"asked": survey.Survey(key="asked", metric="nps", anonymous=True)})
    token = place.ask()
    (path,) = re.findall(r'href="(/privacy[^"]*)"', place.get(f"/s/{token}").text)
    page = place.get(html.unescape(path)).text
    assert "all apart from your name" in page
    assert "with your name and deleted" not in page
    assert "cannot be changed or deleted" in page
    assert place.world.channel.messages[0].privacy_url.endswith(f"/privacy/{token}")


def test_privacy_of_a_link_speaks_the_persons_language_and_of_a_forgotten_one_is_still_told(place: conftest.Place) -> None:
    path = f"/privacy/{place.ask()}"
    assert "with your name and deleted after 24 months" in place.get(path).text
    assert "Tietosuoja" in place.get(f"{path}?lang=fi").text
    forgotten = place.get("/privacy/" + "A" * 22)
    assert (forgotten.status_code, "with your name" in forgotten.text) == (200, True)


def test_a_page_of_nobody_speaks_the_browsers_language(place: conftest.Place) -> None:
    assert "Tietosuoja" in place.get("/privacy", headers={"Accept-Language": "fi-FI,fi;q=0.9,en;q=0.5"}).text
    assert "Privacy" in place.get("/privacy", headers={"Accept-Language": "ja"}).text
