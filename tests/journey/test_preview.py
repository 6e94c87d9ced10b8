"""preview: it says what the real run does, touchpoint by touchpoint, and leaves no trace."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import judging
from journey.preview import course, reading
from store import database, decisions, people, touchpoints
from tests.journey import conftest
from triggers import rule, touchpoint

HOUR = timedelta(hours=1)
PEOPLE = 12
Story = dict[tuple[str, str, str], tuple[str, str, str]]
"""(kind, record, occurrence) → (verdict, reason, rule)."""


def rules(on_conflict: str, delay: str) -> rule.Rules:
    common = {"survey": "csat", "channel": "memory", "delay": delay}
    listed = [
        {"name": "Cases", "on": "case_closed", "when": [{"field": "priority", "is_not": "Low"}], **common},
        {"name": "Orders", "on": "purchase", "priority": 5, **common},
    ]
    quiet = {"per_person": "2d", "too_old": "4d", "on_conflict": on_conflict}
    return rule.Rules.model_validate({"rules": listed, "quiet": quiet})


@dataclass
class Life:
    """Some days in which things happen at random, a few every hour, and the belt runs every hour."""

    world: conftest.World
    chance: random.Random

    def go_on(self, hours: int, *, refuse: bool = False) -> None:
        for _ in range(hours):
            for _ in range(self.chance.randint(0, 3)):
                self.happen()
            self.world.turn()
            if refuse and self.chance.random() < 0.1:
                self.refuse()
            self.world.clock.advance(HOUR)

    def happen(self) -> None:
        number = self.chance.randrange(PEOPLE)
        email = "" if number == 0 else f"person{number}@posti.example"
        who: dict[str, Any] = {"contact__email": email, "contact__id": f"contact-{number}", "contact__opted_out": number == 1}
        if self.chance.random() < 0.3:
            self.world.order(**who)
        else:
            self.world.close_case(priority=self.chance.choice(("Low", "High")), **who)

    def refuse(self) -> None:
        """Somebody says no on our page."""
        email = f"person{self.chance.randrange(2, PEOPLE)}@posti.example"
        key = people.key(self.world.belt.secret, touchpoint.Recipient(email=email))
        assert key is not None
        with self.world.belt.store.write() as tx:
            people.opt_out(tx, people.ids(tx, [key])[key], self.world.clock() + timedelta(minutes=30), "page")


def preview(world: conftest.World, *, days: float, judges: tuple[rule.Rules, ...] = ()) -> list[course.Case]:
    """What a preview of the world's past says; by default with the rules in force."""
    origin = reading.Origin(connector=world.belt.connectors["crm"], sources=world.belt.sources["crm"], poll=HOUR)
    way = course.Course(
        origins=[origin],
        judges=[judging.Judge(rules=one, channels=world.belt.channels) for one in judges or (world.belt.rules,)],
        store=world.belt.store,
        secret=world.belt.secret,
        days=days,
        batch=world.belt.settings.batch,
    )
    return list(way.read().cases())


def told(cases: list[course.Case]) -> Story:
    return {
        (one.touch.kind, one.touch.record, one.touch.occurrence): (one.decided.verdict, one.decided.reason, one.decided.rule)
        for one in cases
    }


def happened(store: database.Store) -> Story:
    """What the real run decided."""
    touch, made = touchpoints.TOUCHPOINT, decisions.DECISION
    columns = (touch.c.kind, touch.c.record, touch.c.occurrence, made.c.verdict, made.c.reason, made.c.rule)
    with store.read() as tx:
        found = tx.execute(sa.select(*columns).join(made, made.c.touchpoint_id == touch.c.id)).all()
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in found}


@pytest.fixture
def begun(make_world: Callable[..., Any]) -> Callable[[rule.Rules], conftest.World]:
    def begin(chosen: rule.Rules) -> conftest.World:
        world: conftest.World = make_world(rules=chosen)
        world.turn()
        return world

    return begin


@pytest.mark.parametrize(
    ("database_url", "on_conflict", "delay"),
    [("sqlite", "drop", "3h"), ("sqlite", "defer", "0s"), ("postgresql", "drop", "0s"), ("sqlite", "defer", "3h")],
    indirect=["database_url"],
)
def test_preview_and_the_real_run_agree_touchpoint_by_touchpoint(
    begun: Callable[[rule.Rules], conftest.World], on_conflict: str, delay: str
) -> None:
    world = begun(rules(on_conflict, delay))
    Life(world, random.Random(on_conflict + delay)).go_on(80, refuse=delay == "0s")
    world.clock.advance(-HOUR)  # to the moment of the last turn
    said, was = told(preview(world, days=7)), happened(world.belt.store)
    assert len(was) > 80
    assert len({reason for _, reason, _ in was.values()}) >= 5
    assert said == was


@conftest.sqlite_only
def test_nothing_is_written(begun: Callable[[rule.Rules], conftest.World]) -> None:
    world = begun(rules("defer", "0s"))
    Life(world, random.Random(2)).go_on(30)
    before = _everything(world.belt.store)
    preview(world, days=7)
    assert _everything(world.belt.store) == before


def _everything(store: database.Store) -> dict[str, list[Any]]:
    with store.read() as tx:
        names = sa.inspect(tx).get_table_names()
        return {name: [tuple(row) for row in tx.execute(sa.text(f'SELECT * FROM "{name}"'))] for name in names}
