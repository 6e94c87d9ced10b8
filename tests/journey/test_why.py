"""why: whatever an admin knows of a touchpoint finds its story, and the story says what would have to change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer import testing

import commands
from commands import why
from journey import story
from journey.deciding import remedy
from tests.journey import conftest
from triggers import decision, rule

Make = Callable[..., Any]


def told(world: conftest.World, text: str, rules: rule.Rules | None = None) -> list[dict[str, Any]]:
    """The stories that this text means."""
    found = story.tell(world.belt.store, world.belt.secret, text, timedelta(days=30), rules or world.belt.rules)
    return list(found["touchpoints"])


@pytest.mark.parametrize(
    "text", ["00000001", "#2", "aino@posti.example", " Aino@POSTI.example ", "+358 40 123 4567", "040 1234567"]
)
def test_a_story_is_found_by_whatever_the_admin_knows(world: conftest.World, text: str) -> None:
    case = world.close_case(email="aino@posti.example", contact__phone="+358401234567")
    world.close_case()
    world.turn()
    wanted = told(world, case)[0]
    text = f"#{wanted['id']}" if text.startswith("#") else text
    assert [one["record"] for one in told(world, text)] == [case]


@conftest.sqlite_only
def test_somebody_who_was_asked_needs_no_change(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    assert told(world, case)[0]["would_have_to_change"] == []


@conftest.sqlite_only
def test_the_first_condition_that_failed_is_what_would_have_to_change(make_world: Make) -> None:
    listed = {
        "name": "Webs",
        "on": "case_closed",
        "survey": "csat",
        "channel": "memory",
        "when": [{"field": "subject", "is": "x"}],
    }
    world: conftest.World = make_world(rules=rule.Rules.model_validate({"rules": [listed]}))
    world.turn()
    case = world.close_case()
    world.turn()
    (said,) = told(world, case)[0]["would_have_to_change"]
    assert said == "For rule “Webs” it would have to hold: subject is x; it saw “Router keeps restarting”."


@conftest.sqlite_only
def test_a_kind_without_a_rule_says_that_it_needs_one(world: conftest.World) -> None:
    order = world.order()
    world.turn()
    (said,) = told(world, order)[0]["would_have_to_change"]
    assert said == 'A rule on purchase for this connector is needed: on = "purchase".'


@conftest.sqlite_only
def test_a_rule_that_changed_since_is_named(world: conftest.World) -> None:
    case = world.close_case(contact__opted_out=True)
    world.turn()
    listed = {"name": "Closed cases", "on": "case_closed", "survey": "csat", "channel": "memory", "delay": "1d"}
    changed = rule.Rules.model_validate({"rules": [listed]})
    assert "has changed since" in told(world, case, changed)[0]["would_have_to_change"][-1]
    assert "no longer in the settings" in told(world, case, rule.Rules())[0]["would_have_to_change"][-1]
    assert len(told(world, case)[0]["would_have_to_change"]) == 1


def test_every_reason_not_to_ask_has_a_remedy() -> None:
    own = {decision.Reason.ASKED, decision.Reason.NO_RULE_MATCHED}
    for reason in set(decision.Reason) - own:
        decided: dict[str, Any] = {
            "verdict": "never",
            "reason": str(reason),
            "rule": "",
            "rule_version": "",
            "checked": [],
            "look_again_at": None,
        }
        assert remedy.sentences(decided, "case_closed", None), reason


CAPPED: dict[str, Any] = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory"}


@pytest.mark.parametrize(
    ("on_conflict", "verdict", "end"),
    [
        ("drop", "never", 'higher, or on_conflict be "defer", so that it waits.'),
        ("defer", "never", "higher, or triggers.quiet.too_old longer, so that it can wait."),
        ("defer", "later", "higher."),
    ],
)
def test_what_would_make_room_depends_on_whether_the_rule_waits(on_conflict: str, verdict: str, end: str) -> None:
    rules = rule.Rules.model_validate({"rules": [{**CAPPED, "on_conflict": on_conflict}]})
    decided = {
        "verdict": verdict,
        "reason": "account_cap",
        "rule": "Cases",
        "rule_version": rules.rules[0].version,
        "checked": [],
    }
    said = remedy.sentences({**decided, "look_again_at": "2026-03-05T10:00:00+00:00"}, "case_closed", rules)
    assert said[0] == f"triggers.quiet.per_account would have to be {end}"
    assert said[1:] == (
        ["Otherwise nothing: it is looked at again by itself on 2026-03-05 10:00 UTC."] if verdict == "later" else []
    )


@conftest.sqlite_only
def test_an_asking_that_is_only_planned_is_not_told_as_one_that_was(
    world: conftest.World, capsys: pytest.CaptureFixture[str]
) -> None:
    case = world.close_case(email="aino@posti.example")
    world.turn()
    (one,) = told(world, case)
    why.show([one])
    assert "The person was asked last on 2026-03-02" in capsys.readouterr().out
    at = datetime.now(UTC) + timedelta(days=1)
    person = {**one["person"], "asked_at": at.isoformat(), "free_at": (at + timedelta(days=30)).isoformat()}
    why.show([{**one, "person": person}])
    assert f"The person is to be asked on {at:%Y-%m-%d}" in capsys.readouterr().out


@conftest.sqlite_only
def test_what_a_condition_saw_is_told_in_an_admin_s_words(make_world: Make, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {**CAPPED, "when": [{"field": "subject", "is": "x"}]}
    world: conftest.World = make_world(rules=rule.Rules.model_validate({"rules": [listed]}))
    world.turn()
    case = world.close_case()
    world.turn()
    why.show(told(world, case))
    assert "Rule “Cases” did not match: subject is x; it saw “Router keeps restarting”." in capsys.readouterr().out


def test_nothing_to_look_for_is_wrong_use() -> None:
    shown = testing.CliRunner().invoke(commands.application(("why", "rules")), ["why", " "])
    assert (shown.exit_code, "name a record" in shown.stderr) == (2, True)


def test_the_command_is_listed_with_its_help() -> None:
    shown = testing.CliRunner().invoke(commands.application(("why", "rules")), ["rules", "--help"])
    assert shown.exit_code == 0
    assert "history" in shown.output
