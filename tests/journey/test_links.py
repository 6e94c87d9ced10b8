"""The link of the survey page on the record: there while the question is open, and no longer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels.link import channel as link_channel
from journey import collect, fields
from journey.reaching import on_request
from mapping import outward
from surveys import survey
from tests.journey.conftest import World, sqlite_only
from triggers import restraint, rule

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


def begun(make_world: Callable[..., World], chosen: rule.Rules, targets: outward.Targets = TARGETS, **parts: Any) -> World:
    made = make_world(targets=targets, rules=chosen, **parts)
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


def test_the_link_of_an_anonymous_survey_goes_at_its_end_whether_it_was_answered_or_not(
    make_world: Callable[..., World],
) -> None:
    world = begun(make_world, rules("memory"), surveys={"csat": survey.Survey(key="csat", metric="csat", anonymous=True)})
    cases = [world.close_case(f"{name}@posti.example", link=None, verdict=None) for name in ("aino", "eino")]
    world.turn()
    world.answer("4", "Good")
    world.turn()
    assert all(link(world, case) for case in cases), "nothing on a record tells who answered"
    world.clock.advance(timedelta(days=8))
    world.turn()
    assert [link(world, case) for case in cases] == [None, None]
    writes = [len(world.why(case)["writes"]) for case in cases]
    world.clock.advance(timedelta(hours=1))
    world.turn()
    assert [len(world.why(case)["writes"]) for case in cases] == writes


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


def test_a_later_link_on_the_same_record_outlives_the_earlier_one(make_world: Callable[..., World]) -> None:
    chosen = rules("link", reopened="once-per-closure").model_copy(update={"quiet": restraint.Quiet(per_person=timedelta(0))})
    world = begun(make_world, chosen)
    case = world.close_case(link=None, verdict=None)
    world.turn()
    first = link(world, case)
    world.clock.advance(timedelta(days=5))
    world.reopen(case)
    world.turn()
    world.close_again(case)
    world.turn()
    second = link(world, case)
    assert second not in (None, first)
    world.clock.advance(timedelta(days=3))
    world.turn()
    assert link(world, case) == second
    world.clock.advance(timedelta(days=5))
    world.turn()
    assert link(world, case) is None


class TestOnRequest:
    @pytest.fixture
    def world(self, make_world: Callable[..., World]) -> World:
        return begun(make_world, rules("memory", when=[{"field": "priority", "is": "High"}]))

    def test_a_link_is_made_where_no_rule_matched(self, world: World) -> None:
        case = world.close_case(link=None, verdict=None)
        world.turn()
        made = on_request.link(world.belt, case)
        world.turn()
        assert (made.made, made.record, link(world, case)) == (True, case, made.url)
        told = world.why(case)
        assert (told["decision"]["reason"], told["invitation"]["messages"][0]["channel"]) == ("asked", "link")
        assert told["person"]["asked_at"] == world.clock().isoformat(timespec="seconds")

    def test_the_same_link_is_told_again(self, world: World) -> None:
        case = world.close_case(link=None, verdict=None)
        world.turn()
        first, again = on_request.link(world.belt, case), on_request.link(world.belt, case)
        assert (again.url, again.made) == (first.url, False)

    def test_the_link_of_one_who_was_asked_by_message_is_told(self, world: World) -> None:
        case = world.close_case(priority="High", link=None, verdict=None)
        world.turn()
        assert on_request.link(world.belt, case).url == world.channel.messages[0].page_url

    @pytest.mark.parametrize("said", [True, None])
    def test_never_against_an_opt_out(self, world: World, said: bool | None) -> None:
        case = world.close_case(contact__opted_out=said, link=None, verdict=None)
        world.turn()
        with pytest.raises(on_request.Refused, match="opt"):
            on_request.link(world.belt, case)

    def test_never_against_an_opt_out_that_came_since(self, world: World) -> None:
        case = world.close_case(link=None, verdict=None)
        world.turn()
        world.crm.put("case", case, {"contact.opted_out": True})
        with pytest.raises(on_request.Refused, match="opted out"):
            on_request.link(world.belt, case)
        assert world.why(case)["decision"]["reason"] == "opted_out"

    def test_nobody_is_asked_twice_within_the_quarantine(self, world: World) -> None:
        world.close_case("aino@posti.example", priority="High", link=None, verdict=None)
        other = world.close_case("aino@posti.example", link=None, verdict=None)
        world.turn()
        with pytest.raises(on_request.Refused, match="free again on 2026-04-01"):
            on_request.link(world.belt, other)

    def test_a_case_that_is_open_again_gets_none(self, world: World) -> None:
        case = world.close_case(link=None, verdict=None)
        world.turn()
        world.reopen(case)
        with pytest.raises(on_request.Refused, match="re-opened"):
            on_request.link(world.belt, case)

    def test_an_answered_survey_has_no_link_any_more(self, world: World) -> None:
        case = world.close_case(priority="High", link=None, verdict=None)
        world.turn()
        world.answer()
        with pytest.raises(on_request.Refused, match="answered"):
            on_request.link(world.belt, case)

    def test_a_survey_that_is_closed_has_no_link_any_more(self, world: World) -> None:
        case = world.close_case(priority="High", link=None, verdict=None)
        world.turn()
        world.clock.advance(timedelta(days=8))
        with pytest.raises(on_request.Refused, match="closed"):
            on_request.link(world.belt, case)

    def test_what_was_never_noticed_has_none(self, world: World) -> None:
        with pytest.raises(on_request.Refused, match="Nothing is known"):
            on_request.link(world.belt, "5000000")

    def test_another_survey_can_be_named_if_it_exists(self, world: World) -> None:
        case = world.close_case(link=None, verdict=None)
        world.turn()
        with pytest.raises(on_request.Refused, match="Which survey"):
            on_request.link(world.belt, case, "other")

    def test_whoever_is_excluded_gets_none(self, make_world: Callable[..., World]) -> None:
        lists = {"addresses": ["aino@posti.example"], "domains": ["rival.example"]}
        chosen = rules("memory", when=[{"field": "priority", "is": "High"}]).model_copy(
            update={"exclude": restraint.Exclude.model_validate(lists)}
        )
        world = begun(make_world, chosen)
        cases = [world.close_case(address, link=None, verdict=None) for address in ("aino@posti.example", "x@rival.example")]
        world.turn()
        for case in cases:
            with pytest.raises(on_request.Refused, match="never asked"):
                on_request.link(world.belt, case)
