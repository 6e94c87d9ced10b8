"""Answers to further questions go the whole way: kept, told, written to the CRM, forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect
from store import answers
from surveys import questions, survey
from tests.journey import conftest

ASKED = survey.Survey(
    key="csat",
    metric="csat",
    questions=(
        questions.Question(
            key="topics",
            kind=questions.Kind.SEVERAL,
            words={"en": "Which?"},
            options={"web": {"en": "Web"}, "shop": {"en": "Shop"}},
        ),
        questions.Question(key="idea", kind=questions.Kind.TEXT, words={"en": "Idea?"}),
    ),
)
GIVEN: dict[str, questions.Value] = {"topics": ["web", "shop"], "idea": "Longer hours"}


@pytest.fixture
def asked(make_world: Callable[..., Any]) -> conftest.World:
    """Somebody was asked whose CRM takes one of the further answers."""
    targets = {"crm": {"case": {"score": "score", "topics": "extra.topics"}}}
    world: conftest.World = make_world(surveys={"csat": ASKED}, targets=targets)
    world.close_case()
    world.turn()
    return world


def send(world: conftest.World, extras: dict[str, questions.Value], *, change: bool = False) -> collect.Collected:
    token = world.token()
    purpose = collect.Purpose.CHANGE if change else collect.Purpose.ANSWER
    post = collect.Post(nonce=collect.nonce(world.belt, token, purpose), value="4", comment="", extras=extras)
    return collect.submit(world.belt, token, post)


def stored(world: conftest.World) -> list[Any]:
    with world.belt.store.read() as tx:
        return list(tx.execute(sa.select(answers.ANSWER.c.extras).order_by(answers.ANSWER.c.id)).scalars())


def test_they_are_kept_told_and_written(asked: conftest.World) -> None:
    assert send(asked, GIVEN) is collect.Collected.SAVED
    asked.turn()
    told = asked.why("00000001")
    assert told["answer"]["extras"] == GIVEN
    assert asked.values(told["record"])["topics"] == "web;shop"
    found = collect.find(asked.belt, asked.token())
    assert found is not None
    assert found.extras == GIVEN


def test_a_changed_answer_takes_their_place_and_empties_the_field(asked: conftest.World) -> None:
    send(asked, GIVEN)
    asked.turn()
    assert send(asked, {"idea": "None"}, change=True) is collect.Collected.CHANGED
    asked.turn()
    told = asked.why("00000001")
    assert told["answer"]["extras"] == {"idea": "None"}
    assert asked.values(told["record"])["topics"] is None


def test_they_are_forgotten_with_the_comment(asked: conftest.World) -> None:
    send(asked, GIVEN)
    asked.turn()
    assert stored(asked) == [GIVEN]
    asked.clock.advance(asked.belt.settings.forget * 2)
    asked.turn()
    assert stored(asked) == [None]
