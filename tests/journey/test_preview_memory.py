"""Preview's memory: what a touchpoint costs while the past is read, and that no page outlives its turn. Bytes and objects are
counted, never timed; the figures for 100,000 closures are bench/preview.py's.
"""

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connectors import base, keyset, memory
from connectors import settings as connector_settings
from journey.deciding import judging
from journey.preview import course, reading
from tests.journey import conftest

TOUCHPOINTS = 4_000
HELD = 500
"""Bytes a touchpoint may take while it waits to be sorted; as objects it takes five times as much."""


class Watched(memory.MemoryConnector):
    """Counts at each call how many rows of earlier pages are still there."""

    def __init__(self, crm: memory.Crm) -> None:
        super().__init__("crm", connector_settings.MemorySettings(type="memory", page=500), crm)
        self.left: list[int] = []
        self._rows: list[weakref.ref[base.Change]] = []

    def _round(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        self.left.append(sum(row() is not None for row in self._rows))
        answers = super()._round(places)
        self._rows += [weakref.ref(change) for answer in answers for change in answer.changes]
        return answers


@pytest.fixture
def world(make_world: Callable[..., Any]) -> conftest.World:
    """A past with many people, and a database that knows none of them."""
    made: conftest.World = make_world()
    for number in range(TOUCHPOINTS):
        made.close_case(contact__phone=f"+3584012{number:04d}" if number % 4 else "")
    return made


def way(world: conftest.World, connector: base.Connector) -> course.Course:
    return course.Course(
        origins=[reading.Origin(connector=connector, sources=world.belt.sources["crm"], poll=timedelta(minutes=1))],
        judges=[judging.Judge(rules=world.belt.rules, channels=world.belt.channels)],
        store=world.belt.store,
        secret=world.belt.secret,
        days=1,
        batch=500,
    )


def held(chosen: course.Course) -> int:
    """Bytes that one reading of the past keeps. What a process makes once (compiled statements, caches) and what its other
    threads make meanwhile count too, so the least of several is meant.
    """
    gc.collect()
    tracemalloc.start()
    try:
        prepared = chosen.read()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert prepared.count == TOUCHPOINTS
    return kept


@conftest.sqlite_only
def test_a_touchpoint_of_the_past_takes_little_room(world: conftest.World) -> None:
    chosen = way(world, world.belt.connectors["crm"])
    assert min(held(chosen) for _ in range(3)) / TOUCHPOINTS < HELD


@conftest.sqlite_only
def test_a_page_is_let_go_before_the_next_is_asked_for(world: conftest.World) -> None:
    connector = Watched(world.crm)
    assert way(world, connector).read().count == TOUCHPOINTS
    assert len(connector.left) >= TOUCHPOINTS // 500
    assert not any(connector.left)
