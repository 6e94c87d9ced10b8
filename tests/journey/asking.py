"""What the tests of answers share: somebody who was asked, what they post, and what is kept of it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect
from journey.answering import visits
from store import answers
from tests.journey import conftest

Collected = collect.Collected


@pytest.fixture
def asked(world: conftest.World) -> conftest.World:
    """A world in which one person was asked about one case."""
    world.close_case()
    world.turn()
    return world


def kept(world: conftest.World) -> list[tuple[int, str]]:
    """Value and state of every version, the oldest first."""
    with world.belt.store.read() as tx:
        table = answers.ANSWER
        return [(row.value, row.state) for row in tx.execute(sa.select(table).order_by(table.c.version))]


def score(world: conftest.World) -> Any:
    world.turn()
    return written(world)["score"]


def written(world: conftest.World) -> dict[str, Any]:
    """The case that was asked about, as the CRM has it."""
    return next(record.values for record in world.crm.records("case") if record.values["closed"])


def visit(world: conftest.World, address: str = "198.51.100.7", robot: str = "") -> visits.Visit:
    """Somebody with this address, now."""
    known = visits.visitor(world.belt.secret, address, False, ("Firefox",))
    return visits.Visit(visitor=known, robot=robot, at=world.clock())


def post(world: conftest.World, value: str = "4", purpose: collect.Purpose = collect.Purpose.ANSWER, **more: Any) -> Collected:
    """A form that was opened is sent ten seconds later."""
    nonce = collect.nonce(world.belt, world.token(), purpose)
    world.clock.advance(timedelta(seconds=more.pop("after", 10)))
    return collect.submit(world.belt, world.token(), collect.Post(nonce=nonce, value=value, **more))


def standing(world: conftest.World) -> collect.Standing:
    question = collect.find(world.belt, world.token())
    assert question is not None
    return question.standing
