"""Rules that compare what a field changed from and to: asked of the CRM once per touchpoint, kept with it."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import field_history, memory
from connectors import settings as connector_settings
from journey import notice
from journey.deciding import judging
from journey.preview import course, reading
from store import database
from tests.journey import conftest
from triggers import rule
from wire import errors

RAISED = {"field": "priority", "changed_from": "Low", "changed_to": "High"}
RULES = rule.Rules.model_validate(
    {
        "rules": [
            {"name": "Raised", "on": "case_closed", "survey": "csat", "channel": "memory", "when": [RAISED]},
        ]
    }
)
MINUTE = timedelta(minutes=1)
pytestmark = conftest.sqlite_only


@pytest.fixture
def world(make_world: Callable[..., conftest.World]) -> conftest.World:
    return make_world(rules=RULES)


def worked(world: conftest.World, *priorities: str) -> str:
    """A case that had these priorities one after the other and was then closed."""
    case = world.close_case(priority=priorities[0], closed=False)
    for priority in priorities[1:]:
        world.clock.advance(MINUTE)
        world.crm.put("case", case, {"priority": priority})
    world.clock.advance(MINUTE)
    world.close_again(case)
    return case


def test_only_what_changed_as_the_rule_says_is_asked_about(world: conftest.World) -> None:
    world.turn()
    cases = {way: worked(world, *way) for way in (("Low", "High"), ("High", "Low"), ("High",), ("Low", "High", "Normal"))}
    world.turn()
    reasons = {way: world.why(case)["decision"]["reason"] for way, case in cases.items()}
    assert reasons == {
        ("Low", "High"): "asked",
        ("High", "Low"): "no_rule_matched",
        ("High",): "no_rule_matched",
        ("Low", "High", "Normal"): "no_rule_matched",
    }


def test_the_story_has_the_change(world: conftest.World) -> None:
    world.turn()
    case = worked(world, "Low", "Normal", "High")
    told = world.why(case) if world.turn() else {}
    assert told["context"]["priority.changed_from"] == "Normal"
    assert told["context"]["priority.changed_to"] == "High"
    assert told["context"]["priority.changed_at"] == (world.clock() - MINUTE).isoformat()
    assert "“from Normal to High on 2026-03-02 09:02 UTC”" in told["decision"]["explanation"]


def test_a_change_after_the_closing_does_not_count(world: conftest.World) -> None:
    world.turn()
    case = worked(world, "Low", "High")
    world.clock.advance(MINUTE)
    world.crm.put("case", case, {"priority": "Low"})
    world.turn()
    assert world.why(case)["decision"]["reason"] == "asked"


def warnings(logs: list[dict[str, Any]]) -> list[str]:
    """What was logged about rules."""
    return [line["problem"] for line in logs if line["event"] == "rule" and line["remedy"]]


def test_the_service_says_at_start_what_the_crm_does_not_tell(world: conftest.World, logs: list[dict[str, Any]]) -> None:
    world.crm.forgotten.add(("case", "priority"))
    world.belt = dataclasses.replace(world.belt, patient=True)
    for _ in range(2):
        notice.notice(world.belt, "crm")
    [problem] = warnings(logs)
    assert "never matches, because case does not tell how priority" in problem


def test_what_the_crm_does_not_tell_fails_and_says_so(world: conftest.World, logs: list[dict[str, Any]]) -> None:
    world.crm.forgotten.add(("case", "priority"))
    world.turn()
    assert warnings(logs) == []
    for _ in range(2):
        case = worked(world, "Low", "High")
        world.turn()
    assert len(warnings(logs)) == 1
    told = world.why(case)
    assert told["decision"]["reason"] == "no_rule_matched"
    assert "saw “not told by the CRM”" in told["decision"]["explanation"]
    assert "priority.changed_at" not in told["context"]


def calls(world: conftest.World, count: int = 5) -> int:
    """Calls of the round that notices so many closings."""
    for _ in range(count):
        worked(world, "Low", "High")
    before = world.crm.calls
    notice.notice(world.belt, "crm")
    return world.crm.calls - before


def test_changes_cost_one_call_a_batch(world: conftest.World) -> None:
    world.turn()
    assert calls(world) == 2


def test_no_rule_that_compares_changes_costs_no_call(world: conftest.World) -> None:
    world.belt = dataclasses.replace(world.belt, rules=conftest.rules())
    world.turn()
    assert calls(world) == 1


def test_an_idle_round_asks_for_no_changes(world: conftest.World) -> None:
    world.turn()
    assert calls(world, 0) == 1


def test_a_touchpoint_that_is_read_again_is_not_asked_about_again(world: conftest.World) -> None:
    world.turn()
    case = worked(world, "Low", "High")
    world.turn()
    before = world.why(case)["context"]
    world.restart()
    world.crm.forgotten.add(("case", "priority"))
    world.turn()
    assert world.why(case)["context"] == before


def test_a_crm_that_cannot_be_had_for_changes_loses_no_touchpoint(world: conftest.World) -> None:
    world.turn()
    case = worked(world, "Low", "High")
    world.crm.failures = [None, errors.Later("closed for the night")]
    world.turn()
    assert world.counts("touchpoints") == {}
    world.clock.advance(timedelta(minutes=10))
    world.turn()
    assert world.why(case)["decision"]["reason"] == "asked"


def test_dates_at_the_ends_of_the_calendar_spoil_nothing_for_the_others(world: conftest.World) -> None:
    world.turn()
    case = worked(world, "Low", "High")
    for year in (1, 9999):
        world.close_case(priority="High", closed_at=datetime(year, 1, 1, tzinfo=UTC))
    world.turn()
    assert world.why(case)["decision"]["reason"] == "asked"


def test_preview_compares_the_changes_of_the_past(world: conftest.World) -> None:
    raised, lowered = worked(world, "Low", "High"), worked(world, "High", "Low")
    world.clock.advance(MINUTE)
    tried = course.Course(
        origins=[
            reading.Origin(connector=world.belt.connectors["crm"], sources=world.belt.sources["crm"], poll=timedelta(seconds=60))
        ],
        judges=[judging.Judge(rules=world.belt.rules, channels=world.belt.channels)],
        store=database.Store(world.url),
        secret=world.belt.secret,
        days=1,
        batch=100,
    )
    made = {case.touch.record: str(case.decided.reason) for case in tried.read().cases()}
    assert made == {raised: "asked", lowered: "no_rule_matched"}


class Slow(memory.MemoryConnector):
    """A CRM that writes down half a minute late how fields changed."""

    history_lag = MINUTE

    def field_changes(self, asked: Sequence[field_history.Asked]) -> Sequence[field_history.Told]:
        known = self.crm.now() - timedelta(seconds=30)
        told = super().field_changes(asked)
        return [dataclasses.replace(one, changes=[change for change in one.changes if change.at <= known]) for one in told]


def slow(make_world: Callable[..., conftest.World], **changes: Any) -> conftest.World:
    clock = conftest.Clock()
    chosen = connector_settings.MemorySettings(type="memory", lag=timedelta(0), look_back=10 * MINUTE)
    crm = memory.Crm(now=clock)
    world = make_world(rules=RULES, now=clock, connectors={"crm": Slow("crm", chosen, crm)}, **changes)
    world.clock, world.crm = clock, crm
    return world


def hurried(world: conftest.World) -> str:
    """A case that is raised and closed at the same moment, and noticed at once."""
    case = world.close_case(priority="Low", closed=False)
    world.turn()
    world.clock.advance(MINUTE)
    world.crm.put("case", case, {"priority": "High"})
    world.close_again(case)
    world.turn()
    return case


def test_a_change_that_is_written_down_after_the_closing_was_noticed_counts(make_world: Callable[..., conftest.World]) -> None:
    world = slow(make_world, patient=True)
    case = hurried(world)
    assert world.why(case)["decision"] is None
    world.clock.advance(MINUTE)
    world.turn()
    told = world.why(case)
    assert told["decision"]["reason"] == "asked"
    assert (told["context"]["priority.changed_from"], told["context"]["priority.changed_to"]) == ("Low", "High")


def test_a_single_round_does_not_wait_for_late_changes(make_world: Callable[..., conftest.World]) -> None:
    world = slow(make_world)
    assert world.why(hurried(world))["decision"]["reason"] == "no_rule_matched"
