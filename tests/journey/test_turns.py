"""The pace within the belt: deferral by due time, one domain not holding up another, few calls to the CRM."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from channels import address
from channels import base as channel_base
from channels import memory as memory_channel
from channels.email import pace
from tests.journey import conftest
from triggers import spans

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
SECOND = timedelta(seconds=1)


class Paced(memory_channel.MemoryChannel):
    """A channel with limits, which notes when it took what."""

    def __init__(self, per_second: float | None = None, per_domain: str | None = None) -> None:
        super().__init__("memory")
        self._pace = pace.Pace(per_second, spans.cap(per_domain) if per_domain else None)
        self.now: Callable[[], datetime] = lambda: conftest.START
        self.late: Callable[[], None] = lambda: None
        """What happens before each send."""
        self.times: list[tuple[datetime, str]] = []

    @property
    def paced(self) -> bool:
        return self._pace.limits

    def turn(self, key: str, address_: str, now: datetime) -> datetime:
        return self._pace.turn(key, address.domain(address_), now)

    def leaves(self, key: str, address_: str, now: datetime) -> datetime:
        return self._pace.leaves(key, address.domain(address_), now)

    def send(self, message: channel_base.Message) -> channel_base.Receipt:
        self.late()
        self.times.append((self.now(), address.domain(message.address)))
        return super().send(message)


def opened(make_world: Make, channel: Paced, **changes: Any) -> conftest.World:
    world: conftest.World = make_world(channels={"memory": channel}, **changes)
    channel.now = world.clock
    world.channel = channel
    world.turn()
    return world


def test_a_slow_domain_holds_up_no_other(make_world: Make) -> None:
    channel = Paced(per_domain="2 per 1m")
    world = opened(make_world, channel)
    for number in range(6):
        world.close_case(email=f"p{number}@slow.example")
    for number in range(2):
        world.close_case(email=f"p{number}@quick.example")
    for _ in range(4):
        world.turn()
        world.clock.advance(timedelta(minutes=1))
    by_minute = Counter(((at - conftest.START) // timedelta(minutes=1), domain) for at, domain in channel.times)
    assert by_minute == {(0, "slow.example"): 2, (0, "quick.example"): 2, (1, "slow.example"): 2, (2, "slow.example"): 2}


def test_a_held_message_counts_no_attempt_and_tells_why_it_waits(make_world: Make) -> None:
    world = opened(make_world, Paced(per_domain="1 per 1m"))
    for number in range(2):
        world.close_case(email=f"p{number}@slow.example")
    world.turn()
    sends = [world.why(number)["invitation"]["messages"][0] for number in ("00000001", "00000002")]
    message = next(one for one in sends if one["state"] == "due")
    assert (message["state"], message["attempts"], message["due_at"]) == ("due", 0, "2026-03-02T09:01:00+00:00")
    assert "pace" in message["problem"]


def test_the_pace_holds_each_second_and_one_look_serves_a_minute(make_world: Make) -> None:
    channel = Paced(per_second=2)
    world = opened(make_world, channel, patient=True)
    before = world.crm.calls
    world.turn()
    reading = world.crm.calls - before
    for _ in range(60):
        world.close_case()
    before, rounds = world.crm.calls, 60
    for _ in range(rounds):
        world.turn()
        world.clock.advance(SECOND)
    assert len(channel.times) == 60
    assert max(Counter(at for at, _ in channel.times).values()) == 2
    assert world.crm.calls - before - rounds * reading <= 2


def test_what_changes_while_a_message_is_held_is_seen_at_the_next_look(make_world: Make) -> None:
    channel = Paced(per_domain="1 per 5m")
    world = opened(make_world, channel)
    cases = [world.close_case(email=f"p{number}@slow.example") for number in range(3)]
    world.turn()
    last = max(cases, key=lambda case: str(world.why(case)["invitation"]["messages"][0]["due_at"]))
    world.reopen(last)
    for _ in range(3):
        world.clock.advance(timedelta(minutes=5))
        world.turn()
    assert (len(channel.times), world.why(last)["decision"]["reason"]) == (2, "reopened")


def test_what_was_late_for_its_turn_keeps_its_distance_all_the_same(make_world: Make) -> None:
    channel = Paced(per_second=3)
    world = opened(make_world, channel, patient=True)
    slow = itertools.cycle([900, 30, 0, 0, 450, 10])
    channel.late = lambda: world.clock.advance(timedelta(milliseconds=next(slow)))
    for _ in range(40):
        world.close_case()
    for _ in range(120):
        world.turn()
        world.clock.advance(timedelta(milliseconds=300))
    times = [at for at, _ in channel.times]
    assert len(times) == 40
    assert max(sum(begin <= at < begin + SECOND for at in times) for begin in times) <= 4  # one may be on its way for a while


def test_a_message_that_comes_back_from_the_door_tells_why_it_waits(make_world: Make) -> None:
    channel = Paced(per_second=1)
    world = opened(make_world, channel)
    channel.leaves("another", "a@posti.example", world.clock())
    case = world.close_case()
    world.turn()
    told = world.why(case)["invitation"]["messages"][0]
    assert (told["state"], told["attempts"], "pace" in told["problem"]) == ("due", 0, True)
    world.clock.advance(SECOND)
    world.turn()
    assert world.why(case)["invitation"]["messages"][0]["state"] == "sent"
