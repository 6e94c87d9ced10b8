"""deliver: the last look, each outcome of a send, and what a crash in the middle leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from channels import memory as memory_channel
from journey import collect, deliver, notice, settings, steps, tidy
from store import bad_addresses, invitations, messages, outbox, touchpoints, unsure
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


def test_an_unsure_message_is_parked(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    for _ in range(5):
        world.turn()
        world.clock.advance(HOUR)
    assert world.counts("messages") == {"unsure": 1}
    assert len(world.channel.messages) == 1


def test_whoever_got_an_unsure_message_can_answer_and_it_counts_as_sent(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    world.answer("5")
    assert world.counts("messages") == {"sent": 1}


def test_an_unsure_message_that_a_person_retries_goes_once_more_under_the_same_key(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    with world.belt.store.write() as tx:
        assert unsure.send_again(tx, world.clock()) == 1
    world.turn()
    assert len({message.key for message in world.channel.messages}) == 1
    assert world.counts("messages") == {"sent": 1}


@pytest.mark.parametrize("ended", ["answered", "expired"])
def test_a_retry_sends_nothing_for_a_survey_that_is_over(world: conftest.World, ended: str) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    if ended == "answered":
        world.answer("5")
    else:
        world.clock.advance(timedelta(days=15))
    with world.belt.store.write() as tx:
        assert unsure.send_again(tx, world.clock()) == 0


def test_with_resend_an_unsure_message_goes_again(make_world: Make) -> None:
    world: conftest.World = make_world(settings=settings.JourneySettings(unsure="resend"))
    world.turn()
    world.channel.trouble(errors.Unsure("the line broke"))
    world.close_case()
    world.turn()
    assert (len(world.channel.messages), world.counts("messages")) == (1, {"sent": 1})


def test_with_resend_nobody_gets_the_same_mail_for_ever(make_world: Make) -> None:
    world: conftest.World = make_world(settings=settings.JourneySettings(unsure="resend"))
    world.turn()
    world.channel.trouble(errors.Unsure("the line broke"), times=1000, taken=True)
    world.close_case()
    for _ in range(10):
        world.turn()
        world.clock.advance(HOUR)
    assert len(world.channel.messages) == 1 + tidy.MOST_RESENDS
    assert world.counts("messages") == {"unsure": 1}


def test_where_the_transport_drops_repeats_an_unsure_message_is_simply_sent_again(make_world: Make) -> None:
    channel = memory_channel.MemoryChannel("memory", repeatable=True)
    world: conftest.World = make_world(channels={"memory": channel})
    world.turn()
    channel.trouble(errors.Unsure("the line broke"), times=4, taken=True)
    world.close_case()
    for _ in range(10):
        world.turn()
        world.clock.advance(HOUR)
    assert (len(channel.messages), world.counts("messages")) == (1, {"sent": 1})


def claimed(world: conftest.World) -> None:
    """A process took a message and died before anything is known about it."""
    world.close_case()
    notice.notice(world.belt, "crm")
    for step in steps.STEPS[1:3]:
        step.run(world.belt, "")
    with world.belt.store.write() as tx:
        message = outbox.due(tx, "crm", world.clock(), 1)[0]
        assert messages.claim(tx, message, world.clock())
    world.restart()


def test_a_send_that_a_crash_cut_off_is_unsure_at_the_next_start_and_not_repeated(world: conftest.World) -> None:
    claimed(world)
    assert tidy.recover(world.belt, tidy.AT_ONCE) == 1
    world.turn()
    assert (world.counts("messages"), world.channel.messages) == ({"unsure": 1}, [])


def test_a_send_that_is_merely_slow_is_not_taken_for_a_crash(world: conftest.World) -> None:
    claimed(world)
    world.clock.advance(tidy.STALLED - timedelta(seconds=1))
    world.turn()
    assert world.counts("messages") == {"sending": 1}
    world.clock.advance(timedelta(seconds=1))
    world.turn()
    assert world.counts("messages") == {"unsure": 1}


def test_an_outcome_that_comes_after_it_was_given_up_still_counts(world: conftest.World) -> None:
    claimed(world)
    with world.belt.store.write() as tx:
        tx.execute(sa.update(MESSAGE).values(state="due"))
        waiting = outbox.load(tx, outbox.due(tx, "crm", world.clock(), 1))[0]
        messages.claim(tx, waiting.id, world.clock())
    tidy.recover(world.belt, tidy.AT_ONCE)
    with world.belt.store.write() as tx:
        messages.sent(tx, waiting, "reference", world.clock())
    assert world.counts("messages") == {"sent": 1}


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
