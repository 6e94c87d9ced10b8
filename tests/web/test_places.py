"""The pages of places: who scans a code, and who only fetches its link."""

from collections.abc import Callable

import pytest
import requests

from journey import settings
from journey.visiting import place as nouns
from journey.visiting import places
from tests.web import conftest
from tests.web import places as made


def answer(pages: conftest.Place, place: places.Place, value: str = "4", query: str = "", **fields: str) -> requests.Response:
    """Open the form and send it."""
    page = pages.get(f"/p/{place.code}{query}")
    return pages.post(
        f"/p/{place.code}{query}", {**made.hidden_in(page.text), "value": value, "comment": "", "more": "", **fields}
    )


def test_a_visitor_answers_and_is_thanked(place: conftest.Place) -> None:
    here = made.make(place)
    thanked = answer(place, here, "9", comment="Hyvä")
    assert (thanked.status_code, thanked.url) == (200, f"{place.pages.address}/p/{here.code}/thanks?lang=en")
    assert "Thank you, your answer is saved" in thanked.text
    assert made.stored(place, "value", "comment", "channel", "state") == [(9, "Hyvä", "place", "confirmed")]


def test_the_page_speaks_of_nobody(place: conftest.Place) -> None:
    page = place.get(f"/p/{made.make(place).code}").text
    assert "Anonymous. We store the answer, the place and the time" in page
    for said in ("Don’t ask me again", "Why did I get this?", "change your answer", "with your name"):
        assert said not in page


def test_looking_stores_nothing(place: conftest.Place) -> None:
    code = made.make(place).code
    for path in (f"/p/{code}", f"/P/{code}", f"/p/{code}/thanks", f"/p/{code}/privacy", f"/p/{code.lower()}?v=3"):
        assert place.get(path).status_code == 200
    place.visitor.head(f"{place.pages.address}/p/{code}", timeout=10)
    for agent in ("facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0", "WhatsApp/2.23"):
        assert place.get(f"/p/{code}", headers={"User-Agent": agent}).status_code == 200
    assert place.get(f"/p/{code}", headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert place.world.counts("touchpoints") == {}


def test_a_link_preview_says_the_question_and_nothing_of_answers(place: conftest.Place) -> None:
    here = made.make(place, way="share")
    page = place.get(f"/p/{here.code}").text
    assert '<meta property="og:title" content="How likely is it that you would recommend Havu' in page
    answer(place, here, "3")
    assert made.without_nonce(place.get(f"/p/{here.code}").text) == made.without_nonce(page)


def test_a_closed_place_and_an_unknown_one_say_so(place: conftest.Place) -> None:
    here = made.make(place)
    page = place.get(f"/p/{here.code}").text
    made.close(place, here)
    shut = place.get(f"/p/{here.code}")
    assert (shut.status_code, "This question has closed here" in shut.text) == (410, True)
    sent = place.post(f"/p/{here.code}", {"nonce": conftest.nonce_in(page), "value": "3"})
    assert sent.status_code == 410
    gone = place.get("/p/AAAAAA")
    assert (gone.status_code, "This address does not work" in gone.text) == (404, True)
    assert made.stored(place, "id") == []


def test_nothing_chosen_is_told_and_the_comment_kept(place: conftest.Place) -> None:
    back = answer(place, made.make(place), "", comment="Kept")
    assert back.status_code == 422
    assert "Please choose a number." in back.text
    assert "Kept" in back.text


def test_a_form_that_lay_open_for_days_is_shown_afresh(place: conftest.Place) -> None:
    here = made.make(place)
    nonce = conftest.nonce_in(place.get(f"/p/{here.code}").text)
    place.later(days=3)
    back = place.post(f"/p/{here.code}", {"nonce": nonce, "value": "3", "comment": ""})
    assert (back.status_code, "please press Send once more" in back.text) == (422, True)


def test_the_same_form_twice_is_one_answer_and_a_second_form_a_repeat(place: conftest.Place) -> None:
    made.from_outside(place)
    here = made.make(place)
    nonce = conftest.nonce_in(place.get(f"/p/{here.code}").text)
    for _ in range(2):
        assert place.post(f"/p/{here.code}", {"nonce": nonce, "value": "3", "comment": ""}).status_code == 200
    answer(place, here, "10")
    assert made.stored(place, "value", "state", "sign") == [(3, "confirmed", ""), (10, "doubtful", "repeat")]


def test_browsers_behind_a_proxy_that_nobody_named_are_not_taken_for_one(place: conftest.Place) -> None:
    here = made.make(place)
    for value in ("3", "10"):
        answer(place, here, value)
    assert made.stored(place, "state") == [("confirmed",), ("confirmed",)]


def test_a_robot_that_fills_the_decoy_is_kept_apart(place: conftest.Place) -> None:
    answer(place, made.make(place), more="http://spam.example")
    assert made.stored(place, "state", "sign") == [("doubtful", "decoy")]


def test_the_campaign_of_a_shared_link_goes_along(place: conftest.Place) -> None:
    here = made.make(place, way="share")
    query = "?utm_source=newsletter&utm_campaign=spring%20%22%3E&utm_x1=1&email=a@b.example"
    answer(place, here, query=query)
    kept = {"utm_source": "newsletter", "utm_campaign": 'spring ">'}
    assert made.contexts(place) == [{"place": here.name, "way": "share", "shift": "", **kept}]


def test_a_campaign_survives_another_language_and_a_mistake(place: conftest.Place) -> None:
    here = made.make(place, way="share")
    page = place.get(f"/p/{here.code}?utm_source=radio").text
    assert f"?{'utm_source=radio'}&amp;lang=fi" in page
    back = place.post(f"/p/{here.code}", {**made.hidden_in(page), "value": ""})
    place.post(f"/p/{here.code}", {**made.hidden_in(back.text), "value": "3"})
    assert made.contexts(place)[0]["utm_source"] == "radio"


@pytest.mark.parametrize(
    ("options", "browser", "query", "said"),
    [
        ({"language": "fi"}, "sv", "", "Kuinka todennäköisesti"),
        ({}, "sv", "", "Hur troligt"),
        ({}, "", "", "How likely"),
        ({"language": "fi"}, "sv", "?lang=en", "How likely"),
    ],
)
def test_it_asks_in_the_language_of_the_place_or_of_the_visitor(
    place: conftest.Place, options: dict[str, str], browser: str, query: str, said: str
) -> None:
    here = made.make(place, options=options)
    assert said in place.get(f"/p/{here.code}{query}", headers={"Accept-Language": browser}).text


def test_the_language_in_which_it_was_asked_is_kept(place: conftest.Place) -> None:
    answer(place, made.make(place), query="?lang=fi")
    assert made.stored(place, "language") == [("fi",)]


def test_one_address_may_only_send_so_much(make_place: Callable[..., conftest.Place]) -> None:
    pages = make_place(settings=settings.JourneySettings(places=settings.Places(per_address=3)))
    made.from_outside(pages)
    here = made.make(pages)
    statuses = [answer(pages, here).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    pages.later(hours=1)
    assert answer(pages, here).status_code == 200
    assert len(made.stored(pages, "id")) == 4


def test_privacy_says_what_is_kept_of_a_visit(place: conftest.Place) -> None:
    page = place.get(f"/p/{made.make(place).code}/privacy").text
    assert "Comments are deleted after 24 months; the figures stay." in page
    assert "your name" not in page


def test_a_code_with_odd_letters_is_no_place(place: conftest.Place) -> None:
    assert place.get(f"/p/{nouns.new_code()}%00").status_code == 404
    assert place.get("/p/..%2f..%2fetc").status_code == 404
