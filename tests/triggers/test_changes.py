"""What a field changed from and to, tested as rules do."""

from datetime import UTC, datetime
from typing import Any

import pydantic
import pytest

from tests.triggers import samples
from triggers import changes, compiling, condition, decide, decision, facts, touchpoint

RAISED_AT = datetime(2026, 5, 4, 10, 58, tzinfo=UTC)
RAISED = changes.happened("priority", RAISED_AT, "Low", "High")
UNCHANGED = changes.never("priority")
UNTOLD: dict[str, touchpoint.Plain] = {}


def holds(table: dict[str, Any], context: dict[str, Any]) -> bool:
    """Whether the condition holds on a closed case with this context."""
    compiled = compiling.compile_one(condition.Condition.model_validate(table))
    return compiled.holds(facts.Facts(samples.facts_of(priority="High", **context), samples.NOON))


@pytest.mark.parametrize(
    ("table", "context", "expected"),
    [
        ({"changed_from": "Low"}, RAISED, True),
        ({"changed_from": "low"}, RAISED, True),
        ({"changed_from": "Normal"}, RAISED, False),
        ({"changed_from": ["Normal", "Low"]}, RAISED, True),
        ({"changed_to": "High"}, RAISED, True),
        ({"changed_to": "Low"}, RAISED, False),
        ({"changed_from": "Low", "changed_to": "High"}, RAISED, True),
        ({"changed_from": "High", "changed_to": "Low"}, RAISED, False),
        ({"changed_from": "Low", "is": "High"}, RAISED, True),
        ({"changed_from": "Low", "is": "Low"}, RAISED, False),
        ({"changed_from": "Low"}, UNCHANGED, False),
        ({"changed_from": ""}, UNCHANGED, False),
        ({"changed_from": "Low"}, UNTOLD, False),
        ({"changed_from": ""}, changes.happened("priority", RAISED_AT, None, "High"), True),
        ({"changed_to": ""}, changes.happened("priority", RAISED_AT, "Low", None), True),
        ({"changed_from": 2}, changes.happened("priority", RAISED_AT, "2", "1"), True),
        ({"changed_from": 2}, changes.happened("priority", RAISED_AT, 2.0, 1.0), True),
        ({"changed_to": True}, changes.happened("priority", RAISED_AT, False, True), True),
    ],
)
def test_a_change_is_compared_as_its_words_say(table: dict[str, Any], context: dict[str, Any], expected: bool) -> None:
    assert holds({"field": "priority", **table}, context) is expected


def test_both_ends_are_those_of_the_same_change() -> None:
    either = {"any": [{"field": "priority", "changed_from": "Low", "changed_to": "Normal"}, {"field": "x", "is": "y"}]}
    assert not holds(either, {**RAISED, "x": "z"})


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"changed_from": "Low", "changed_to": "LOW"}, "can never hold"),
        ({"changed_from": []}, "at least 1"),
        ({"changed_from": {"is": "Low"}}, "should be a text"),
        ({"changed_to": [["Low"]]}, "should be a text"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=complaint):
        condition.Condition.model_validate({"field": "priority", **table})


def test_one_value_and_a_list_of_it_are_the_same_rule() -> None:
    one, listed = (samples.rules(samples.when({"field": "priority", "changed_to": wanted})) for wanted in ("High", ["High"]))
    assert one.rules[0].version == listed.rules[0].version


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"changed_from": "Low"}, "priority changed from Low"),
        ({"changed_to": ["High", "Normal"]}, "priority changed to High, Normal"),
        ({"changed_from": ""}, "priority changed from nothing"),
    ],
)
def test_a_change_reads_as_an_admin_would_say_it(table: dict[str, Any], text: str) -> None:
    assert compiling.compile_one(condition.Condition.model_validate({"field": "priority", **table})).text == text


def decided(context: dict[str, Any], *conditions: dict[str, Any]) -> decision.Decision:
    """What becomes of a closed case with this context under one rule."""
    touch = samples.facts_of(priority="High", **context)
    return decide.decide(touch, samples.rules(samples.when(*conditions)), samples.REACHABLE, samples.NOON)


LOWERED: dict[str, Any] = {"field": "priority", "changed_from": "High", "changed_to": "Low"}


@pytest.mark.parametrize(
    ("context", "saw"),
    [
        (RAISED, "from Low to High on 2026-05-04 10:58 UTC"),
        (UNCHANGED, "no change"),
        (UNTOLD, "not told by the CRM"),
    ],
)
def test_the_explanation_tells_the_change_that_was_seen(context: dict[str, Any], saw: str) -> None:
    made = decided(context, LOWERED)
    assert made.reason is decision.Reason.NO_RULE_MATCHED
    assert f"asks for “priority changed from High” and saw “{saw}”" in made.explanation
    assert made.checked[0].saw == saw


def test_a_rule_whose_changes_were_told_matches() -> None:
    assert decided(RAISED, {"field": "priority", "changed_to": "High"}).verdict is decision.Verdict.ASK


def test_what_the_crm_did_not_tell_is_no_ground_to_ask_however_the_condition_reads() -> None:
    assert decided(UNCHANGED, {"not": LOWERED}).verdict is decision.Verdict.ASK
    made = decided(UNTOLD, {"not": LOWERED})
    assert made.reason is decision.Reason.NO_RULE_MATCHED
    assert (made.checked[0].condition, made.checked[0].saw) == ("the CRM tells how priority changed", "not told by the CRM")


def test_rules_say_whose_changes_they_compare() -> None:
    nested = {"any": [{"not": {"field": "owner_id", "changed_to": "005A"}}, {"field": "origin", "is": "Web"}]}
    made = samples.rules(samples.when(LOWERED), {**samples.when(nested), "connectors": ["acme"]}, {"on": "purchase"})
    assert made.changes("case_closed", "acme") == {"priority", "owner_id"}
    assert made.changes("case_closed", "other") == {"priority"}
    assert made.changes("purchase", "acme") == frozenset()
