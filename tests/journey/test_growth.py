"""What a round and a page cost does not grow with what is stored: SQLite's own steps are counted, statement by statement."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect
from journey.answering import visits
from store import opened
from surveys import survey
from tests.journey import conftest
from triggers import rule

FEW, MANY = 20, 220
"""Cases that were asked about and answered before the round that is counted."""
_EVERY = 10
"""Steps of SQLite's virtual machine between two looks at the count."""
_SLACK = 1.3, 300
"""A tree of ten times as many rows is a level deeper, which costs a few steps for each row that is looked up."""


@contextmanager
def counted(store: opened.Opened) -> Iterator[dict[str, int]]:
    """Statement → steps that SQLite's virtual machine made for it meanwhile, over all connections."""
    steps: dict[str, int] = defaultdict(int)
    running: dict[int, str] = {}
    door = threading.Lock()

    def connected(raw: Any, _record: Any) -> None:
        def count() -> int:
            with door:
                steps[running.get(id(raw), "")] += _EVERY
            return 0

        raw.set_progress_handler(count, _EVERY)

    def begun(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        running[id(connection.connection.dbapi_connection)] = statement

    sa.event.listen(store.engine, "connect", connected)
    sa.event.listen(store.engine, "before_cursor_execute", begun)
    store.engine.dispose()  # connections that are there already count nothing
    yield steps
    sa.event.remove(store.engine, "connect", connected)
    sa.event.remove(store.engine, "before_cursor_execute", begun)
    store.engine.dispose()


def visit(world: conftest.World, which: int) -> visits.Visit:
    known = visits.visitor(world.belt.secret, f"203.0.113.{which % 250}", False, (f"Firefox {which}",))
    return visits.Visit(visitor=known, at=world.clock())


def answer(world: conftest.World, which: int, token: str, value: str, **more: Any) -> collect.Collected:
    post = collect.Post(nonce=collect.nonce(world.belt, token), value=value, visit=visit(world, which), **more)
    return collect.submit(world.belt, token, post)


def live(world: conftest.World, count: int) -> None:
    """Cases are closed, asked about, looked at, answered (one in ten by a machine) and written back."""
    begun = len(world.channel.messages)
    for _ in range(count):
        world.close_case()
    world.turn()
    for which, message in enumerate(world.channel.messages[begun:]):
        token = message.page_url.rsplit("/", 1)[1]
        asked = collect.find(world.belt, token)
        assert asked is not None
        collect.opened(world.belt, asked, 4, visit(world, which))
        answer(world, which, token, "4", decoy="x" if which % 10 == 9 else "")
    world.turn()


def a_round(world: conftest.World) -> None:
    """Every step has something to do, and every page of a link is asked for."""
    live(world, 3)
    token = world.token()
    assert answer(world, 1, token, "5") is not None
    assert collect.unsubscribe(world.belt, world.token(-2))
    world.turn()
    for rest in (timedelta(minutes=1), timedelta(days=4)):
        world.clock.advance(rest)
        world.turn()


def after(folder: Path, history: int, **changes: object) -> dict[str, int]:
    """What the statements of a round cost behind so many cases."""
    world = conftest.World(folder, f"sqlite:///{folder / str(history)}.db", **changes)
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    live(world, history)
    for _ in range(2):  # what was read within the look-back is read again, however much it was
        world.clock.advance(timedelta(days=20))
        live(world, 1)
    with counted(world.belt.store) as steps:
        a_round(world)
    world.belt.writer.close()
    world.belt.store.close()
    assert len(world.channel.messages) == history + 5
    return dict(steps)


CAPS = {"per_person": "9d", "per_account": "9 per 9d", "per_domain": "900 per 9d", "daily_cap": 900, "on_conflict": "defer"}
RULE = {"name": "All", "on": "case_closed", "survey": "csat", "channel": "memory", "remind": ["3d"], "expires": "9d"}
WORLDS: dict[str, dict[str, object]] = {
    "few words": {},
    "caps and reminders": {"rules": rule.Rules.model_validate({"rules": [RULE], "quiet": CAPS})},
    "anonymous": {"surveys": {"csat": survey.Survey(key="csat", metric="csat", anonymous=True)}},
}


@pytest.mark.parametrize("changes", WORLDS.values(), ids=WORLDS)
def test_no_statement_of_a_round_or_a_page_takes_longer_when_more_is_stored(tmp_path: Path, changes: dict[str, object]) -> None:
    few, many = after(tmp_path, FEW, **changes), after(tmp_path, MANY, **changes)
    assert len(few) > 30
    factor, more = _SLACK
    grown = {said: f"{few.get(said, 0)} → {steps}" for said, steps in many.items() if steps > factor * few.get(said, 0) + more}
    assert not grown, "\n".join(f"{steps}: {said}" for said, steps in grown.items())
