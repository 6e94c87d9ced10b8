"""What triggers decide about restraint, from the CRM to the mailbox: caps, lists, re-opened cases, people with two addresses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors import memory as memory_connector
from connectors import settings as connector_settings
from journey import story
from mapping import kind
from tests.journey import conftest
from triggers import rule

Make = Callable[..., conftest.World]
HOUR = timedelta(hours=1)
PHONE = "+358 40 123 4567"


def rules(table: dict[str, Any] | None = None, *more: dict[str, Any], **quiet: Any) -> rule.Rules:
    first = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", **(table or {})}
    listed = [first, *({"survey": "csat", "channel": "memory", **one} for one in more)]
    return rule.Rules.model_validate({"rules": listed, "quiet": quiet})


def begin(make_world: Make, chosen: rule.Rules, **changes: Any) -> conftest.World:
    world = make_world(rules=chosen, **changes)
    world.turn()
    return world


def reason(world: conftest.World, record: str) -> str:
    return str(world.why(record)["decision"]["reason"])


def sent(world: conftest.World) -> int:
    return len(world.channel.messages)


def test_an_account_is_not_asked_more_often_than_its_cap(make_world: Make) -> None:
    world = begin(make_world, rules(per_account="2 per 7d", on_conflict="defer", too_old="9d"))
    cases = [world.close_case(account__id="a1") for _ in range(3)]
    world.turn()
    assert sorted(reason(world, case) for case in cases) == ["account_cap", "asked", "asked"]
    world.clock.advance(timedelta(days=6))
    world.turn()
    assert sent(world) == 2
    world.clock.advance(timedelta(days=1, hours=1))
    world.turn()
    assert sent(world) == 3


def test_a_day_has_no_more_than_its_cap_and_the_next_day_goes_on(make_world: Make) -> None:
    world = begin(make_world, rules(daily_cap=2, on_conflict="defer"))
    for _ in range(5):
        world.close_case()
    counts = []
    for _ in range(4):
        world.turn()
        counts.append(sent(world))
        world.clock.advance(timedelta(days=1))
    assert counts == [2, 4, 5, 5]


def test_a_domain_has_its_cap(make_world: Make) -> None:
    world = begin(make_world, rules(per_domain="2 per 7d"))
    for _ in range(4):
        world.close_case()
    world.turn()
    assert world.counts("decisions") == {"asked": 2, "domain_cap": 2}


def test_a_person_with_two_addresses_is_asked_once(make_world: Make) -> None:
    world = begin(make_world, rules())
    world.close_case(email="work@posti.example", contact__phone=PHONE)
    world.close_case(email="home@posti.example")
    world.turn()
    world.clock.advance(HOUR)
    third = world.close_case(email="home@posti.example", contact__phone="0401234567")
    world.turn()
    assert sent(world) == 2
    assert reason(world, third) == "quarantined"


def test_a_no_in_one_crm_is_a_no_in_the_other(make_world: Make) -> None:
    clock = conftest.Clock()
    crms = {name: memory_connector.Crm(now=clock) for name in ("north", "south")}
    chosen = connector_settings.MemorySettings(type="memory", lag=timedelta(0))
    opened = {name: memory_connector.MemoryConnector(name, chosen, crm) for name, crm in crms.items()}
    world = begin(
        make_world,
        rules(per_person="0s"),
        connectors=opened,
        sources={name: kind.sources("memory", {}) for name in crms},
        now=clock,
    )

    def close(crm: str, *, opted_out: bool) -> None:
        person = {"contact.email": "aino@posti.example", "contact.opted_out": opted_out}
        crms[crm].put("case", "", {"closed": True, "closed_at": clock(), "number": "1", **person})
        world.turn()
        clock.advance(HOUR)

    close("north", opted_out=True)
    close("south", opted_out=False)
    assert world.counts("decisions") == {"opted_out": 2}
    close("north", opted_out=False)
    close("south", opted_out=False)
    assert world.counts("decisions") == {"opted_out": 2, "asked": 2}


@pytest.mark.parametrize(
    ("word", "messages", "reasons"),
    [
        ("restart", 1, ["reopened", "asked"]),
        ("cancel", 0, ["reopened", "reopened"]),
        ("once-per-case", 1, ["reopened", "asked"]),
        ("once-per-closure", 2, ["asked", "asked"]),
    ],
)
def test_a_case_that_is_re_opened_before_the_message_went(make_world: Make, word: str, messages: int, reasons: list[str]) -> None:
    world = begin(make_world, rules({"delay": "3h", "reopened": word}, per_person="0s"))
    case = world.close_case()
    world.turn()
    world.clock.advance(HOUR)
    world.reopen(case)
    world.turn()
    world.clock.advance(HOUR)
    world.close_again(case)
    for _ in range(6):
        world.turn()
        world.clock.advance(HOUR)
    assert sent(world) == messages
    told = [one["decision"]["reason"] for one in world_story(world, case)]
    assert told == reasons


@pytest.mark.parametrize("quiet", [{"per_account": "1 per 7d"}, {"per_domain": "1 per 7d"}, {"daily_cap": 1}])
@pytest.mark.parametrize("on_conflict", ["drop", "defer"])
@conftest.sqlite_only
def test_a_case_that_is_closed_again_keeps_its_place_under_a_cap(
    make_world: Make, quiet: dict[str, Any], on_conflict: str
) -> None:
    world = begin(make_world, rules({"delay": "3h"}, on_conflict=on_conflict, **quiet))
    case = world.close_case(account__id="a1")
    world.turn()
    world.clock.advance(HOUR)
    world.reopen(case)
    world.turn()
    world.clock.advance(HOUR)
    world.close_again(case)
    world.turn()
    world.clock.advance(4 * HOUR)
    world.turn()
    assert sent(world) == 1
    assert [one["decision"]["reason"] for one in world_story(world, case)] == ["reopened", "asked"]


def world_story(world: conftest.World, record: str) -> list[dict[str, Any]]:
    told = story.tell(world.belt.store, world.belt.secret, record, timedelta(days=30))["touchpoints"]
    return [dict(one) for one in told]


def test_the_later_closing_takes_the_place_of_the_planned_one(make_world: Make) -> None:
    world = begin(make_world, rules({"delay": "3h"}))
    case = world.close_case()
    world.turn()
    world.clock.advance(HOUR)
    world.close_again(case)
    world.turn()
    assert [one["decision"]["reason"] for one in world_story(world, case)] == ["reopened", "asked"]
    world.clock.advance(2 * HOUR)
    world.turn()
    assert sent(world) == 0
    world.clock.advance(HOUR)
    world.turn()
    assert sent(world) == 1


ORDERS = {"name": "Orders", "on": "purchase", "priority": 5}


@pytest.mark.parametrize(("on_conflict", "verdict"), [("drop", "never"), ("defer", "later")])
def test_what_is_planned_gives_way_to_a_higher_priority(make_world: Make, on_conflict: str, verdict: str) -> None:
    world = begin(make_world, rules({"delay": "5h"}, ORDERS, on_conflict=on_conflict))
    case = world.close_case(email="aino@posti.example")
    world.turn()
    assert reason(world, case) == "asked"
    world.clock.advance(HOUR)
    world.order(contact__email="aino@posti.example")
    world.turn()
    assert [message.kind for message in world.channel.messages] == ["purchase"]
    decided = world.why(case)["decision"]
    assert (decided["verdict"], decided["reason"]) == (verdict, "outranked" if on_conflict == "drop" else decided["reason"])
    world.clock.advance(timedelta(days=3))
    world.turn()
    assert sent(world) == 1


def test_what_gave_way_is_asked_after_all_when_the_other_comes_to_nothing(make_world: Make) -> None:
    world = begin(make_world, rules({"delay": "5h"}, {**ORDERS, "delay": "2h"}, on_conflict="defer"))
    case = world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(HOUR)
    order = world.order(contact__email="aino@posti.example")
    world.turn()
    assert (reason(world, case), reason(world, order)) == ("outranked", "asked")
    world.crm.put("order", order, {"paid": False})
    for _ in range(12):
        world.clock.advance(HOUR)
        world.turn()
    assert [message.kind for message in world.channel.messages] == ["case_closed"]


def test_what_went_does_not_give_way(make_world: Make) -> None:
    world = begin(make_world, rules(None, ORDERS))
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(HOUR)
    order = world.order(contact__email="aino@posti.example")
    world.turn()
    assert reason(world, order) == "quarantined"


def test_a_message_that_was_held_up_until_the_window_closed_waits_for_the_next(make_world: Make) -> None:
    world = begin(make_world, rules({"delay": "7h"}, window="mon-fri 09:00-17:00"))
    world.close_case()  # on a Monday at nine: due at four
    world.turn()
    hours: list[datetime] = []
    world.clock.advance(timedelta(hours=9))  # nobody was there until six
    for _ in range(24):
        world.turn()
        if sent(world) and not hours:
            hours.append(world.clock())
        world.clock.advance(HOUR)
    assert [(one.day, one.hour) for one in hours] == [(3, 9)]


def test_a_group_is_asked_in_full_until_it_has_enough(make_world: Make) -> None:
    table = {"sample": "0.000001%", "at_least": {"by": "owner", "per": "30d", "answers": 1, "response_rate": "50%"}}
    world = begin(make_world, rules(table))
    for _ in range(6):
        world.close_case(owner="Liisa")
        world.turn()
    assert world.counts("decisions") == {"asked": 2, "sampled_out": 4}
    told = world.counts("decisions")
    assert told["asked"] == sent(world)
