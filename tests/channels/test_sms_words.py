"""What one text says."""

from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import phone
from channels.sms import alphabet, render, settings
from store import people
from surveys import survey
from tests.channels import messages


def text(*, reply: bool = True, metric: str = "nps", **changes: Any) -> str:
    return render.text(messages.message(metric, **changes), stop_by_reply=reply)


def test_one_text_says_who_asks_what_where_and_how_to_stop() -> None:
    assert text() == (
        "Havu: How likely are you to recommend us, 0-10? Answer: https://feedback.havu.example/s/8KQ2vXw7 Stop: STOP"
    )


@pytest.mark.parametrize(
    ("language", "words"), [("fi", ("Kuinka todennäköisesti", "Vastaa:", "Lopeta: STOP")), ("sv", ("Svara:", "Stopp: STOP"))]
)
def test_a_text_speaks_the_persons_language(language: str, words: tuple[str, ...]) -> None:
    assert all(word in text(language=language) for word in words)


def test_without_a_number_to_answer_to_there_is_a_link_to_stop() -> None:
    assert text(reply=False).endswith("Stop: https://feedback.havu.example/u/8KQ2vXw7")


def test_a_reminder_says_so() -> None:
    assert text(reminder=True).startswith("Reminder: Havu: ")


def test_a_question_with_typographic_marks_stays_in_the_small_alphabet() -> None:
    asked = survey.Survey(key="own", metric="nps", question={"en": "How was it – “really”?"})
    said = render.text(messages.message(survey=asked), stop_by_reply=True)
    assert '- "really"? (0-10)' in said
    assert not alphabet.size(said).unicode


def test_answers_in_words_have_no_scale() -> None:
    asked = survey.Survey(key="own", metric="csat_yes_no", question={"en": "Solved?"})
    assert "Havu: Solved? Answer:" in render.text(messages.message(survey=asked), stop_by_reply=True)


def test_a_long_question_goes_out_whole_in_several_parts() -> None:
    asked = survey.Survey(key="own", metric="nps", question={"en": "How was it? " * 20})
    said = render.text(messages.message(survey=asked), stop_by_reply=True)
    assert alphabet.size(said).parts == 2
    assert "https://feedback.havu.example/s/8KQ2vXw7" in said


def test_what_a_customer_wrote_is_not_in_the_text() -> None:
    assert "Router" not in text(subject="Router keeps restarting https://evil.example")


@given(some.text(max_size=30))
def test_a_number_that_is_texted_is_the_one_that_the_person_is_known_by(written: str) -> None:
    number = phone.normalised(written, "FI")
    assert number is None or people.normal_phone(written) == f"tel:{number}"


@given(some.from_regex(r"\A[+0]?[0-9]{5,13}\Z"))
def test_a_number_of_digits_is_the_one_that_the_person_is_known_by(written: str) -> None:
    number = phone.mobile(written, "FI")
    assert number is None or people.normal_phone(written) == f"tel:{number}"


@pytest.mark.parametrize(
    ("told", "number"),
    [("+358451234567", "+358451234567"), ("358451234567", "+358451234567"), ("0451234567", None), ("Havu", None)],
)
def test_a_gateway_tells_numbers_with_their_country(told: str, number: str | None) -> None:
    assert phone.caller(told) == number


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://sms.example.com/x"}, "https://"),
        ({"sender": "Much too long a name"}, "11 letters"),
        ({"countries": ["XX"]}, "two letters"),
        ({"body": {"text": "{text}"}}, "{to}"),
        ({"username": "havu"}, "password"),
        ({"check": "https://elsewhere.example.com/"}, "same host"),
        ({"daily_cap": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_say_what_would_be_right(changes: dict[str, Any], words: str) -> None:
    told = {"gateway": "http", "url": "https://sms.example.com/x", "sender": "Havu"}
    with pytest.raises(pydantic.ValidationError, match=words.replace("{", "\\{")):
        settings.HttpSettings.model_validate(told | changes)


def test_a_name_as_the_sender_means_stopping_by_link_unless_told_otherwise() -> None:
    told = {"gateway": "http", "url": "https://sms.example.com/x"}
    chosen = [settings.HttpSettings.model_validate(told | {"sender": one}) for one in ("Havu", "+358457300000", "18200")]
    assert [one.stop_by_reply for one in chosen] == [False, True, True]
