"""collect: answers that are doubted, what confirms them, and what whoever posts without end achieves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from journey import collect, settings
from tests.journey import conftest
from tests.journey.asking import asked, kept, post, score, standing, visit

__all__ = ["asked"]
Collected = collect.Collected


@conftest.sqlite_only
def test_a_filled_decoy_is_kept_apart_and_thanked_for(asked: conftest.World) -> None:
    assert asked.answer("4", decoy="http://spam.example") is Collected.CHECKED
    assert kept(asked) == [(4, "doubtful")]
    assert score(asked) is None


@conftest.sqlite_only
def test_a_person_can_still_answer_after_a_machine_did(asked: conftest.World) -> None:
    asked.answer("1", decoy="x")
    assert asked.answer("5") is Collected.SAVED
    assert score(asked) == 5


@conftest.sqlite_only
def test_a_program_that_posts_for_ever_fills_no_disk(asked: conftest.World) -> None:
    asked.answer("4")
    for number in range(collect.MOST_VERSIONS + 10):
        asked.answer(str(1 + number % 3), f"number {number}")
    assert len(kept(asked)) == collect.MOST_VERSIONS


def test_a_doubtful_answer_says_why_and_leaves_the_link_open(asked: conftest.World) -> None:
    assert post(asked, "5", visit=visit(asked, robot="Slackbot")) is Collected.CHECKED
    assert standing(asked) is collect.Standing.CHECKED
    told = asked.why("00000001")["answer"]
    assert (told["state"], told["sign"]) == ("doubtful", "named")
    assert told["doubt"] == "the program that sent it calls itself Slackbot"
    assert post(asked, "3") is Collected.SAVED
    assert standing(asked) is collect.Standing.ANSWERED
    assert kept(asked) == [(5, "doubtful"), (3, "confirmed")]


def test_a_second_press_confirms_what_was_doubted(asked: conftest.World) -> None:
    post(asked, "4", comment="Hyvä", decoy="x")
    assert post(asked, "4", collect.Purpose.CONFIRM, comment="Hyvä") is Collected.SAVED
    assert kept(asked) == [(4, "replaced"), (4, "confirmed")]


@conftest.sqlite_only
def test_a_second_press_without_reading_confirms_nothing(make_world: Callable[..., Any]) -> None:
    asked: conftest.World = make_world(settings=settings.JourneySettings(signs=settings.Signs(just_sent=timedelta(0))))
    asked.close_case()
    asked.turn()
    post(asked, "4", decoy="x")
    assert post(asked, "4", collect.Purpose.CONFIRM, after=1) is Collected.CHECKED
    assert kept(asked) == [(4, "doubtful"), (4, "doubtful")]


@conftest.sqlite_only
def test_only_the_form_for_a_change_changes(asked: conftest.World) -> None:
    post(asked, "4")
    for purpose in (collect.Purpose.ANSWER, collect.Purpose.CONFIRM):
        assert post(asked, "1", purpose) is Collected.SAME
    assert post(asked, "2", collect.Purpose.CHANGE) is Collected.CHANGED
    assert kept(asked) == [(4, "replaced"), (1, "doubtful"), (2, "confirmed")]


@conftest.sqlite_only
def test_a_machine_that_uses_the_form_for_a_change_changes_nothing(asked: conftest.World) -> None:
    post(asked, "4")
    assert post(asked, "1", collect.Purpose.CHANGE, visit=visit(asked, robot="bingbot")) is Collected.CHECKED
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]
    assert standing(asked) is collect.Standing.ANSWERED


@conftest.sqlite_only
def test_the_same_form_with_something_else_in_it_is_kept_apart_once(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    outcomes = [asked.answer(value, nonce=nonce) for value in ("4", "1", "1", "4")]
    assert outcomes == [Collected.SAVED, Collected.SAME, Collected.SAME, Collected.SAME]
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]


@conftest.sqlite_only
def test_an_answer_in_the_moment_of_sending_is_doubted(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(settings=settings.JourneySettings())
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    world.close_case()
    world.turn()
    assert post(world, "5", after=2.9) is Collected.CHECKED
    assert post(world, "4", after=10) is Collected.SAVED
    assert kept(world) == [(5, "doubtful"), (4, "confirmed")]


@conftest.sqlite_only
def test_one_visitor_who_answers_for_ten_people_is_doubted_from_the_tenth_on(world: conftest.World) -> None:
    for _ in range(12):
        world.close_case()
    world.turn()
    outcomes = []
    for which in range(12):
        token = world.token(which)
        nonce = collect.nonce(world.belt, token)
        world.clock.advance(timedelta(seconds=3))
        outcomes.append(collect.submit(world.belt, token, collect.Post(nonce=nonce, value="5", visit=visit(world))))
    assert outcomes == [Collected.SAVED] * 9 + [Collected.CHECKED] * 3


@conftest.sqlite_only
def test_a_program_that_posts_for_ever_keeps_no_person_from_answering(asked: conftest.World) -> None:
    for number in range(collect.MOST_VERSIONS + 5):
        assert asked.answer(str(1 + number % 3), f"number {number}", decoy="x") is Collected.CHECKED
    assert len(kept(asked)) == collect.MOST_VERSIONS
    assert asked.answer("5") is Collected.SAVED
    assert asked.answer("4", change=True) is Collected.CHANGED
    assert score(asked) == 4


@conftest.sqlite_only
def test_changes_for_ever_fill_no_disk(asked: conftest.World) -> None:
    asked.answer("1")
    outcomes = [
        asked.answer(str(1 + number % 5), f"number {number}", change=True) for number in range(2 * collect.MOST_VERSIONS + 5)
    ]
    assert len(kept(asked)) == 2 * collect.MOST_VERSIONS
    assert outcomes[-6:] == [Collected.SAME] * 6


@conftest.sqlite_only
def test_the_same_visitors_second_try_is_the_release_of_the_first(asked: conftest.World) -> None:
    assert post(asked, "4", visit=visit(asked), decoy="x") is Collected.CHECKED
    assert post(asked, "4", visit=visit(asked)) is Collected.SAVED
    assert kept(asked) == [(4, "replaced"), (4, "confirmed")]
