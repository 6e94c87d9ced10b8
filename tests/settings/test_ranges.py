"""Bounds across conditions: what is said never to hold never holds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from settings import ranges
from tests.triggers import samples
from triggers import compiling, condition, facts

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = [date(2026, 5, day) for day in (1, 2, 3)]
NUMBERS = st.sampled_from([-1, 0, 0.5, 1, 2, 3])
BOUND = st.sampled_from(["above", "at_least", "below", "at_most"])
CONDITIONS = st.one_of(
    st.builds(lambda key, value: {key: value}, BOUND, NUMBERS | st.sampled_from(DAYS)),
    st.builds(lambda key, days: {key: f"{days}d"}, st.sampled_from(["older_than", "newer_than"]), st.integers(1, 4)),
    st.builds(lambda value: {"is": value}, NUMBERS | st.sampled_from(["1", "2026-05-02", "Low"])),
    st.builds(lambda values: {"in": values}, st.lists(NUMBERS | st.sampled_from(["2", "2026-05-03"]), min_size=1, max_size=3)),
)
SIZES: list[Any] = [-2, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, "1", "2", "Low", "", None]
VALUES: list[Any] = [*SIZES, *(day.isoformat() for day in DAYS)]
VALUES += [(NOW - timedelta(days=days)).isoformat() for days in (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5)]


def leaves(given: list[dict[str, Any]]) -> list[ranges.Leaf]:
    return [(("when", number), {"field": "x", **one}) for number, one in enumerate(given)]


def hold(given: list[dict[str, Any]], value: Any) -> bool:
    """Whether all of these conditions hold for the value."""
    tests = compiling.parts([condition.Condition.model_validate({"field": "x", **one}) for one in given])
    seen = facts.Facts(samples.facts_of(x=value), NOW)
    return all(test.holds(seen) for test in tests)


@hypothesis.given(st.lists(CONDITIONS, min_size=2, max_size=4))
def test_what_is_told_never_holds(given: list[dict[str, Any]]) -> None:
    if any(True for _ in ranges.check(leaves(given))):
        assert not any(hold(given, value) for value in VALUES)


@hypothesis.given(st.lists(st.builds(lambda key, value: {key: value}, BOUND, NUMBERS), min_size=2, max_size=4))
def test_bounds_of_numbers_that_nothing_keeps_are_told(given: list[dict[str, Any]]) -> None:
    numbers = [value for value in VALUES if isinstance(value, int | float)] + [100, -100]
    if not any(hold(given, value) for value in numbers):
        assert any(True for _ in ranges.check(leaves(given)))


@pytest.mark.parametrize(
    "given",
    [
        [{"above": 1}, {"at_most": 2}],
        [{"at_least": 2}, {"at_most": 2}],
        [{"is": 5}, {"above": 2}, {"below": 6}],
        [{"in": [1, 5]}, {"above": 2}],
        [{"older_than": "2d"}, {"newer_than": "3d"}],
        [{"above": 5}, {"below": date(2026, 5, 1)}],
        [{"above": "5"}, {"below": 1}],
        [{"above": True}, {"below": float("nan")}],
        [{"older_than": "two days"}, {"newer_than": "1d"}],
        [{"in": []}, {"above": 1}],
    ],
)
def test_nothing_is_told_of_what_can_hold_or_is_told_elsewhere(given: list[dict[str, Any]]) -> None:
    assert list(ranges.check(leaves(given))) == []
