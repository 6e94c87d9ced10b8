"""Reminders: part of one asking, each with a last look of its own, and none after an answer, a no or the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels import memory as memory_channel
from journey import collect
from tests.journey import conftest
from triggers import rule
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
DAY = timedelta(days=1)


def reminding(*remind: str, quiet: dict[str, str] | None = None, **changes: object) -> rule.Rules:
    """A rule that asks at once and reminds."""
    listed = {
        "name": "Cases",
        "on": "case_closed",
        "survey": "csat",
        "channel": "memory",
        "remind": list(remind or ("3d", "7d")),
        **changes,
    }
    return rule.Rules.model_validate({"rules": [listed], "quiet": quiet or {}})


@pytest.fixture
def world(make_world: Make) -> conftest.World:
    """A world that reminds after three and after seven days."""
    made: conftest.World = make_world(rules=reminding())
    made.turn()
    return made


def days(world: conftest.World, count: int) -> None:
    """So many days go by, each with its turn."""
    for _ in range(count):
        world.clock.advance(DAY)
        world.turn()


def states(world: conftest.World, case: str) -> dict[str, str]:
    """Send → state."""
    return {one["send"]: one["state"] for one in world.why(case)["invitation"]["messages"]}


def test_reminders_go_at_their_days_and_say_that_they_remind(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    gone = [len(world.channel.messages)]
    for _ in range(9):
        days(world, 1)
        gone.append(len(world.channel.messages))
    assert gone == [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]
    assert [one.reminder for one in world.channel.messages] == [False, True, True]


def test_a_reminder_leads_to_the_same_page_and_is_a_message_of_its_own(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    days(world, 3)
    first, second = world.channel.messages
    assert (first.page_url, first.address) == (second.page_url, second.address)
    assert first.key != second.key


def test_an_answer_stops_the_reminders(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    days(world, 3)
    assert world.answer("5") is collect.Collected.SAVED
    days(world, 9)
    assert len(world.channel.messages) == 2
    assert states(world, case) == {"invitation": "sent", "reminder-1": "sent", "reminder-2": "cancelled"}
    assert world.counts("messages") == {"sent": 2, "cancelled": 1}


LAST_LOOKS: dict[str, Callable[[conftest.World, str], object]] = {
    "the person opted out in the CRM": lambda world, case: world.crm.put("case", case, {"contact.opted_out": True}),
    "the person said no on the page": lambda world, _: collect.unsubscribe(world.belt, world.token()),
    "the case was re-opened": lambda world, case: world.reopen(case),
    "the case was deleted": lambda world, case: world.crm.delete("case", case),
    "consent cannot be read": lambda world, _: world.crm.hidden.add(("case", "contact.opted_out")),
    "the record names somebody else": lambda world, case: world.crm.put("case", case, {"contact.id": "somebody else"}),
}


@pytest.mark.parametrize("what", LAST_LOOKS)
def test_no_reminder_goes_when(world: conftest.World, what: str) -> None:
    case = world.close_case()
    world.turn()
    days(world, 2)
    LAST_LOOKS[what](world, case)
    days(world, 9)
    assert len(world.channel.messages) == 1
    assert states(world, case) == {"invitation": "sent", "reminder-1": "cancelled"}


def test_who_is_not_reminded_was_asked_all_the_same_and_may_answer(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    asked_at = world.why(case)["person"]["asked_at"]
    world.reopen(case)
    days(world, 3)
    told = world.why(case)
    assert (told["decision"]["verdict"], told["decision"]["reason"]) == ("ask", "asked")
    assert (told["invitation"]["state"], told["person"]["asked_at"]) == ("open", asked_at)
    assert [one["detail"] for one in told["events"] if one["what"] == "not_reminded"] == ["reopened"]
    assert world.answer("4") is collect.Collected.SAVED


def test_no_reminder_goes_after_the_survey_has_expired(make_world: Make) -> None:
    world: conftest.World = make_world(rules=reminding("2d", "4d", expires="5d"))
    world.turn()
    world.channel.trouble(errors.Later("mailbox full", delay=1.6 * 86_400, code="452"))
    case = world.close_case()
    world.turn()
    days(world, 12)
    assert states(world, case) == {"invitation": "sent", "reminder-1": "sent"}
    assert len(world.channel.messages) == 2


def test_reminders_are_counted_from_the_moment_the_first_message_went(make_world: Make) -> None:
    world: conftest.World = make_world(rules=reminding("3d"))
    world.turn()
    world.channel.trouble(errors.Later("greylisted", delay=2 * 86_400, code="450"))
    world.close_case()
    world.turn()
    days(world, 4)
    assert len(world.channel.messages) == 1
    days(world, 1)
    assert len(world.channel.messages) == 2


def test_a_reminder_neither_begins_a_quarantine_nor_waits_for_one(make_world: Make) -> None:
    world: conftest.World = make_world(rules=reminding("3d", quiet={"per_person": "5d", "too_old": "30d"}))
    world.turn()
    world.close_case(email="aino@posti.example")
    world.turn()
    days(world, 4)
    assert len(world.channel.messages) == 2
    days(world, 2)
    world.close_case(email="aino@posti.example")
    world.turn()
    assert [one.reminder for one in world.channel.messages] == [False, True, False]


def test_a_reminder_that_was_held_up_keeps_the_next_one_at_its_distance(make_world: Make) -> None:
    world: conftest.World = make_world(rules=reminding("3d", "5d", expires="20d"))
    world.turn()
    world.close_case()
    world.turn()
    world.channel.trouble(errors.Later("mailbox full", delay=4 * 86_400, code="452"))
    days(world, 7)
    assert len(world.channel.messages) == 2
    days(world, 1)
    assert len(world.channel.messages) == 2
    days(world, 1)
    assert len(world.channel.messages) == 3


def test_an_address_that_refuses_a_reminder_gets_no_more_of_them(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    world.channel.trouble(errors.Never("no such mailbox"))
    days(world, 9)
    assert states(world, case) == {"invitation": "sent", "reminder-1": "refused"}
    told = world.why(case)
    assert (told["decision"]["reason"], told["invitation"]["state"]) == ("asked", "open")


def test_a_first_message_that_may_not_have_gone_has_no_reminders(make_world: Make) -> None:
    world: conftest.World = make_world(rules=reminding())
    world.turn()
    world.channel.trouble(errors.Unsure("the line broke"))
    case = world.close_case()
    world.turn()
    days(world, 9)
    assert states(world, case) == {"invitation": "unsure"}


def test_a_restart_between_the_messages_repeats_none(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    for _ in range(9):
        world.restart()
        days(world, 1)
    assert len(world.channel.messages) == 3


class _Answering(memory_channel.MemoryChannel):
    """The person answers while the reminder is being sent."""

    world: conftest.World

    def send(self, message: Any) -> Any:
        if message.reminder:
            self.world.answer("5", which=0)
        return super().send(message)


def test_an_answer_while_a_reminder_is_being_sent_stops_the_next_one(make_world: Make) -> None:
    channel = _Answering("memory")
    world: conftest.World = make_world(rules=reminding(), channels={"memory": channel})
    channel.world, world.channel = world, channel
    world.turn()
    case = world.close_case()
    world.turn()
    days(world, 9)
    assert states(world, case) == {"invitation": "sent", "reminder-1": "sent"}
