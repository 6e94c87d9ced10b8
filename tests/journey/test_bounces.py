"""bounces: what comes back is settled once, and has the consequences that it should."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from channels import report
from journey import pulse, settings
from journey.reaching import bounces, given_up
from mapping import kind, outward
from store import bad_addresses, messages, returned
from tests.journey import conftest
from triggers import rule
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
Fate = report.Fate
EMAIL = "aino@posti.example"
HOUR = timedelta(hours=1)


def say(world: conftest.World, fate: Fate, *, which: int = -1, code: str = "5.1.1", words: str = "user unknown") -> None:
    """The far end reports about a message, and the belt hears of it."""
    reference = world.channel.messages[which].key
    world.channel.reports.append(report.Report(reference=reference, fate=fate, code=code, words=words))
    world.turn()


def marks(world: conftest.World) -> list[tuple[str, str, int]]:
    with world.belt.store.read() as tx:
        return [(row["kind"], row["code"], row["count"]) for row in bad_addresses.listed(tx)]


def test_a_message_that_came_back_gives_the_address_up_and_the_decision_says_so(world: conftest.World) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    world.clock.advance(HOUR)
    say(world, Fate.REFUSED)
    told = world.why(case)
    assert told["invitation"]["messages"][0]["state"] == "bounced"
    assert told["invitation"]["state"] == "cancelled"
    assert told["decision"]["reason"] == "undeliverable"
    assert told["decision"]["explanation"] == "The message came back on 2026-03-02: 5.1.1 user unknown"
    assert (marks(world), told["person"]["asked_at"]) == ([("bounced", "5.1.1", 1)], None)
    assert [event["what"] for event in told["events"]][-2:] == ["bounced", "address_marked"]


def test_nobody_is_asked_at_an_address_that_is_given_up(world: conftest.World) -> None:
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED)
    world.clock.advance(timedelta(days=40))
    case = world.close_case(email="Aino@Posti.example")
    world.turn()
    assert len(world.channel.messages) == 1
    explanation = world.why(case)["decision"]["explanation"]
    assert explanation == "Nobody was asked: the address for memory does not work since 2026-03-02 (bounced, 5.1.1)."


def test_a_corrected_address_is_asked_again(world: conftest.World) -> None:
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED)
    world.close_case(email="aino.virtanen@posti.example")
    world.turn()
    assert [message.address for message in world.channel.messages] == [EMAIL, "aino.virtanen@posti.example"]


def test_a_message_that_waits_does_not_go_to_an_address_that_was_given_up_meanwhile(make_world: Make) -> None:
    listed = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", "delay": "2h"}
    world: conftest.World = make_world(rules=rule.Rules.model_validate({"rules": [listed], "quiet": {"per_person": "0s"}}))
    world.turn()
    world.close_case(email=EMAIL)
    world.clock.advance(2 * HOUR)
    world.turn()
    case = world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED)
    world.clock.advance(2 * HOUR)
    world.turn()
    assert len(world.channel.messages) == 1
    told = world.why(case)
    assert (told["decision"]["reason"], told["invitation"]["state"]) == ("undeliverable", "cancelled")
    assert "does not work since" in told["decision"]["explanation"]


def test_a_report_is_settled_once_however_often_it_comes(world: conftest.World) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    for _ in range(3):
        say(world, Fate.REFUSED)
    events = [event["what"] for event in world.why(case)["events"]]
    assert (events.count("bounced"), events.count("address_marked")) == (1, 1)


def test_a_report_about_a_message_that_we_never_sent_is_counted_and_does_nothing(world: conftest.World) -> None:
    world.close_case(email=EMAIL)
    world.turn()
    world.channel.reports.append(report.Report(reference="<forged@havu.example>", fate=Fate.REFUSED, code="5.1.1"))
    world.turn()
    assert (world.counts("messages"), marks(world)) == ({"sent": 1}, [])
    with world.belt.store.read() as tx:
        assert returned.counted(tx) == {bounces.UNKNOWN: 1}


def test_an_address_is_given_up_after_several_messages_came_back_for_a_while(world: conftest.World) -> None:
    for number in range(3):
        world.close_case(email=EMAIL)
        world.turn()
        say(world, Fate.PASSING, code="5.2.2", words="mailbox full")
        assert marks(world) == [("bounced" if number == 2 else "soft", "5.2.2", number + 1)]
        world.clock.advance(timedelta(days=40))
    world.close_case(email=EMAIL)
    world.turn()
    assert len(world.channel.messages) == 3


def test_a_message_that_arrives_begins_the_count_anew(world: conftest.World) -> None:
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.PASSING, code="5.2.2")
    world.clock.advance(timedelta(days=40))
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.DELIVERED)
    assert marks(world) == []


def test_a_refusal_that_is_our_fault_blames_no_address_and_is_told(world: conftest.World) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.OURS, code="5.7.26", words="unauthenticated")
    assert (marks(world), world.counts("messages")) == ([], {"bounced": 1})
    assert world.why(case)["decision"]["reason"] == "undeliverable"
    standing = pulse.counts(world.belt)["channels"]["memory.sender"]
    assert standing["state"] == "failing"
    assert "DMARC" in standing["remedy"]


def test_our_fault_is_forgotten_after_a_calm_day(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    say(world, Fate.OURS, code="5.7.26")
    world.clock.advance(timedelta(days=2))
    world.close_case()
    world.turn()
    say(world, Fate.DELIVERED)
    assert pulse.counts(world.belt)["channels"]["memory.sender"]["state"] == "ok"


def test_a_complaint_is_a_no(world: conftest.World) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.COMPLAINT, code="abuse", words="")
    told = world.why(case)
    assert told["person"]["opted_out_at"] is not None
    assert "complained" in [event["what"] for event in told["events"]]
    assert marks(world) == [("complaint", "abuse", 1)]
    world.clock.advance(timedelta(days=40))
    later = world.close_case(email=EMAIL)
    world.turn()
    assert world.why(later)["decision"]["reason"] == "opted_out"


def test_whoever_answered_keeps_the_address_whatever_comes_back(world: conftest.World) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    world.answer("5")
    say(world, Fate.REFUSED)
    told = world.why(case)
    assert (marks(world), told["decision"]["reason"], told["answer"]["value"]) == ([], "asked", 5)


def test_an_unsure_message_that_came_back_did_go(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED)
    assert (world.counts("messages"), marks(world)) == ({"bounced": 1}, [("bounced", "5.1.1", 1)])


def test_an_unsure_message_that_arrived_is_sent(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    say(world, Fate.DELIVERED)
    assert world.counts("messages") == {"sent": 1}


def test_a_report_about_a_message_that_is_being_sent_right_now_waits(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    with world.belt.store.write() as tx:
        tx.execute(sa.update(messages.MESSAGE).values(state="sending"))
    say(world, Fate.REFUSED)
    assert (len(world.channel.reports), marks(world)) == (1, [])
    with world.belt.store.write() as tx:
        tx.execute(sa.update(messages.MESSAGE).values(state="sent"))
    world.turn()
    assert (world.channel.reports, world.counts("messages")) == ([], {"bounced": 1})


def test_a_reminder_does_not_follow_a_message_that_came_back(make_world: Make) -> None:
    listed = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", "remind": ["2d"]}
    world: conftest.World = make_world(rules=rule.Rules.model_validate({"rules": [listed]}))
    world.turn()
    world.close_case()
    world.turn()
    say(world, Fate.PASSING, code="5.2.2")
    world.clock.advance(timedelta(days=3))
    world.turn()
    assert len(world.channel.messages) == 1


def test_a_deferred_message_is_undeliverable_in_the_end_and_pauses_grow(make_world: Make) -> None:
    chosen = settings.JourneySettings(undelivered=settings.Undelivered(give_up=timedelta(days=2)))
    world: conftest.World = make_world(settings=chosen)
    world.turn()
    case = world.close_case(email=EMAIL)
    world.channel.trouble(errors.Later("greylisted", code="451 4.7.1"), times=1000)
    for _ in range(60):
        world.turn()
        world.clock.advance(HOUR)
    told = world.why(case)
    [message] = told["invitation"]["messages"]
    assert (message["state"], told["decision"]["reason"]) == ("refused", "undeliverable")
    assert 10 <= message["attempts"] <= 25
    assert "deferred for too long: greylisted" in message["problem"]
    assert marks(world) == [("soft", "451 4.7.1", 1)]


def test_the_persons_record_is_told_and_so_is_the_end_of_it(make_world: Make) -> None:
    own = {"object": "contact", "record": ["contact.id"], "email": ["contact.email"], "opt_out": ["contact.opted_out"]}
    world: conftest.World = make_world(
        targets={"crm": {"contact": {"mail_problem": outward.Part.ADDRESS_PROBLEM}}},
        sources={"crm": kind.sources("memory", {"case_closed": {"person": [own]}})},
    )
    world.crm.put("contact", "contact-1", {"mail_problem": None})
    world.turn()
    world.close_case(email=EMAIL, contact__id="contact-1")
    world.turn()
    say(world, Fate.REFUSED)
    assert problem(world) == "memory address does not work since 2026-03-02 (bounced, 5.1.1)"
    assert [one["address"] for one in given_up.listed(world.belt.store)] == ["a…@posti.example"]
    assert given_up.lift(world.belt.store, world.belt.secret, world.belt.targets, [EMAIL], world.clock()) == 1
    world.turn()
    assert (problem(world), given_up.listed(world.belt.store)) == (None, [])


def problem(world: conftest.World) -> Any:
    record = world.crm.get("contact", "contact-1")
    assert record is not None
    return record.values["mail_problem"]


@pytest.mark.parametrize("meant", [EMAIL, " AINO@posti.example ", "00000001", "record"])
def test_a_mark_is_lifted_by_address_number_or_record(world: conftest.World, meant: str) -> None:
    case = world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED)
    text = case if meant == "record" else meant
    assert given_up.lift(world.belt.store, world.belt.secret, world.belt.targets, ["nobody@posti.example"], world.clock()) == 0
    assert given_up.lift(world.belt.store, world.belt.secret, world.belt.targets, [text], world.clock()) == 1
    world.clock.advance(HOUR)
    world.close_case(email=EMAIL)
    world.turn()
    assert len(world.channel.messages) == 2


def test_a_mark_outlives_the_forgetting_of_what_is_personal(world: conftest.World) -> None:
    world.close_case(email=EMAIL)
    world.turn()
    say(world, Fate.REFUSED, words="Aino Virtanen has left us")
    world.clock.advance(timedelta(days=800))
    world.turn()
    [one] = given_up.listed(world.belt.store)
    assert (one["address"], one["problem"], one["code"]) == ("", "", "5.1.1")
    world.close_case(email=EMAIL)
    world.turn()
    assert len(world.channel.messages) == 1
