"""collect: one answer per invitation, changed on purpose only, and everything else kept apart."""

from datetime import timedelta

import pytest

from journey import collect
from tests.journey import conftest
from tests.journey.asking import asked, kept, score, written

__all__ = ["asked"]
Collected = collect.Collected


def test_the_same_post_twice_is_one_answer(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    assert [asked.answer("4", nonce=nonce), asked.answer("4", nonce=nonce)] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


def test_the_same_answer_from_another_form_is_one_answer(asked: conftest.World) -> None:
    assert [asked.answer("4"), asked.answer("4")] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


def test_a_second_different_answer_is_kept_apart_and_does_not_count(asked: conftest.World) -> None:
    asked.answer("4")
    assert asked.answer("1") is Collected.SAME
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]
    assert score(asked) == 4


def test_a_change_replaces_the_answer_and_is_written_again(asked: conftest.World) -> None:
    asked.answer("4", "Hyvä")
    assert score(asked) == 4
    assert asked.answer("2", "Ei sittenkään", change=True) is Collected.CHANGED
    assert kept(asked) == [(4, "replaced"), (2, "confirmed")]
    assert score(asked) == 2
    assert asked.counts("writes") == {"done": 2}


def test_a_change_before_the_first_was_written_leaves_one_write(asked: conftest.World) -> None:
    asked.answer("4")
    asked.answer("2", change=True)
    assert score(asked) == 2
    assert asked.counts("writes") == {"done": 1, "replaced": 1}


@conftest.sqlite_only
def test_a_change_is_possible_for_as_long_as_the_page_says(asked: conftest.World) -> None:
    asked.answer("4")
    question = collect.find(asked.belt, asked.token())
    assert question is not None
    assert question.changeable_until is not None
    asked.clock.at = question.changeable_until
    assert asked.answer("2", change=True) is Collected.CHANGED
    asked.clock.at = asked.clock() + timedelta(days=20)
    assert asked.answer("5", change=True) is Collected.SAME
    assert kept(asked)[-1] == (5, "doubtful")


@conftest.sqlite_only
@pytest.mark.parametrize("value", ["", "0", "6", "-1", "4.0", "four", "４", "1e0", "99999999999999999999", "\x00", " "])
def test_what_is_not_on_the_scale_is_no_answer(asked: conftest.World, value: str) -> None:
    assert asked.answer(value) is Collected.OUT_OF_RANGE
    assert kept(asked) == []


@conftest.sqlite_only
def test_an_altered_or_made_up_link_leads_nowhere(asked: conftest.World) -> None:
    token = asked.token()
    for wrong in (token[:-1], token + "x", token.swapcase(), "", "\x00", "a" * 5_000, "' OR 1=1 --", "\udc00"):
        assert collect.find(asked.belt, wrong) is None
        assert collect.submit(asked.belt, wrong, collect.Post(nonce="", value="4")) is Collected.CLOSED
        assert not collect.unsubscribe(asked.belt, wrong)
    assert kept(asked) == []


def test_a_token_that_no_database_can_hold_leads_nowhere(asked: conftest.World) -> None:
    assert [collect.find(asked.belt, wrong) for wrong in ("\x00", "\udc00", "ä")] == [None, None, None]


@conftest.sqlite_only
def test_a_nonce_of_another_link_is_refused(asked: conftest.World) -> None:
    asked.close_case()
    asked.turn()
    foreign = collect.nonce(asked.belt, asked.token(0))
    assert asked.answer("4", nonce=foreign) is Collected.STALE_NONCE


@conftest.sqlite_only
@pytest.mark.parametrize("nonce", ["", "nonsense", "\x00", "\udc00", "a.b.c"])
def test_a_made_up_nonce_is_refused(asked: conftest.World, nonce: str) -> None:
    assert asked.answer("4", nonce=nonce) is Collected.STALE_NONCE


@conftest.sqlite_only
def test_a_form_that_lay_open_for_days_is_shown_afresh(asked: conftest.World) -> None:
    old = collect.nonce(asked.belt, asked.token())
    asked.clock.advance(timedelta(days=3))
    assert asked.answer("4", nonce=old) is Collected.STALE_NONCE
    assert asked.answer("4") is Collected.SAVED


@conftest.sqlite_only
def test_a_closed_survey_takes_no_answer(asked: conftest.World) -> None:
    asked.clock.advance(timedelta(days=14))
    assert asked.answer("4") is Collected.CLOSED
    asked.turn()
    assert asked.answer("4") is Collected.CLOSED
    conftest.opens(asked.belt, asked.token(), 4)
    assert kept(asked) == []


@conftest.sqlite_only
def test_a_tap_in_the_mail_never_counts_by_itself(asked: conftest.World) -> None:
    conftest.opens(asked.belt, asked.token(), 5)
    conftest.opens(asked.belt, asked.token(), 3)
    assert kept(asked) == [(3, "provisional")]
    assert score(asked) is None
    assert asked.counts("writes") == {}


@conftest.sqlite_only
@pytest.mark.parametrize("value", [None, 0, 6, -1, 10**30])
def test_opening_the_page_stores_an_open_and_no_value_off_the_scale(asked: conftest.World, value: int | None) -> None:
    conftest.opens(asked.belt, asked.token(), value)
    assert kept(asked) == []
    assert asked.why("00000001")["invitation"]["opened_at"] is not None


@conftest.sqlite_only
def test_an_answer_takes_the_place_of_a_tap(asked: conftest.World) -> None:
    conftest.opens(asked.belt, asked.token(), 5)
    asked.answer("2")
    conftest.opens(asked.belt, asked.token(), 5)
    assert kept(asked) == [(5, "replaced"), (2, "confirmed")]


@pytest.mark.parametrize(
    ("comment", "stored"),
    [
        ("Hyvä!\r\nKiitos\rpaljon", "Hyvä!\nKiitos\npaljon"),
        ("  \n", ""),
        ("a\x00b", "ab"),
        ("\ud83d lone", "? lone"),
        ("ä" * 5_000, "ä" * 4_000),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("שלום \u202e👩\u200d👧", "שלום \u202e👩\u200d👧"),
    ],
)
def test_any_comment_can_be_stored_and_written(asked: conftest.World, comment: str, stored: str) -> None:
    assert asked.answer("4", comment) is Collected.SAVED
    question = collect.find(asked.belt, asked.token())
    assert question is not None
    assert question.comment == stored
    asked.turn()
    assert written(asked)["comment"] == (stored or None)


@conftest.sqlite_only
def test_saying_no_twice_is_saying_no(asked: conftest.World) -> None:
    assert collect.unsubscribe(asked.belt, asked.token())
    assert collect.unsubscribe(asked.belt, asked.token())
    asked.clock.advance(timedelta(days=60))
    case = asked.close_case(email="aino1@posti.example")
    asked.turn()
    assert asked.why(case)["decision"]["reason"] == "opted_out"


@conftest.sqlite_only
def test_whoever_said_no_can_still_answer_what_they_were_asked(asked: conftest.World) -> None:
    collect.unsubscribe(asked.belt, asked.token())
    assert asked.answer("2") is Collected.SAVED
