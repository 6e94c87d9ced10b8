"""The page of an anonymous survey: what it promises, and that it offers nothing that would break the promise."""

from collections.abc import Callable

import pytest

from surveys import survey
from tests.web import conftest

PROMISE = "Anonymous: your answer is kept apart from your name"


@pytest.fixture
def place(make_place: Callable[..., conftest.Place]) -> conftest.Place:
    return make_place(surveys={"asked": survey.Survey(key="asked", metric="nps", anonymous=True)})


def test_it_says_that_nobody_can_tell_before_and_after(place: conftest.Place) -> None:
    token = place.ask()
    page = place.get(f"/s/{token}?v=3").text
    assert PROMISE in page
    assert "with your name" not in page
    assert "change your answer" not in page
    thanked = place.answer(token, "3", comment="Hidas").text
    assert "Thank you, your answer is saved" in thanked
    assert PROMISE in thanked
    for said in ("Change my answer", "3 of 10", "Hidas"):
        assert said not in thanked


def test_a_second_visit_finds_thanks_and_no_form(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "3")
    for path in (f"/s/{token}", f"/s/{token}?change=1", f"/s/{token}?v=9", f"/s/{token}/thanks"):
        page = place.get(path)
        assert (page.status_code, "<form" in page.text, PROMISE in page.text) == (200, False, True)


def test_why_and_the_mail_say_the_same(place: conftest.Place) -> None:
    assert PROMISE in place.get(f"/why/{place.ask()}").text


def test_a_robot_finds_its_form_again_with_what_it_wrote(place: conftest.Place) -> None:
    token = place.ask()
    page = place.get(f"/s/{token}").text
    sent = place.post(f"/s/{token}", {"nonce": conftest.nonce_in(page), "value": "3", "comment": "Kept", "more": "spam"})
    assert (sent.status_code, "Kept" in sent.text, "press Send once more" in sent.text) == (422, True, True)
    assert place.world.counts("answers") == {}
