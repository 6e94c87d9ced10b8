"""deliver: the last look before a message goes, what no longer goes, and how many go together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from channels import memory as memory_channel
from journey import collect, deliver, settings
from store import invitations, messages, outbox, touchpoints
from surveys import survey
from tests.journey import conftest
from triggers import rule
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
MESSAGE = messages.MESSAGE
HOUR = timedelta(hours=1)


def delayed(hours: int = 2, **changes: object) -> rule.Rules:
    """A rule that asks some hours later."""
    listed = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", "delay": f"{hours}h", **changes}
    return rule.Rules.model_validate({"rules": [listed]})


@pytest.fixture
def slow(make_world: Make) -> conftest.World:
    """A world in which people are asked two hours after the closing."""
    world: conftest.World = make_world(rules=delayed())
    world.turn()
    return world


LAST_LOOKS: dict[str, tuple[Callable[[conftest.World, str], object], str]] = {
    "re-opened": (lambda world, case: world.reopen(case), "reopened"),
    "deleted": (lambda world, case: world.crm.delete("case", case), "deleted"),
    "merged": (lambda world, case: world.crm.delete("case", case, merged_into="another"), "merged"),
    "opted out in the CRM": (lambda world, case: world.crm.put("case", case, {"contact.opted_out": True}), "opted_out"),
    "consent hidden": (lambda world, _: world.crm.hidden.add(("case", "contact.opted_out")), "consent_unreadable"),
    "address removed": (lambda world, case: world.crm.put("case", case, {"contact.email": None}), "no_address"),
}


@pytest.mark.parametrize("what", LAST_LOOKS)
def test_the_last_look_holds_the_message_back(slow: conftest.World, what: str) -> None:
    case = slow.close_case()
    slow.turn()
    slow.clock.advance(HOUR)
    LAST_LOOKS[what][0](slow, case)
    slow.turn()
    slow.clock.advance(HOUR)
    slow.turn()
    assert slow.channel.messages == []
    told = slow.why(case)
    assert (told["decision"]["verdict"], told["decision"]["reason"]) == ("never", LAST_LOOKS[what][1])
    assert (told["invitation"]["state"], told["person"]["asked_at"]) == ("cancelled", None)


def test_one_look_serves_a_whole_batch(slow: conftest.World) -> None:
    for _ in range(20):
        slow.close_case()
    slow.turn()
    slow.clock.advance(2 * HOUR)
    before = slow.crm.calls
    deliver.deliver(slow.belt, "crm")
    assert (len(slow.channel.messages), slow.crm.calls - before) == (20, 1)


def test_whoever_said_no_on_the_page_of_another_survey_is_not_asked(slow: conftest.World) -> None:
    slow.close_case(email="aino@posti.example")
    slow.turn()
    slow.clock.advance(2 * HOUR)
    slow.turn()
    slow.clock.advance(timedelta(days=40))
    case = slow.close_case(email="aino@posti.example")
    slow.turn()
    assert collect.unsubscribe(slow.belt, slow.token())
    slow.clock.advance(2 * HOUR)
    slow.turn()
    assert len(slow.channel.messages) == 1
    assert slow.why(case)["decision"]["reason"] == "opted_out"


def test_whoever_says_no_between_the_last_look_and_the_send_is_not_asked(slow: conftest.World) -> None:
    slow.close_case()
    slow.turn()
    slow.clock.advance(2 * HOUR)
    with slow.belt.store.write() as tx:
        waiting = outbox.load(tx, outbox.due(tx, "crm", slow.clock(), 1))[0]
        tx.exec_driver_sql("UPDATE person SET opted_out_at = '2026-03-02 10:59:00'")
        assert not messages.claim(tx, waiting.id, slow.clock())


class _Slow(memory_channel.MemoryChannel):
    """Takes its time, in which the world goes on."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__("memory")
        self._meanwhile = meanwhile

    def send(self, message: Any) -> Any:
        self._meanwhile()
        return super().send(message)


def test_where_sending_is_slow_the_rest_is_looked_at_again(make_world: Make) -> None:
    def meanwhile() -> None:
        world.clock.advance(timedelta(seconds=45))
        world.reopen(last)

    world: conftest.World = make_world(channels={"memory": _Slow(meanwhile)})
    world.turn()
    for _ in range(4):
        last = world.close_case()
        world.clock.advance(timedelta(seconds=1))
    world.turn()
    assert world.counts("messages") == {"sent": 3, "cancelled": 1}


def test_nobody_is_asked_while_the_crm_cannot_be_looked_at(slow: conftest.World) -> None:
    slow.close_case()
    slow.turn()
    slow.clock.advance(2 * HOUR)
    slow.crm.failures.append(errors.Later("down"))
    assert deliver.deliver(slow.belt, "crm") == 0
    assert slow.channel.messages == []
    slow.clock.advance(timedelta(minutes=2))
    slow.turn()
    assert len(slow.channel.messages) == 1


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        ({"surveys": {"other": survey.Survey(key="other", metric="csat")}}, "unusable"),
        ({"channels": {"other": memory_channel.MemoryChannel("other")}}, "no_address"),
    ],
)
def test_what_settings_no_longer_have_is_a_named_reason(slow: conftest.World, gone: dict[str, Any], reason: str) -> None:
    case = slow.close_case()
    slow.turn()
    slow.changes |= gone
    slow.restart()
    slow.clock.advance(2 * HOUR)
    slow.turn()
    assert slow.why(case)["decision"]["reason"] == reason


def test_a_message_that_cannot_be_read_waits_and_the_others_go(slow: conftest.World) -> None:
    cases = [slow.close_case() for _ in range(5)]
    slow.turn()
    with slow.belt.store.write() as tx:
        table = touchpoints.TOUCHPOINT
        tx.execute(sa.update(table).where(table.c.record == cases[2]).values(recipient={"nonsense": 1}))
    slow.clock.advance(2 * HOUR)
    slow.turn()
    assert len(slow.channel.messages) == 4


def test_a_survey_whose_time_is_over_is_not_sent_and_the_person_is_free(make_world: Make) -> None:
    world: conftest.World = make_world(rules=delayed(2, expires="1d"))
    world.turn()
    case = world.close_case()
    world.turn()
    world.clock.advance(timedelta(days=3))
    world.turn()
    assert world.channel.messages == []
    told = world.why(case)
    assert (told["decision"]["reason"], told["invitation"]["state"], told["person"]["asked_at"]) == ("too_old", "expired", None)


def test_an_expired_survey_that_was_sent_still_counts_as_asked(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    world.clock.advance(timedelta(days=15))
    world.turn()
    told = world.why(case)
    assert (told["decision"]["reason"], told["invitation"]["state"]) == ("asked", "expired")
    with world.belt.store.write() as tx:
        assert invitations.expire(tx, world.clock()) == 0


@pytest.fixture
def patient(make_world: Make) -> conftest.World:
    """A world in which batches are gathered: until three quiet seconds, at most thirty."""
    world: conftest.World = make_world(patient=True)
    world.turn()
    return world


def test_nothing_goes_before_it_was_quiet_for_a_while(patient: conftest.World) -> None:
    patient.close_case()
    patient.turn()
    patient.clock.advance(timedelta(seconds=2))
    patient.turn()
    assert patient.channel.messages == []
    patient.clock.advance(timedelta(seconds=1))
    patient.turn()
    assert len(patient.channel.messages) == 1


def test_a_batch_does_not_grow_for_ever(patient: conftest.World) -> None:
    for _ in range(15):
        patient.close_case()
        patient.turn()
        assert patient.channel.messages == []
        patient.clock.advance(timedelta(seconds=2))
    patient.turn()
    assert len(patient.channel.messages) == 15


def test_a_full_batch_goes_at_once(make_world: Make) -> None:
    world: conftest.World = make_world(patient=True, settings=settings.JourneySettings(batch=4))
    world.turn()
    for _ in range(4):
        world.close_case()
    world.turn()
    assert len(world.channel.messages) == 4
