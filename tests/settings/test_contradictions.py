"""Contradictions within a rule, at whatever depth: what is said never to hold never holds."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from settings import contradictions
from tests.triggers import samples
from triggers import changes, compiling, condition, facts

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = [date(2026, 5, day) for day in (1, 2, 3)]
NUMBERS = st.sampled_from([-1, 0, 0.5, 1, 2, 3])
BOUND = st.sampled_from(["above", "at_least", "below", "at_most"])
SCALARS = NUMBERS | st.sampled_from(
    ["1", "2026-05-02", "2026-05-02T12:00Z", "Low", "low", "", " ", "1.0", True, "true", "infinity"]
)
COMPARED = st.one_of(
    st.builds(lambda key, value: {key: value}, BOUND, NUMBERS | st.sampled_from(DAYS)),
    st.builds(lambda key, days: {key: f"{days}d"}, st.sampled_from(["older_than", "newer_than"]), st.integers(1, 4)),
    st.builds(lambda key, value: {key: value}, st.sampled_from(["is", "is_not"]), SCALARS),
    st.builds(lambda key, some: {key: some}, st.sampled_from(["in", "not_in"]), st.lists(SCALARS, min_size=1, max_size=3)),
    st.builds(lambda empty: {"empty": empty}, st.booleans()),
    st.builds(
        lambda key, part: {key: part},
        st.sampled_from(["contains", "starts", "ends", "matches"]),
        st.sampled_from(["lo", "LOW", "1", "2026", "o", " ", "w", ".0"]),
    ),
    st.builds(
        lambda key, some: {key: some}, st.sampled_from(["changed_from", "changed_to"]), st.lists(SCALARS, min_size=1, max_size=2)
    ),
)
LEAVES = st.builds(lambda field, one: {"field": field, **one}, st.sampled_from(["x", "x", "y"]), COMPARED)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=5,
)
SIZES: list[Any] = [
    -2,
    -1,
    -0.5,
    0,
    0.25,
    0.5,
    0.75,
    1,
    1.0,
    1.5,
    2,
    2.5,
    3,
    4,
    "1",
    "2",
    "1.0",
    "Low",
    "LOW",
    "lower",
    "",
    "  ",
    None,
]
VALUES: list[Any] = [*SIZES, True, False, "inf", "ln\ufb01nity", "in\ufb01nity", "2026-05-02T12:00Z", "\u212aow"]
VALUES += [*(day.isoformat() for day in DAYS), *((NOW - timedelta(days=days / 2)).isoformat() for days in range(11))]
ENDS: list[Any] = [None, "", "Low", 1, "1", True, 2, "2026-05-02"]


def told(given: Sequence[Any]) -> list[str]:
    """What is said of a rule with these conditions: the place within, and the words."""
    found = contradictions.check([{"when": list(given)}])
    return [f"{'.'.join(str(part) for part in one.place[5:])}: {one.expected}" for one in found]


def seen(x: Any, y: Any, ends: tuple[Any, Any] | None) -> facts.Facts:
    """The facts of a touchpoint; ``ends``: from and to what both changed last, if they did."""
    context = {"x": x, "y": y}
    for field in ("x", "y"):
        context |= changes.never(field) if ends is None else changes.happened(field, NOW, *ends)
    return facts.Facts(samples.facts_of(**context), NOW)


SEEN = [seen(value, other, ends) for value in VALUES for other in (None, "Low", 1) for ends in (None, ("Low", 1))]
SEEN += [seen(value, value, None) for value in VALUES]
SEEN += [seen("Low", 1, ends) for ends in itertools.product(ENDS, ENDS)]


def valid(one: Any) -> bool:
    """Whether the condition's own model takes it."""
    try:
        condition.Condition.model_validate(one)
    except ValueError:
        return False
    return True


@hypothesis.given(st.lists(CONDITIONS.filter(valid), min_size=1, max_size=4))
def test_what_is_told_never_holds(given: list[dict[str, Any]]) -> None:
    if told(given):
        tests = compiling.parts([condition.Condition.model_validate(one) for one in given])
        assert not any(all(test.holds(one) for test in tests) for one in SEEN)


@hypothesis.given(st.lists(st.builds(lambda key, value: {"field": "x", key: value}, BOUND, NUMBERS), min_size=2, max_size=4))
def test_bounds_of_numbers_that_nothing_keeps_are_told(given: list[dict[str, Any]]) -> None:
    tests = compiling.parts([condition.Condition.model_validate(one) for one in given])
    numbers = [seen(value, None, None) for value in (*(one for one in SIZES if isinstance(one, int | float)), 100, -100)]
    assert bool(told(given)) is not any(all(test.holds(one) for test in tests) for one in numbers)


def p(**comparison: Any) -> dict[str, Any]:
    return {"field": "priority", **{key.rstrip("_"): value for key, value in comparison.items()}}


HIGH, LOW, WEB = p(is_="High"), p(is_="Low"), {"field": "origin", "is": "Web"}
TOLD: list[tuple[list[Any], str]] = [
    ([HIGH, LOW], 'is: can never hold together with priority is "High": put the values into one list, priority in [...]'),
    ([HIGH, p(is_not="high")], 'is_not: can never hold together with priority is "High": take one of the two out'),
    (
        [HIGH, {"any": [LOW, p(in_=["Medium", "None"])]}],
        'any: can never hold together with priority is "High", which contradicts each of its alternatives',
    ),
    ([{"any": [LOW, p(is_="Medium")]}, HIGH], "is: can never hold together with “(priority is Low or priority is Medium)”"),
    ([HIGH, {"not": HIGH}], 'not: can never hold together with priority is "High": take one of the two out'),
    ([HIGH, {"not": {"any": [HIGH, WEB]}}], "not: can never hold together with priority is"),
    ([WEB, HIGH, {"not": {"all": [HIGH, WEB]}}], "not: can never hold together with all the conditions before it"),
    ([HIGH, {"all": [WEB, {"any": [{"all": [WEB, LOW]}, {"not": WEB}]}]}], "all.1.any: can never hold together with all"),
    ([{"any": [{"all": [HIGH, LOW]}, {"all": [WEB, {"not": WEB}]}]}], "any: can never hold: what is in it contradicts itself"),
    ([{"not": {"any": [WEB, {"not": WEB}]}}], "not: can never hold: what is in it contradicts itself"),
    ([{"not": {"not": HIGH}}, LOW], "is: can never hold together with “not (not (priority is High))”"),
    ([p(empty=True), {"any": [HIGH, p(above=3), p(contains="x")]}], "any: can never hold together with priority empty true"),
    ([p(starts="RE:"), p(starts="FW:")], "starts: can never hold together with priority starts"),
    ([p(starts="[spam] x"), {"not": p(contains="[SPAM]")}], "not: can never hold together with priority starts"),
    ([p(matches="^a"), {"not": p(matches="^a")}], "not: can never hold together with priority matches"),
    ([p(at_least=150), {"not": p(above=100)}], "not: can never hold together with priority at_least 150"),
    ([p(older_than="3d"), {"not": p(older_than="2d")}], 'not: can never hold together with priority older_than "3d"'),
    ([p(changed_to="High"), {"any": [p(changed_to=["Low"]), p(changed_to="")]}], "any: can never hold together with"),
    ([p(changed_from="Low"), {"not": p(changed_from=["low", "x"])}], "not: can never hold together with priority changed_from"),
    ([p(in_=["10", 20]), p(above=20)], 'above: can never hold together with priority in ["10", 20]: change one of the two'),
]


@pytest.mark.parametrize(("given", "words"), TOLD, ids=[words[:40] for _, words in TOLD])
def test_a_contradiction_is_told_at_whatever_depth(given: list[Any], words: str) -> None:
    (said,) = told(given)
    assert said.startswith(words)


@pytest.mark.parametrize(
    "given",
    [
        [HIGH, {"any": [LOW, WEB]}],
        [{"any": [HIGH, LOW]}, {"any": [LOW, WEB]}],
        [HIGH, {"not": {"all": [HIGH, WEB]}}],
        [p(is_=3), p(is_="03")],
        [p(in_=[1.0]), p(is_=1)],
        [p(above=1), p(at_most=2)],
        [p(is_=5), p(above=2), p(below=6)],
        [{"not": p(above=1)}, {"not": p(below=2)}],
        [p(empty=True), {"not": p(above=1)}, p(is_not="x")],
        [p(contains=" "), p(empty=True)],
        [p(starts="RE"), p(starts="re: "), p(ends="!"), p(contains="x")],
        [p(changed_to="High"), HIGH],
        [p(changed_to="High"), LOW, {"not": p(changed_to="Low")}],
        [p(above=5), p(below=date(2026, 5, 1))],
        [p(above="5"), p(below=1)],
        [p(above=True), p(below=float("nan"))],
        [p(older_than="two days"), p(newer_than="1d")],
        [p(in_=[]), p(above=1)],
        [{"any": []}, HIGH],
        ["priority is High", 3, None],
    ],
)
def test_nothing_is_told_of_what_can_hold_or_is_told_elsewhere(given: list[Any]) -> None:
    assert told(given) == []


def test_each_contradiction_of_a_rule_is_told() -> None:
    assert len(told([HIGH, LOW, WEB, {"not": WEB}, p(is_="Medium")])) == 3


def test_conditions_beyond_counting_are_left_alone() -> None:
    puzzle = [
        {"any": [{"field": f"f{one}", "is": "a"}, {"field": f"f{two}", "is": "b"}]} for one in range(40) for two in range(40)
    ]
    assert told(puzzle) == []
    deep: Any = HIGH
    for _ in range(condition.DEEPEST - 1):
        deep = {"not": {"all": [deep]}} if len(str(deep)) % 2 else {"any": [deep, WEB]}
    assert told([deep]) == []
