"""Repeats: which of several answers by one hand count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.visiting import repeats

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN = timedelta(seconds=10)


def at(*seconds: float) -> list[datetime]:
    return [START + timedelta(seconds=second) for second in seconds]


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ((), set()),
        ((0,), set()),
        ((0, 1), set()),
        ((0, 5, 10), {1, 2}),
        ((0, 5, 10.1), set()),
        ((0, 6, 12, 18), set()),
        ((0, 1, 2, 3, 4), {1, 2, 3, 4}),
        ((0, 4, 8, 12, 16), {1, 2, 3, 4}),
        ((0, 1, 2, 60, 61, 62), {1, 2, 4, 5}),
        ((0, 1, 2, 9, 60), {1, 2, 3}),
        ((62, 0, 61, 1, 60, 2), {0, 2, 3, 5}),
        ((0, 0, 0), {1, 2}),
    ],
)
def test_three_in_ten_seconds_are_one_and_repeats(seconds: tuple[float, ...], found: set[int]) -> None:
    assert repeats.among(at(*seconds), 3, TEN) == found


def test_two_may_be_enough() -> None:
    assert repeats.among(at(0, 10, 20, 31), 2, TEN) == {1, 2}


MOMENTS = st.lists(st.integers(0, 120), max_size=25)


@given(MOMENTS, st.integers(2, 5), st.randoms())
def test_the_order_of_arrival_does_not_matter(seconds: list[int], least: int, random: object) -> None:
    times = at(*seconds)
    shuffled = list(times)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = sorted(times[number] for number in repeats.among(times, least, TEN))
    other = sorted(shuffled[number] for number in repeats.among(shuffled, least, TEN))
    assert one == other


@given(MOMENTS, st.integers(2, 5))
def test_no_run_is_left_among_those_that_count_and_nobody_alone_is_a_repeat(seconds: list[int], least: int) -> None:
    times = at(*seconds)
    found = repeats.among(times, least, TEN)
    for number in found:
        near = [other for other in times if abs(other - times[number]) <= TEN]
        assert len(near) >= least
    if times:
        assert times.index(min(times)) not in found
