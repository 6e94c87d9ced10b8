"""decide: each touchpoint one decision, in the right order, and poison aside."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors import memory as memory_connector
from connectors import settings as connector_settings
from journey import decide, notice
from mapping import kind
from store import decisions, touchpoints
from tests.journey import conftest
from triggers import rule

pytestmark = conftest.sqlite_only
TOUCHPOINT = touchpoints.TOUCHPOINT


def poison(world: conftest.World, case: str) -> None:
    """The stored touchpoint becomes one that this program cannot read."""
    with world.belt.store.write() as tx:
        tx.execute(sa.update(TOUCHPOINT).where(TOUCHPOINT.c.record == case).values(recipient={"nonsense": 1}))


def cure(world: conftest.World, case: str) -> None:
    with world.belt.store.write() as tx:
        person = {"email": "aino@posti.example", "opted_out": False}
        tx.execute(sa.update(TOUCHPOINT).where(TOUCHPOINT.c.record == case).values(recipient=person))


def test_each_touchpoint_has_exactly_one_decision(world: conftest.World) -> None:
    for number in range(30):
        world.close_case(email="same@posti.example" if number % 3 == 0 else "")
    world.turn()
    with world.belt.store.read() as tx:
        decided = tx.execute(sa.select(decisions.DECISION.c.touchpoint_id)).scalars().all()
        stored = tx.execute(sa.select(TOUCHPOINT.c.id)).scalars().all()
    assert sorted(decided) == sorted(stored)


def test_poison_is_left_aside_with_a_reason_and_the_others_are_asked(world: conftest.World) -> None:
    cases = [world.close_case() for _ in range(9)]
    notice.notice(world.belt, "crm")
    poison(world, cases[3])
    poison(world, cases[7])
    world.turn()
    assert len(world.channel.messages) == 7
    told = world.why(cases[3])["decision"]
    assert (told["verdict"], told["reason"]) == ("later", "unusable")
    assert "TypeError" in told["explanation"]


def test_poison_that_is_cured_is_asked_at_its_next_turn(world: conftest.World) -> None:
    case = world.close_case()
    notice.notice(world.belt, "crm")
    poison(world, case)
    world.turn()
    cure(world, case)
    world.turn()
    assert world.channel.messages == [], "it rests"
    world.clock.advance(touchpoints.RETRY)
    world.turn()
    assert len(world.channel.messages) == 1


def test_poison_rests_longer_each_time(world: conftest.World) -> None:
    case = world.close_case()
    notice.notice(world.belt, "crm")
    poison(world, case)
    tries = 0
    for _ in range(24 * 12):
        tries += decide.decide(world.belt)
        world.clock.advance(timedelta(minutes=5))
    assert 5 <= tries <= 12


def test_a_batch_whose_process_died_is_decided_later(world: conftest.World) -> None:
    world.close_case()
    notice.notice(world.belt, "crm")
    with world.belt.store.write() as tx:
        touchpoints.claim(tx, world.clock(), 10)
    world.restart()
    world.turn()
    assert world.channel.messages == []
    world.clock.advance(touchpoints.RETRY)
    world.turn()
    assert len(world.channel.messages) == 1


def test_nobody_is_asked_again_within_the_quarantine_whatever_the_address_looks_like(world: conftest.World) -> None:
    for email in ("aino@posti.example", " Aino@POSTI.example", "\ufeffaino@posti.example", "AINO@posti.example\u200b"):
        world.close_case(email=email)
        world.turn()
        world.clock.advance(timedelta(hours=1))
    assert len(world.channel.messages) == 1
    assert world.counts("decisions") == {"asked": 1, "quarantined": 3}


def test_of_two_touchpoints_in_one_batch_only_one_is_asked_about(world: conftest.World) -> None:
    world.close_case(email="aino@posti.example")
    world.close_case(email="aino@posti.example")
    world.turn()
    assert len(world.channel.messages) == 1


def test_people_without_an_address_do_not_stand_in_each_others_way(world: conftest.World) -> None:
    world.close_case(contact__email="nonsense one")
    world.close_case(contact__email="nonsense two")
    world.turn()
    assert world.counts("decisions") == {"no_address": 2}


def test_the_quarantine_ends_in_time(world: conftest.World) -> None:
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(timedelta(days=30))
    world.close_case(email="aino@posti.example")
    world.turn()
    assert len(world.channel.messages) == 2


def two_kinds(priority: int) -> rule.Rules:
    common = {"survey": "csat", "channel": "memory"}
    listed = [
        {"name": "Cases", "on": "case_closed", **common},
        {"name": "Orders", "on": "purchase", "priority": priority, **common},
    ]
    return rule.Rules.model_validate({"rules": listed})


def test_the_quarantine_holds_across_kinds(make_world: Callable[..., Any]) -> None:
    world: conftest.World = make_world(rules=two_kinds(0))
    world.turn()
    world.close_case(email="aino@posti.example")
    world.order(contact__email="aino@posti.example")
    world.turn()
    assert [message.kind for message in world.channel.messages] == ["case_closed"]


def test_the_rule_with_the_higher_priority_gets_the_person(make_world: Callable[..., Any]) -> None:
    world: conftest.World = make_world(rules=two_kinds(5))
    world.turn()
    world.close_case(email="aino@posti.example")
    world.order(contact__email="aino@posti.example")
    world.turn()
    assert [message.kind for message in world.channel.messages] == ["purchase"]


def test_the_quarantine_holds_across_connectors(make_world: Callable[..., Any]) -> None:
    clock = conftest.Clock()
    crms = {name: memory_connector.Crm(now=clock) for name in ("north", "south")}
    chosen = connector_settings.MemorySettings(type="memory", lag=timedelta(0))
    opened = {name: memory_connector.MemoryConnector(name, chosen, crm) for name, crm in crms.items()}
    sources = {name: kind.sources("memory", {}) for name in crms}
    world: conftest.World = make_world(connectors=opened, sources=sources, now=clock)
    world.turn()
    for number, crm in enumerate(crms.values()):
        person = {"contact.email": "Aino@posti.example" if number else "aino@posti.example", "contact.opted_out": False}
        crm.put("case", "", {"closed": True, "closed_at": clock(), "number": "1", **person})
    world.turn()
    assert len(world.channel.messages) == 1
    assert world.counts("decisions") == {"asked": 1, "quarantined": 1}


def test_a_deferred_touchpoint_is_asked_about_when_the_quarantine_is_over(make_world: Callable[..., Any]) -> None:
    world: conftest.World = make_world(rules=conftest.rules(per_person="2d", on_conflict="defer"))
    world.turn()
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(timedelta(hours=1))
    second = world.close_case(email="aino@posti.example")
    world.turn()
    assert world.why(second)["decision"]["verdict"] == "later"
    world.clock.advance(timedelta(days=2))
    world.turn()
    assert len(world.channel.messages) == 2
    assert world.why(second)["decision"]["verdict"] == "ask"


def test_a_touchpoint_that_was_noticed_too_late_is_not_asked_about(world: conftest.World) -> None:
    case = world.close_case()
    world.clock.advance(timedelta(days=8))
    world.turn()
    assert world.why(case)["decision"]["reason"] == "too_old"
