"""The link of the survey page on the record: there while the question is open, and no longer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels.link import channel as link_channel
from journey import collect, fields
from mapping import outward
from tests.journey.conftest import World, sqlite_only
from triggers import rule

pytestmark = sqlite_only
PART = outward.Part
TARGETS: outward.Targets = {
    "crm": {"case": {"score": PART.SCORE, "comment": PART.COMMENT, "link": PART.LINK, "verdict": PART.VERDICT}}
}


def rules(channel: str | list[str], **more: object) -> rule.Rules:
    one = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": channel, "expires": "7d", **more}
    return rule.Rules.model_validate({"rules": [one]})


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return begun(make_world, rules("memory"))


def begun(make_world: Callable[..., World], chosen: rule.Rules, targets: outward.Targets = TARGETS) -> World:
    made = make_world(targets=targets, rules=chosen)
    channels = {"memory": made.channel, "link": link_channel.LinkChannel()}
    known = fields.Fields(made.belt.connectors, targets)
    made.changes |= {"channels": channels, "fields": known}
    made.restart()
    made.crm.put("case", "", {"closed": False, "score": None, "comment": None, "link": None, "verdict": None})
    made.turn()
    return made


def link(world: World, case: str) -> Any:
    return world.values(case).get("link")


def test_an_invitation_puts_its_link_onto_the_record(world: World) -> None:
    case = world.close_case(link=None, verdict=None)
    world.turn()
    assert link(world, case) == world.channel.messages[0].page_url


def test_an_answer_takes_the_link_away(world: World) -> None:
    case = world.close_case(link=None, verdict=None)
    world.turn()
    world.answer("4", "Good")
    world.turn()
    assert (link(world, case), world.values(case)["score"]) == (None, 4)


def test_the_link_goes_when_the_survey_closes(world: World) -> None:
    case = world.close_case(link=None, verdict=None)
    world.turn()
    world.clock.advance(timedelta(days=8))
    world.turn()
    assert link(world, case) is None
    assert [write["what"] for write in world.why(case)["writes"] if write["state"] == "done"][-1] == "link_over"


def test_the_link_goes_once_and_for_all(world: World) -> None:
    case = world.close_case(link=None, verdict=None)
    world.turn()
    world.clock.advance(timedelta(days=8))
    world.turn()
    writes = len(world.why(case)["writes"])
    for _ in range(3):
        world.clock.advance(timedelta(hours=1))
        world.turn()
    assert len(world.why(case)["writes"]) == writes


def test_a_case_that_is_not_asked_about_gets_no_link(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("memory", when=[{"field": "priority", "is": "High"}]))
    case = world.close_case(link=None, verdict=None)
    world.turn()
    assert link(world, case) is None
    assert "no_rule_matched" in world.values(case)["verdict"]


def test_a_message_that_is_held_back_takes_its_link_along(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("memory", delay="1d"))
    case = world.close_case(link=None, verdict=None)
    world.turn()
    assert link(world, case)
    world.reopen(case)
    world.clock.advance(timedelta(days=1))
    world.turn()
    assert link(world, case) is None
    assert world.channel.messages == []


def test_by_link_nothing_is_sent_and_the_record_counts_as_asked(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("link"))
    case = world.close_case(link=None, verdict=None)
    world.turn()
    told = world.why(case)
    assert world.channel.messages == []
    assert told["decision"]["reason"] == "asked"
    assert [(send["channel"], send["state"]) for send in told["invitation"]["messages"]] == [("link", "sent")]
    assert told["person"]["asked_at"] == world.clock().isoformat(timespec="seconds")


def test_by_link_a_person_without_any_address_can_be_asked(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules(["memory", "link"]))
    case = world.close_case(contact__email="", link=None, verdict=None)
    world.turn()
    assert link(world, case)


def test_the_quarantine_counts_from_the_link(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("link"))
    world.close_case("aino@posti.example", link=None, verdict=None)
    world.turn()
    again = world.close_case("aino@posti.example", link=None, verdict=None)
    world.turn()
    assert world.why(again)["decision"]["reason"] == "quarantined"
    assert link(world, again) is None


def test_an_answer_through_the_link_lands_on_the_record(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("link"))
    case = world.close_case(link=None, verdict=None)
    world.turn()
    token = link(world, case).rsplit("/", 1)[1]
    nonce = collect.nonce(world.belt, token, collect.Purpose.ANSWER)
    collect.submit(world.belt, token, collect.Post(nonce=nonce, value="2"))
    world.turn()
    assert (world.values(case)["score"], link(world, case)) == (2, None)


def test_whoever_opted_out_is_not_asked_by_link_either(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("link"))
    case = world.close_case(contact__opted_out=True, link=None, verdict=None)
    world.turn()
    assert world.why(case)["decision"]["reason"] == "opted_out"
    assert link(world, case) is None


def test_links_are_written_in_one_batch(make_world: Callable[..., World]) -> None:
    world = begun(make_world, rules("link"), {"crm": {"case": {"score": PART.SCORE, "link": PART.LINK}}})
    for _ in range(40):
        world.close_case(link=None)
    before = world.crm.calls
    world.turn()
    assert world.counts("writes") == {"done": 40}
    assert world.crm.calls - before == 3  # a round, a last look, a write
