"""Further questions: what of a form is an answer."""

import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from surveys import metrics, questions

LOW, HIGH = metrics.Tone.LOW, metrics.Tone.HIGH
REASON = questions.Question(
    key="reason",
    kind=questions.Kind.ONE,
    words={"en": "What was it about?"},
    options={"speed": {"en": "Speed"}, "price": {"en": "Price"}},
    show_for=frozenset({LOW}),
)
TOPICS = questions.Question(
    key="topics",
    kind=questions.Kind.SEVERAL,
    words={"en": "Which of these?"},
    options={"staff": {"en": "Staff"}, "shop": {"en": "Shop"}, "web": {"en": "Web"}},
)
EASE = questions.Question(key="ease", kind=questions.Kind.RATING, words={"en": "How easy?"})
WORDS = questions.Question(key="idea", kind=questions.Kind.TEXT, words={"en": "Any idea?"})
ALL = (REASON, TOPICS, EASE, WORDS)


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({}, {}),
        ({"x-reason": "speed"}, {"reason": "speed"}),
        ({"x-reason": " price "}, {"reason": "price"}),
        ({"x-reason": "made up"}, {}),
        ({"reason": "speed"}, {}),
        ({"x-topics-web": "1", "x-topics-staff": "on"}, {"topics": ["staff", "web"]}),
        ({"x-topics-web": ""}, {}),
        ({"x-topics-moon": "1"}, {}),
        ({"x-ease": "1"}, {"ease": 1}),
        ({"x-ease": "5"}, {"ease": 5}),
        ({"x-ease": "0"}, {}),
        ({"x-ease": "6"}, {}),
        ({"x-ease": "٣"}, {}),
        ({"x-ease": "3.0"}, {}),
        ({"x-ease": "-1"}, {}),
        ({"x-idea": "  a\r\nb\x00\x07 "}, {"idea": "a\nb"}),
        ({"x-idea": "\x00"}, {}),
        ({"x-idea": "ä" * 2000}, {"idea": "ä" * 1000}),
    ],
)
def test_only_what_was_offered_is_an_answer(form: dict[str, str], kept: dict[str, Any]) -> None:
    assert questions.cleaned(ALL, LOW, form) == kept


def test_a_question_that_the_score_does_not_bring_up_has_no_answer() -> None:
    form = {"x-reason": "speed", "x-ease": "4"}
    assert questions.cleaned(ALL, HIGH, form) == {"ease": 4}
    assert questions.cleaned(ALL, None, form) == {"reason": "speed", "ease": 4}


@hypothesis.given(st.dictionaries(st.sampled_from(["x-reason", "x-topics-web", "x-ease", "x-idea", "x-"]), st.text(max_size=30)))
def test_whatever_comes_is_kept_as_json_and_never_outside_what_was_offered(form: dict[str, str]) -> None:
    kept = questions.cleaned(ALL, LOW, form)
    assert json.loads(json.dumps(kept)) == kept
    assert set(kept) <= {one.key for one in ALL}
    assert kept.get("reason", "speed") in REASON.options
    assert kept.get("ease", 1) in EASE.points
    assert "\x00" not in str(kept.get("idea", ""))
