"""preview: it says what the real run does, touchpoint by touchpoint, and leaves no trace."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey.deciding import judging
from journey.preview import course, reading
from store import decisions, opened, people, touchpoints
from tests.journey import conftest
from triggers import rule, touchpoint

HOUR = timedelta(hours=1)
PEOPLE = 25
Story = dict[tuple[str, str, str], tuple[str, str, str]]
"""(kind, record, occurrence) → (verdict, reason, rule)."""


def rules(on_conflict: str = "drop", delay: str = "0s", *, rule_keys: Any = None, **quiet_keys: Any) -> rule.Rules:
    common = {"survey": "csat", "channel": "memory", "delay": delay, **(rule_keys or {})}
    listed = [
        {"name": "Cases", "on": "case_closed", "when": [{"field": "priority", "is_not": "Low"}], **common},
        {"name": "Orders", "on": "purchase", "priority": 5, **common},
    ]
    quiet = {"per_person": "20h", "too_old": "2d", "on_conflict": on_conflict, **quiet_keys}
    return rule.Rules.model_validate({"rules": listed, "quiet": quiet, "seed": "spring"})


@dataclass
class Life:
    """Some days in which things happen at random, a few every hour, and the belt runs every hour."""

    world: conftest.World
    chance: random.Random
    met: set[int] = field(default_factory=set)

    def go_on(self, hours: int, *, refuse: bool = False) -> None:
        for _ in range(hours):
            for _ in range(self.chance.randint(0, 6)):
                self.happen()
            self.world.turn()
            if refuse and self.met - {0} and self.chance.random() < 0.1:
                self.refuse()
            self.world.clock.advance(HOUR)

    def happen(self) -> None:
        number = self.chance.randrange(PEOPLE)
        self.met.add(number)
        email = "" if number == 0 else f"person{number}@posti.example"
        who: dict[str, Any] = {
            "contact__email": email,
            "contact__id": f"contact-{number}",
            "contact__opted_out": number == 1,
            "contact__phone": "" if number % 3 else f"+3584012345{number // 6:02}",
            "account__id": f"account-{number % 4}",
            "owner": f"owner-{number % 2}",
        }
        if self.chance.random() < 0.3:
            self.world.order(**who)
        else:
            self.world.close_case(priority=self.chance.choice(("Low", "High")), **who)

    def refuse(self) -> None:
        """Somebody whom we know says no on our page."""
        email = f"person{self.chance.choice(sorted(self.met - {0}))}@posti.example"
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


def happened(store: opened.Opened) -> Story:
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


SETS = {
    "a plan gives way to a higher priority": rules("drop", "3h"),
    "who waits is asked when the quarantine is over": rules("defer", "0s"),
    "who waits may give way again": rules("defer", "5h"),
    "caps of accounts and days": rules("drop", "0s", per_account="2 per 1d", daily_cap=5),
    "caps that only put off": rules("defer", "2h", per_account="1 per 1d", per_domain="9 per 1d", shared_domains=[]),
    "a window": rules("drop", "0s", window="mon-fri 09:00-17:00", business_days=True),
    "a window that puts off": rules("defer", "1d", window="mon-fri 09:00-12:00", daily_cap=3),
    "samples with minimums": rules(
        "drop",
        "0s",
        per_person="6h",
        rule_keys={"sample": "30%", "at_least": {"by": "owner", "per": "12h", "answers": 2, "response_rate": "50%"}},
    ),
}


@pytest.mark.parametrize("case", SETS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_preview_and_the_real_run_agree_touchpoint_by_touchpoint(
    begun: Callable[[rule.Rules], conftest.World], case: str
) -> None:
    agree(begun(SETS[case]), random.Random(case), hours=50)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_they_agree_on_postgresql_too(begun: Callable[[rule.Rules], conftest.World]) -> None:
    agree(begun(SETS["caps that only put off"]), random.Random(7), hours=30)


def agree(world: conftest.World, chance: random.Random, *, hours: int) -> None:
    """Let the world live for so long, then try the same rules on its past."""
    at_once = all(not one.delay for one in world.belt.rules.rules) and world.belt.rules.quiet.window is None
    Life(world, chance).go_on(hours, refuse=at_once)
    world.clock.advance(-HOUR)  # to the moment of the last turn
    said, was = told(preview(world, days=7)), happened(world.belt.store)
    assert len(was) > hours
    assert len({reason for _, reason, _ in was.values()}) >= 4
    assert said == was


@conftest.sqlite_only
def test_nothing_is_written(begun: Callable[[rule.Rules], conftest.World]) -> None:
    world = begun(rules("defer", "0s"))
    Life(world, random.Random(2)).go_on(30)
    before = _everything(world.belt.store)
    preview(world, days=7)
    assert _everything(world.belt.store) == before


def _everything(store: opened.Opened) -> dict[str, list[Any]]:
    with store.read() as tx:
        names = sa.inspect(tx).get_table_names()
        return {name: [tuple(row) for row in tx.execute(sa.text(f'SELECT * FROM "{name}"'))] for name in names}
