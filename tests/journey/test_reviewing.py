"""An admin lets answers count, and withdraws some: on the record stands what counts."""

from datetime import timedelta
from typing import Any

import pytest

from journey import collect
from journey.answering import reviewing
from store import answers
from tests.journey import conftest

Collected = collect.Collected


@pytest.fixture
def asked(world: conftest.World) -> conftest.World:
    """A world in which one person was asked about one case."""
    world.close_case()
    world.turn()
    return world


def states(world: conftest.World) -> list[tuple[int, str]]:
    """Value and state of every version, the newest first."""
    listed = reviewing.listing(world.belt.store, None, comments=False)["answers"]
    return [(one["value"], one["state"]) for one in listed]


def newest(world: conftest.World) -> int:
    """The id of the answer that came last."""
    one = reviewing.listing(world.belt.store, None, comments=False)["answers"][0]
    return int(one["id"].removeprefix("answer-"))


def release(world: conftest.World, *ids: int) -> dict[str, Any]:
    belt = world.belt
    return reviewing.release(belt.store, belt.targets, belt.surveys, ids, world.clock())


def void(world: conftest.World, *ids: int, why: str = "") -> dict[str, Any]:
    return reviewing.void(world.belt.store, ids, why, world.clock())


def on_record(world: conftest.World) -> tuple[Any, Any]:
    """Score and comment of the case, once everything is written."""
    world.turn()
    values = next(record.values for record in world.crm.records("case") if record.values["closed"])
    return values["score"], values["comment"]


def test_a_released_answer_counts_and_is_written(asked: conftest.World) -> None:
    assert asked.answer("4", "Hyvä", decoy="x") is Collected.CHECKED
    assert on_record(asked) == (None, None)
    assert release(asked, newest(asked)) == {"done": [f"answer-{newest(asked)}"], "left": []}
    assert states(asked) == [(4, "confirmed")]
    assert on_record(asked) == (4, "Hyvä")


def test_a_released_answer_takes_the_place_of_the_one_that_counted(asked: conftest.World) -> None:
    asked.answer("2", "Ei")
    assert on_record(asked) == (2, "Ei")
    asked.answer("5", "Juu")
    release(asked, newest(asked))
    assert states(asked) == [(5, "confirmed"), (2, "replaced")]
    assert on_record(asked) == (5, "Juu")


def test_a_void_answer_leaves_the_record(asked: conftest.World) -> None:
    asked.answer("4", "Hyvä")
    assert on_record(asked) == (4, "Hyvä")
    void(asked, newest(asked), why="sent by a scanner")
    assert states(asked) == [(4, "void")]
    assert on_record(asked) == (None, None)


def test_an_answer_that_was_void_before_it_was_written_never_comes_to_the_record(asked: conftest.World) -> None:
    asked.answer("4")
    void(asked, newest(asked))
    assert on_record(asked) == (None, None)


def test_no_earlier_answer_comes_back_by_itself(asked: conftest.World) -> None:
    asked.answer("4")
    asked.answer("2", change=True)
    assert on_record(asked)[0] == 2
    void(asked, newest(asked))
    assert states(asked) == [(2, "void"), (4, "replaced")]
    assert on_record(asked)[0] is None


def test_after_a_void_answer_the_person_may_answer_again(asked: conftest.World) -> None:
    asked.answer("1")
    on_record(asked)
    void(asked, newest(asked))
    assert asked.answer("5") is Collected.SAVED
    assert states(asked) == [(5, "confirmed"), (1, "void")]
    assert on_record(asked)[0] == 5


@conftest.sqlite_only
def test_a_void_answer_can_be_released_again(asked: conftest.World) -> None:
    asked.answer("4", "Hyvä")
    on_record(asked)
    void(asked, newest(asked))
    release(asked, newest(asked))
    assert on_record(asked) == (4, "Hyvä")
    void(asked, newest(asked))
    assert on_record(asked) == (None, None)
    release(asked, newest(asked))
    assert on_record(asked) == (4, "Hyvä")


@conftest.sqlite_only
def test_the_record_says_again_what_an_answer_about_an_earlier_closing_said(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    world.answer("4", "First")
    world.turn()
    world.clock.advance(timedelta(days=40))
    world.reopen(case)
    world.turn()
    world.clock.advance(timedelta(minutes=1))
    world.close_again(case)
    world.turn()
    assert len(world.channel.messages) == 2
    world.answer("1", "Second")
    world.turn()
    assert world.values(case)["score"] == 1
    void(world, newest(world))
    world.turn()
    assert (world.values(case)["score"], world.values(case)["comment"]) == (4, "First")


@conftest.sqlite_only
def test_a_void_doubtful_answer_changes_nothing_else(asked: conftest.World) -> None:
    asked.answer("4")
    asked.answer("1")
    void(asked, newest(asked))
    assert states(asked) == [(1, "void"), (4, "confirmed")]
    assert on_record(asked)[0] == 4


@conftest.sqlite_only
def test_what_cannot_be_done_is_left_and_told(asked: conftest.World) -> None:
    asked.answer("4")
    one = newest(asked)
    assert release(asked, one, 999)["left"] == [
        {"id": f"answer-{one}", "why": "it counts already"},
        {"id": "answer-999", "why": "there is no such answer"},
    ]
    void(asked, one)
    assert void(asked, one)["left"] == [{"id": f"answer-{one}", "why": "it is void already"}]


@conftest.sqlite_only
def test_a_tap_in_the_mail_is_no_answer_to_release(asked: conftest.World) -> None:
    conftest.opens(asked.belt, asked.token(), 5)
    with asked.belt.store.read() as tx:
        tap = tx.execute(answers.ANSWER.select()).one().id
    assert release(asked, tap)["left"] == [{"id": f"answer-{tap}", "why": "there is no such answer"}]


@conftest.sqlite_only
def test_the_story_tells_who_decided_what(asked: conftest.World) -> None:
    asked.answer("4", decoy="x")
    one = newest(asked)
    release(asked, one)
    void(asked, one, why="  duplicate \n of another ")
    told = asked.why("00000001")
    lines = [(event["what"], event["detail"]) for event in told["events"] if event["step"] in ("collect", "review")]
    assert lines == [
        ("doubtful", "a field that people cannot see was filled in (decoy)"),
        ("released", f"answer-{one}"),
        ("voided", f"answer-{one}: duplicate of another"),
    ]
    assert told["answer"]["sign"] == "decoy"


@conftest.sqlite_only
def test_false_alarms_are_measured(asked: conftest.World) -> None:
    asked.answer("4", decoy="x")
    asked.answer("3", decoy="x")
    release(asked, newest(asked))
    found = {one["sign"]: one for one in reviewing.fired(asked.belt.store)["signs"]}
    wanted = {"sign": "decoy", "fired": 2, "waiting": 1, "released": 1, "void": 0, "share_released": 0.5}
    assert found["decoy"] == wanted
    assert found["swept"] == {**wanted, "sign": "swept", "fired": 0, "waiting": 0, "released": 0, "share_released": None}


@conftest.sqlite_only
def test_comments_are_listed_only_where_they_are_asked_for(asked: conftest.World) -> None:
    asked.answer("4", "Secret")
    listed = reviewing.listing(asked.belt.store, "confirmed", comments=False)["answers"]
    assert "Secret" not in str(listed)
    assert reviewing.listing(asked.belt.store, "confirmed", comments=True)["answers"][0]["comment"] == "Secret"
    assert reviewing.listing(asked.belt.store, "doubtful", comments=True)["answers"] == []
