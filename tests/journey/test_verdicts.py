"""The verdict on the record: agents see on the case why nobody was asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mapping import outward
from tests.journey import conftest

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
TARGETS: outward.Targets = {
    "crm": {"case": {"score": outward.Part.SCORE, "comment": outward.Part.COMMENT, "verdict": outward.Part.VERDICT}}
}


@pytest.fixture
def world(make_world: Make) -> conftest.World:
    """A world whose cases have a field for the verdict."""
    made: conftest.World = make_world(targets=TARGETS)
    made.crm.put("case", "", {"closed": False, "score": None, "comment": None, "verdict": None})
    made.turn()
    return made


def verdict(world: conftest.World, case: str) -> str:
    """What stands on the case."""
    return str(world.values(case)["verdict"])


def test_a_case_that_is_asked_about_says_so(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    assert verdict(world, case).startswith("Asked (asked): Rule “Closed cases”")


def test_a_case_that_is_not_asked_about_says_why(world: conftest.World) -> None:
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(timedelta(days=1))
    case = world.close_case(email="aino@posti.example")
    world.turn()
    assert verdict(world, case).startswith("Not asked (quarantined): ")


def test_an_answer_leaves_the_verdict_and_the_verdict_leaves_the_answer(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    before = verdict(world, case)
    world.answer("4", "Well done")
    world.turn()
    assert (world.values(case)["score"], world.values(case)["comment"], verdict(world, case)) == (4, "Well done", before)


def test_a_batch_of_verdicts_is_one_call(world: conftest.World) -> None:
    cases = [world.close_case(contact__opted_out=True) for _ in range(20)]
    world.belt.fields.of("crm")
    before = world.crm.calls
    world.turn()
    assert all(verdict(world, case).startswith("Not asked (opted_out)") for case in cases)
    assert world.crm.calls - before == 2  # one read and one write


def test_a_verdict_that_changes_is_told_again(make_world: Make) -> None:
    world: conftest.World = make_world(targets=TARGETS, rules=conftest.rules(per_person="5d", on_conflict="defer"))
    world.turn()
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(timedelta(days=1))
    case = world.close_case(email="aino@posti.example")
    world.turn()
    assert verdict(world, case).startswith("Not asked yet (quarantined)")
    world.clock.advance(timedelta(days=5))
    world.turn()
    assert verdict(world, case).startswith("Asked")


def test_a_last_look_that_says_no_is_told(world: conftest.World) -> None:
    world.channel.refused.add("aino@posti.example")
    case = world.close_case(email="aino@posti.example")
    world.turn()
    world.turn()
    assert verdict(world, case).startswith("Not asked (undeliverable)")


def test_a_record_that_is_gone_is_told_nothing(make_world: Make) -> None:
    rules = conftest.rules()
    late = rules.model_copy(update={"rules": (rules.rules[0].model_copy(update={"delay": timedelta(hours=2)}),)})
    world: conftest.World = make_world(targets=TARGETS, rules=late)
    world.turn()
    case = world.close_case()
    world.turn()
    world.crm.delete("case", case)
    world.clock.advance(timedelta(hours=2))
    world.turn()
    assert world.counts("writes") == {"done": 1}


def test_turns_that_change_nothing_write_nothing(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    for _ in range(3):
        world.restart()
        world.turn()
    assert world.counts("writes") == {"done": 1}


def test_without_a_field_for_it_no_verdict_is_queued(make_world: Make) -> None:
    world: conftest.World = make_world()
    world.turn()
    world.close_case()
    world.turn()
    assert world.counts("writes") == {}


def test_a_field_for_the_verdict_alone_gets_no_answer(make_world: Make) -> None:
    world: conftest.World = make_world(targets={"crm": {"case": {"verdict": outward.Part.VERDICT}}})
    world.turn()
    case = world.close_case(verdict=None)
    world.turn()
    world.answer("4")
    world.turn()
    assert (world.values(case)["score"], world.counts("writes")) == (None, {"done": 1})


def test_the_story_tells_a_verdict_from_an_answer(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    world.answer("4")
    world.turn()
    assert [(one["what"], one["state"]) for one in world.why(case)["writes"]] == [("verdict", "done"), ("answer", "done")]
