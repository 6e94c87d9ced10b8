"""What was answered at a place, by shift."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from journey.visiting import place_report, places
from surveys import survey
from tests.journey import conftest, test_places


def told(world: conftest.World, place: places.Place) -> dict[str, Any]:
    """The report of the last month."""
    return dict(place_report.tell(world.belt.store, place, world.clock() - timedelta(days=30)))


def answers(world: conftest.World, place: places.Place, hour: int, *values: int) -> None:
    """These answers, at this hour of the day, which is UTC."""
    day = world.clock().replace(hour=0, minute=0)
    world.clock.at = day + timedelta(hours=hour)
    for value in values:
        test_places.answer(world, place, str(value))


def test_the_score_of_the_place_and_of_its_shifts(world: conftest.World) -> None:
    place = test_places.make(world, options={"shifts": ["morning 06:00-14:00", "evening 14:00-22:00"]})
    answers(world, place, 9, 5, 5, 1)
    answers(world, place, 15, 4)
    answers(world, place, 23, 1)
    found = told(world, place)
    assert (found["answers"], found["score"]["value"], found["metric"]) == (5, 60, "csat")
    assert [(one["shift"], one["answers"]) for one in found["shifts"]] == [("morning", 3), ("evening", 1), ("", 1)]


def test_repeats_and_robots_stand_apart(world: conftest.World) -> None:
    place = test_places.make(world)
    for fields in ({}, {"visitor": "a.b"}, {"visitor": "a.b"}, {"decoy": "x"}):
        test_places.answer(world, place, **fields)
    found = told(world, place)
    assert (found["answers"], found["repeats"], found["doubtful"]) == (2, 1, 1)


def test_an_answer_about_a_known_record_belongs_to_its_place_too(world: conftest.World) -> None:
    place = test_places.make(world, way="embed")
    test_places.answer(world, place, known=places.Known(connector="crm", object="case", record="17"))
    test_places.answer(world, test_places.make(world, name="Another"))
    assert told(world, place)["answers"] == 1


def test_a_small_shift_of_an_anonymous_survey_is_not_shown(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(surveys={"csat": survey.Survey(key="csat", metric="csat", anonymous=True)})
    place = test_places.make(world, options={"shifts": ["morning 06:00-14:00", "evening 14:00-22:00", "night 22:00-06:00"]})
    answers(world, place, 9, *[5] * 8)
    answers(world, place, 15, *[4] * 6)
    answers(world, place, 23, 1, 1)
    found = told(world, place)
    assert [(one["shift"], one["answers"]) for one in found["shifts"]] == [("morning", 8)]
    assert (found["answers"], found["withheld"]) == (16, 2)


def test_an_anonymous_place_with_too_few_answers_shows_none(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(surveys={"csat": survey.Survey(key="csat", metric="csat", anonymous=True)})
    place = test_places.make(world, options={})
    answers(world, place, 9, 1, 2, 3, 4)
    assert (told(world, place)["answers"], told(world, place)["score"]) == (None, None)
