"""Killed at random points, again and again: nothing lost, nothing twice, everything explained."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors import memory as memory_connector
from journey import tidy
from store import answers, decisions, messages, touchpoints
from tests.journey import conftest, crashing

KILLS = 20


@pytest.mark.parametrize("seed", [1])
def test_a_process_that_is_killed_again_and_again_loses_nothing_and_asks_nobody_twice(tmp_path: Path, seed: int) -> None:
    outside = crashing.Outside(tmp_path, seed)
    outside.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    outside.live_until_killed(calls=6)  # long enough to take the first bookmarks
    for _ in range(KILLS):
        outside.close_cases(outside.chance.randint(1, 3))
        outside.live_until_killed(calls=outside.chance.randint(2, 14))
        outside.ahead += timedelta(minutes=6)  # longer than a touchpoint rests whose decider died
    world = settled(outside)
    assert_each_case_has_one_decision(world, outside)
    assert_nobody_got_two_messages(world, outside)
    assert_every_answer_that_was_thanked_for_is_on_its_record(world, outside)
    assert_only_people_are_counted(world)
    world.belt.writer.close()
    world.belt.store.close()


def settled(outside: crashing.Outside) -> conftest.World:
    """A last process that is left alone until nothing is due."""
    connector = memory_connector.MemoryConnector("crm", crashing.CHOSEN, outside.crm)
    world = conftest.World(
        outside.folder,
        f"sqlite:///{outside.folder / 'palaute.db'}",
        connectors={"crm": connector},
        channels={"memory": outside.channel},
        now=outside.now,
    )
    tidy.recover(world.belt, tidy.AT_ONCE)
    for _ in range(3):
        world.turn()
        outside.ahead += timedelta(minutes=6)
    return world


def assert_each_case_has_one_decision(world: conftest.World, outside: crashing.Outside) -> None:
    with world.belt.store.read() as tx:
        table = touchpoints.TOUCHPOINT
        joined = sa.select(table.c.record).join(decisions.DECISION, decisions.DECISION.c.touchpoint_id == table.c.id)
        decided = tx.execute(joined).scalars().all()
    assert sorted(decided) == sorted(outside.closed)
    assert world.counts("decisions") == {"asked": len(outside.closed)}


def assert_nobody_got_two_messages(world: conftest.World, outside: crashing.Outside) -> None:
    got = Counter(message.address for message in outside.channel.messages)
    assert [address for address, count in got.items() if count > 1] == []
    with world.belt.store.read() as tx:
        states = {row.address: row.state for row in tx.execute(sa.select(messages.MESSAGE.c.address, messages.MESSAGE.c.state))}
    assert set(states) == {f"aino{number}@posti.example" for number in range(len(outside.closed))}
    assert {state for address, state in states.items() if address not in got} <= {"unsure"}
    assert set(states.values()) <= {"sent", "unsure"}


def assert_every_answer_that_was_thanked_for_is_on_its_record(world: conftest.World, outside: crashing.Outside) -> None:
    number = {outside.token(message): int(message.address[4:].split("@")[0]) for message in outside.channel.messages}
    thanked = {outside.closed[number[token]]: int(value) for token, value in outside.thanked.items()}
    scores = {record.id: record.values["score"] for record in outside.crm.records("case")}
    assert thanked
    assert {record: scores[record] for record in thanked} == thanked
    assert world.counts("writes").keys() == {"done"}


def assert_only_people_are_counted(world: conftest.World) -> None:
    """Each link was scanned and its form sent by a machine before a person came; some of that died with the process."""
    table = answers.ANSWER
    with world.belt.store.read() as tx:
        kept = tx.execute(sa.select(table.c.state, table.c.sign).where(table.c.version > 0)).all()
    assert {state for state, sign in kept if sign} == {"doubtful"}
    assert {"", "named"} <= {sign for _, sign in kept} <= {"", "named", "came_after"}
    assert Counter(state for state, sign in kept if not sign).keys() == {"confirmed"}
