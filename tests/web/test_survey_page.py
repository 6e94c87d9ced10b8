"""The survey page: what it shows, what it takes, and what it must not count."""

from concurrent import futures

import requests

from journey import pulse
from tests.web import conftest

MESSAGE = 'class="problem" id="problem"'


def test_the_link_opens_the_question(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}")
    assert page.status_code == 200
    assert "How likely is it that you would recommend Havu to a friend or colleague?" in page.text
    assert "Your case “Router keeps restarting”, closed on 2 March" in page.text


def test_nothing_is_chosen_beforehand(place: conftest.Place) -> None:
    assert " checked" not in place.get(f"/s/{place.ask()}").text


def test_the_value_tapped_in_the_mail_is_chosen_and_said_so(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}?v=4").text
    assert page.count(" checked") == 1
    assert 'value="4" required checked' in page
    assert "<b>You chose 4.</b> Press Send to save it, or pick another number." in page


def test_a_tapped_value_is_provisional_until_sent(place: conftest.Place) -> None:
    token = place.ask()
    place.get(f"/s/{token}?v=4")
    assert place.asked(token).value is None


def test_sending_saves_and_leads_to_the_thanks(place: conftest.Place) -> None:
    token = place.ask()
    page = place.answer(token, "9", comment="Hyvä & <b>nopea</b>")
    assert [step.status_code for step in page.history] == [303]
    assert page.url.endswith(f"/s/{token}/thanks")
    assert "Thank you, your answer is saved" in page.text
    assert "9 of 10" in page.text
    assert "Hyvä &amp; &lt;b&gt;nopea&lt;/b&gt;" in page.text
    assert (place.asked(token).value, place.asked(token).comment) == (9, "Hyvä & <b>nopea</b>")


def test_the_same_post_twice_is_one_answer(place: conftest.Place) -> None:
    token = place.ask()
    fields = {"nonce": conftest.nonce_in(place.get(f"/s/{token}").text), "value": "3", "comment": ""}
    first, second = place.post(f"/s/{token}", fields), place.post(f"/s/{token}", fields)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.text == second.text


def test_a_second_visit_shows_the_thanks(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "9")
    assert "Thank you, your answer is saved" in place.get(f"/s/{token}").text


def test_a_second_answer_that_is_no_change_leaves_the_first(place: conftest.Place) -> None:
    token = place.ask()
    nonces = [conftest.nonce_in(place.get(f"/s/{token}").text) for _ in range(2)]
    place.post(f"/s/{token}", {"nonce": nonces[0], "value": "9"})
    page = place.post(f"/s/{token}", {"nonce": nonces[1], "value": "0"})
    assert "9 of 10" in page.text
    assert place.asked(token).value == 9


def test_the_answer_can_be_changed_on_purpose(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "2", comment="Slow")
    form = place.get(f"/s/{token}?change=1").text
    assert 'value="2" required checked' in form
    assert "Slow</textarea>" in form
    page = place.answer(token, "8", change="1", comment="Better")
    assert "8 of 10" in page.text
    assert (place.asked(token).value, place.asked(token).comment) == (8, "Better")


def test_thanks_without_an_answer_leads_to_the_question(place: conftest.Place) -> None:
    token = place.ask()
    page = place.get(f"/s/{token}/thanks")
    assert page.url.endswith(f"/s/{token}")
    assert "How likely" in page.text


def test_an_expired_question_says_so(place: conftest.Place) -> None:
    token = place.ask()
    nonce = conftest.nonce_in(place.get(f"/s/{token}").text)
    place.later(days=15)
    for page in (place.get(f"/s/{token}"), place.post(f"/s/{token}", {"nonce": nonce, "value": "3"})):
        assert page.status_code == 410
        assert "This question has closed" in page.text
    assert place.asked(token).value is None


def test_nothing_chosen_is_said_first_and_keeps_the_comment(place: conftest.Place) -> None:
    token = place.ask()
    page = place.answer(token, "", comment="I wrote <this>")
    assert page.status_code == 422
    assert "<title>Error: How likely" in page.text
    assert MESSAGE in page.text
    assert "Please choose a number." in page.text
    assert 'aria-describedby="problem ends" autofocus aria-invalid="true"' in page.text
    assert "I wrote &lt;this&gt;</textarea>" in page.text


def test_a_comment_that_is_too_long_is_kept_and_complained_about(place: conftest.Place) -> None:
    token = place.ask()
    page = place.answer(token, "7", comment="ä" * 4001)
    assert page.status_code == 422
    assert "ä" * 4001 in page.text
    assert "it may have 4000 characters and has 4001" in page.text
    assert 'value="7" required checked' in page.text
    assert place.asked(token).value is None


def test_the_longest_comment_fits(place: conftest.Place) -> None:
    token = place.ask()
    assert place.answer(token, "7", comment="€" * 4000).status_code == 200
    assert place.asked(token).comment == "€" * 4000


def test_a_form_that_is_not_ours_is_shown_afresh_with_what_was_written(place: conftest.Place) -> None:
    token = place.ask()
    page = place.post(f"/s/{token}", {"nonce": "forged", "value": "3", "comment": "kept"})
    assert page.status_code == 422
    assert 'value="3" required checked' in page.text
    assert "kept</textarea>" in page.text
    fields = {"nonce": conftest.nonce_in(page.text), "value": "3", "comment": "kept"}
    assert place.post(f"/s/{token}", fields).status_code == 200
    assert place.asked(token).value == 3


def test_a_filled_decoy_field_does_not_count(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "3", more="http://spam.example")
    assert place.asked(token).value is None


def test_the_decoy_is_out_of_everybodys_way(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}").text
    assert '<div class="away" aria-hidden="true">' in page
    assert '<input name="more" tabindex="-1" autocomplete="off">' in page


def test_the_same_post_eight_times_at_once_is_one_answer(place: conftest.Place) -> None:
    token = place.ask()
    fields = {"nonce": conftest.nonce_in(place.get(f"/s/{token}").text), "value": "3"}
    with futures.ThreadPoolExecutor(8) as people:
        pages = list(people.map(lambda _: requests.post(f"{place.pages.address}/s/{token}", fields, timeout=20), range(8)))
    assert {page.status_code for page in pages} == {200}
    answers = pulse.counts(place.world.belt)["answers"]
    assert (answers["confirmed"], answers["doubtful"], answers["replaced"]) == (1, 0, 0)


def test_many_people_answer_at_once(place: conftest.Place) -> None:
    tokens = [place.ask() for _ in range(12)]
    nonces = [conftest.nonce_in(place.get(f"/s/{token}").text) for token in tokens]

    def post(number: int) -> int:
        fields = {"nonce": nonces[number], "value": str(number % 11)}
        return requests.post(f"{place.pages.address}/s/{tokens[number]}", fields, timeout=20).status_code

    with futures.ThreadPoolExecutor(12) as people:
        assert set(people.map(post, range(12))) == {200}
    assert [place.asked(token).value for token in tokens] == [number % 11 for number in range(12)]
