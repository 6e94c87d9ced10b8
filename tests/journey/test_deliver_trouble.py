"""deliver: what becomes of a message, and of the others, when a server refuses it, puts it off or is down."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels import memory as memory_channel
from journey import deliver, notice, settings, steps
from store import bad_addresses, messages
from tests.journey import conftest
from triggers import rule
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
MESSAGE = messages.MESSAGE
HOUR = timedelta(hours=1)


def test_a_later_with_a_code_defers_that_message_only(world: conftest.World) -> None:
    for _ in range(3):
        world.close_case()
    world.channel.trouble(errors.Later("greylisted", code="451 4.7.1"))
    world.turn()
    assert len(world.channel.messages) == 2
    assert world.counts("channels")["memory"]
    world.clock.advance(timedelta(minutes=2))
    world.turn()
    assert len(world.channel.messages) == 3


def test_a_deferred_message_goes_when_the_server_said_so(world: conftest.World) -> None:
    world.close_case()
    world.channel.trouble(errors.Later("slow down", code="451", delay=600))
    world.turn()
    world.clock.advance(timedelta(seconds=599))
    world.turn()
    assert world.channel.messages == []
    world.clock.advance(timedelta(seconds=1))
    world.turn()
    assert len(world.channel.messages) == 1


def test_a_server_that_says_later_at_once_for_ever_is_not_asked_without_end(world: conftest.World) -> None:
    world.close_case()
    world.channel.trouble(errors.Later("busy", code="451", delay=0), times=100)
    world.turn()
    assert world.why("00000001")["invitation"]["messages"][0]["attempts"] == 1


@pytest.mark.parametrize("error", [errors.Later("down"), errors.NeedsPerson("bad password", remedy="Mend it.")])
def test_a_channel_that_is_down_is_tried_once_and_left_in_peace(world: conftest.World, error: errors.OutsideError) -> None:
    for _ in range(5):
        world.close_case()
    world.channel.trouble(error)
    world.turn()
    assert world.channel.messages == []
    attempts = [world.why(f"{number:08}")["invitation"]["messages"][0]["attempts"] for number in range(1, 6)]
    assert sum(attempts) == 1
    world.clock.advance(timedelta(seconds=10))
    world.turn()
    assert len(world.channel.messages) == 5


def test_a_channel_that_rests_costs_no_calls_to_the_crm(world: conftest.World) -> None:
    world.close_case()
    world.close_case()
    world.channel.trouble(errors.Later("down"))
    deliver_due(world)
    before = world.crm.calls
    deliver.deliver(world.belt, "crm")
    assert world.crm.calls == before


def deliver_due(world: conftest.World) -> None:
    notice.notice(world.belt, "crm")
    for step in steps.STEPS[1:3]:
        step.run(world.belt, "")
    deliver.deliver(world.belt, "crm")


def test_one_channel_that_is_down_does_not_hold_up_another(make_world: Make) -> None:
    down, well = memory_channel.MemoryChannel("down"), memory_channel.MemoryChannel("well")
    listed = [
        {"name": "A", "on": "case_closed", "survey": "csat", "channel": "down"},
        {"name": "B", "on": "purchase", "survey": "csat", "channel": "well"},
    ]
    rules = rule.Rules.model_validate({"rules": listed})
    chosen = settings.JourneySettings(batch=3)
    world: conftest.World = make_world(channels={"down": down, "well": well}, rules=rules, settings=chosen)
    world.turn()
    down.trouble(errors.Later("down"), times=50)
    for _ in range(10):
        world.close_case()
    world.clock.advance(timedelta(seconds=1))
    world.order()
    world.turn()
    assert (len(down.messages), len(well.messages)) == (0, 1)


def test_an_address_that_is_refused_for_good_is_given_up_and_leaves_the_person_free(world: conftest.World) -> None:
    world.channel.refused.add("aino@posti.example")
    first = world.close_case(email="aino@posti.example")
    world.turn()
    told = world.why(first)
    assert (told["decision"]["reason"], told["invitation"]["state"]) == ("undeliverable", "cancelled")
    world.channel.refused.clear()
    world.clock.advance(HOUR)
    second = world.close_case(email="aino@posti.example")
    world.turn()
    assert world.channel.messages == []
    assert world.why(second)["decision"]["explanation"] == (
        "Nobody was asked: the address for memory does not work since 2026-03-02 (refused, refused)."
    )
    with world.belt.store.write() as tx:
        assert bad_addresses.clear(tx, [bad_addresses.key(world.belt.secret, "memory", "Aino@posti.example")]) == 1
    world.clock.advance(HOUR)
    world.close_case(email="aino@posti.example")
    world.turn()
    assert len(world.channel.messages) == 1


class _Broken(memory_channel.MemoryChannel):
    """A channel with a fault of our own for one address."""

    def send(self, message: Any) -> Any:
        if message.address.startswith("aino3"):
            raise KeyError(message.address)
        return super().send(message)


def test_a_fault_of_ours_in_a_channel_parks_that_message_and_the_others_go(make_world: Make) -> None:
    channel = _Broken("memory")
    world: conftest.World = make_world(channels={"memory": channel})
    world.turn()
    for _ in range(5):
        world.close_case()
    world.turn()
    assert world.counts("messages") == {"sent": 4, "unsure": 1}
    problem = world.why("00000003")["invitation"]["messages"][0]["problem"]
    assert "KeyError" in problem
    assert "aino3" not in problem
