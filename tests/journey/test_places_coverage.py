"""Coverage of what nobody was asked about, and of what nobody can trace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from journey import collect, coverage
from journey.answering import visits
from surveys import survey
from tests.journey import conftest, test_places


def report(world: conftest.World, by: str) -> dict[str, dict[str, Any]]:
    """Group → its figures."""
    told = coverage.tell(world.belt.store, by, world.clock() - timedelta(days=30), world.belt.surveys).as_json()
    return {group[by]: group for group in told["groups"]} | {"total": told["total"]}


@pytest.mark.parametrize("by", ["connector", "place"])
def test_a_place_stands_under_its_name_and_is_no_asking(world: conftest.World, by: str) -> None:
    place = test_places.make(world)
    for _ in range(3):
        test_places.answer(world, place)
    told = report(world, by)["Helsinki shop, till 2"]
    assert (told["touchpoints"], told["visits"]) == (3, 3)
    assert (told["asked"], told["delivered"], told["answered"], told["response_rate"]) == (0, 0, 0, None)


def test_visits_do_not_raise_the_response_rate(world: conftest.World) -> None:
    place = test_places.make(world)
    world.close_case()
    world.turn()
    for _ in range(3):
        test_places.answer(world, place)
    told = report(world, "connector")
    assert (told["total"]["delivered"], told["total"]["answered"], told["total"]["response_rate"]["value"]) == (1, 0, 0)
    assert told["crm"]["visits"] == 0


def test_the_name_outlives_forgetting(world: conftest.World) -> None:
    test_places.answer(world, test_places.make(world))
    world.clock.advance(timedelta(days=800))
    world.turn()
    told = coverage.tell(world.belt.store, "connector", world.clock() - timedelta(days=900))
    assert [group.value for group in told.groups] == ["Helsinki shop, till 2"]


def test_how_many_of_a_small_group_answered_anonymously_is_not_told(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(surveys={"csat": survey.Survey(key="csat", metric="csat", anonymous=True)})
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    for origin, asked, answered in (("Phone", 9, 8), ("Web", 7, 6), ("Visit", 3, 2)):
        for number in range(asked):
            world.close_case(origin=origin)
            world.turn()
            if number < answered:
                _answer(world, world.token())
    told = report(world, "origin")
    assert [(name, told[name]["delivered"], told[name]["answered"]) for name in ("Phone", "Web", "Visit", "total")] == [
        ("Phone", 9, 8),
        ("Web", 7, None),
        ("Visit", 3, None),
        ("total", 19, 16),
    ]
    assert told["Visit"]["response_rate"] is None


def _answer(world: conftest.World, token: str) -> None:
    post = collect.Post(nonce=collect.nonce(world.belt, token), value="4", visit=visits.UNKNOWN)
    world.clock.advance(timedelta(minutes=1))
    assert collect.submit(world.belt, token, post) is collect.Collected.SAVED
