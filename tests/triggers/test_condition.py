"""Conditions mean what an admin would expect of their words."""

from datetime import date, datetime
from typing import Any

import pydantic
import pytest

from tests.triggers import samples
from triggers import compiling, condition, facts

MISSING = object()


def holds(table: dict[str, Any], seen: Any) -> bool:
    """Whether the condition on ``x`` holds when ``x`` is this."""
    touch = samples.facts_of() if seen is MISSING else samples.facts_of(x=seen)
    return compiling.compile_one(condition.Condition.model_validate({"field": "x", **table})).holds(
        facts.Facts(touch, samples.NOON)
    )


@pytest.mark.parametrize(
    ("table", "seen", "expected"),
    [
        ({"is": "Low"}, "Low", True),
        ({"is": "Low"}, "LOW", True),
        ({"is": "Low"}, "Lower", False),
        ({"is": "Low"}, None, False),
        ({"is": "Low"}, MISSING, False),
        ({"is": "straße"}, "STRASSE", True),
        ({"is": "pa\u0308iva\u0308"}, "PÄIVÄ", True),
        ({"is": 3}, 3, True),
        ({"is": 3}, 3.0, True),
        ({"is": 3}, "3", True),
        ({"is": "3"}, 3, True),
        ({"is": 1}, True, False),
        ({"is": True}, 1, False),
        ({"is": True}, True, True),
        ({"is": True}, "true", True),
        ({"is": False}, None, False),
        ({"is_not": "Low"}, "High", True),
        ({"is_not": "Low"}, "low", False),
        ({"is_not": "Low"}, None, True),
        ({"in": ["Web", "Email"]}, "email", True),
        ({"in": ["Web", "Email"]}, "Phone", False),
        ({"in": [1, 2]}, "2", True),
        ({"not_in": ["Web", "Email"]}, "Phone", True),
        ({"not_in": ["Web", "Email"]}, None, True),
        ({"above": 10}, 10, False),
        ({"above": 10}, 10.01, True),
        ({"at_least": 10}, 10, True),
        ({"below": 10}, "9.5", True),
        ({"below": 10}, "nine", False),
        ({"below": 10}, None, False),
        ({"below": 10}, True, False),
        ({"below": 10}, float("nan"), False),
        ({"at_most": 10}, 10, True),
        ({"at_least": 5, "below": 10}, 7, True),
        ({"at_least": 5, "below": 10}, 10, False),
        ({"above": date(2026, 1, 1)}, "2026-01-02T00:00:00+00:00", True),
        ({"above": date(2026, 1, 1)}, "2025-12-31", False),
        ({"above": date(2026, 1, 1)}, 20270101, False),
        ({"below": datetime(2026, 1, 1, 12)}, "2026-01-01T13:59:59+02:00", True),  # noqa: DTZ001  # as TOML has it
        ({"contains": "[SPAM]"}, "re: [spam] hello", True),
        ({"contains": "[spam]"}, None, False),
        ({"contains": "7"}, 1790, True),
        ({"starts": "re:"}, "RE: hello", True),
        ({"ends": "@firma.example"}, "anna@FIRMA.example", True),
        ({"matches": r"\bVIP\b"}, "a vip customer", True),
        ({"matches": r"^\d{4}$"}, "12345", False),
        ({"matches": "(a+)+$"}, "a" * 32_000 + "b", False),
        ({"matches": "."}, "\ud800", True),
        ({"empty": True}, None, True),
        ({"empty": True}, "  ", True),
        ({"empty": True}, MISSING, True),
        ({"empty": True}, 0, False),
        ({"empty": False}, "x", True),
        ({"empty": False}, "", False),
    ],
)
def test_a_comparison_holds_as_its_words_say(table: dict[str, Any], seen: Any, expected: bool) -> None:
    assert holds(table, seen) is expected


LOW = {"field": "x", "is": "Low"}
ODD = {"field": "x", "starts": "L"}


@pytest.mark.parametrize(
    ("table", "seen", "expected"),
    [
        ({"any": [LOW, ODD]}, "Last", True),
        ({"any": [LOW, ODD]}, "High", False),
        ({"all": [LOW, ODD]}, "Low", True),
        ({"all": [LOW, ODD]}, "Last", False),
        ({"not": LOW}, "High", True),
        ({"not": {"any": [LOW, ODD]}}, "Last", False),
        ({"not": {"not": LOW}}, "low", True),
    ],
)
def test_nesting_combines(table: dict[str, Any], seen: str, expected: bool) -> None:
    test = compiling.compile_one(condition.Condition.model_validate(table))
    assert test.holds(facts.Facts(samples.facts_of(x=seen), samples.NOON)) is expected


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"field": "priority", "is_not": "Low"}, "priority is not Low"),
        ({"field": "origin", "in": ["Web", "Email"]}, "origin in Web, Email"),
        ({"field": "amount", "at_least": 5, "below": 10}, "amount at least 5 and amount below 10"),
        ({"field": "owner", "empty": False}, "owner is not empty"),
        ({"not": {"field": "subject", "contains": "[spam]"}}, "not (subject contains [spam])"),
        ({"any": [LOW, {"field": "y", "is": True}]}, "(x is Low or y is true)"),
    ],
)
def test_a_condition_reads_as_an_admin_would_say_it(table: dict[str, Any], text: str) -> None:
    assert compiling.compile_one(condition.Condition.model_validate(table)).text == text


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "should name a field"),
        ({"field": "x"}, "should compare the field with one of is, is_not"),
        ({"is": 3}, "should name a field"),
        ({"field": "x", "is": []}, "should be a text, a number"),
        ({"field": "x", "above": "ten"}, "should be a number or a date"),
        ({"field": "x", "above": True}, "should be a number or a date"),
        ({"field": "x", "above": float("nan")}, "should be a finite number"),
        ({"field": "x", "is": date(2026, 1, 1)}, "dates are compared by above"),
        ({"field": "x", "contains": ""}, "should be a text that is not empty"),
        ({"field": "x", "in": []}, "at least 1"),
        ({"field": "x", "in": "Web"}, "valid tuple"),
        ({"field": "x", "matches": "(a"}, "RE2's syntax"),
        ({"field": "x", "matches": r"(?=a)b"}, "RE2's syntax"),
        ({"field": "x", "matches": r"(a)\1"}, "RE2's syntax"),
        ({"field": "x", "matches": "a" * 1_001}, "at most 1000 characters"),
        ({"field": "x", "empty": "yes"}, "valid boolean"),
        ({"field": "x", "is": 3, "any": [LOW]}, "either a field with comparisons or one of any, all, not"),
        ({"any": [LOW], "not": LOW}, "either a field with comparisons or one of any, all, not"),
        ({"any": []}, "at least 1"),
        ({"field": "x", "above": 5, "below": 3}, "nothing lies between 5 and 3"),
        ({"field": "x", "above": 5, "at_most": 5}, "nothing lies between 5 and 5"),
        ({"field": "x", "above": 5, "below": date(2026, 1, 1)}, "both with numbers and with dates"),
        ({"field": "x", "equals": 3}, "Extra inputs"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=complaint):
        condition.Condition.model_validate(table)


def test_nesting_has_an_end() -> None:
    table: dict[str, Any] = LOW
    for _ in range(condition.DEEPEST):
        table = {"not": table}
    with pytest.raises(pydantic.ValidationError, match="at most 20 levels"):
        condition.Condition.model_validate(table)


def test_an_exact_bound_on_both_sides_is_possible() -> None:
    assert holds({"at_least": 5, "at_most": 5}, 5)
