"""Headlines and intervals, against published vectors."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import figures, intervals, metrics

NPS = metrics.BUILT_IN["nps"]
COUNTS = st.dictionaries(st.integers(0, 10), st.integers(0, 500))


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "raw", "low", "high"),
    [(60, 15, 100, 45.0, 29.34, 58.04), (8, 1, 10, 70.0, 14.73, 92.96), (10, 0, 10, 100.0, 47.50, 100.0)],
)
def test_nps_matches_its_vectors(promoters: int, detractors: int, n: int, raw: float, low: float, high: float) -> None:
    found = figures.headline(NPS, {10: promoters, 3: detractors, 7: n - promoters - detractors})
    assert found is not None
    assert (found.n, round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (n, raw, low, high)


def test_csat_matches_its_vector() -> None:
    found = figures.headline(metrics.BUILT_IN["csat"], {5: 60, 4: 25, 3: 5, 1: 10})
    assert found is not None
    assert (found.n, found.value, round(found.low, 2), round(found.high, 2)) == (100, 85.0, 76.72, 90.69)


def test_low_effort_is_the_good_end_where_low_is_good() -> None:
    found = figures.headline(metrics.BUILT_IN["ces_effort"], {1: 3, 7: 1})
    assert found is not None
    assert found.value == 75


@given(COUNTS)
def test_a_headline_lies_within_its_interval_and_its_range(counts: dict[int, int]) -> None:
    found = figures.headline(NPS, counts)
    if found is not None:
        assert -100 <= found.low < found.high <= 100
        # The adjusted form draws a single answer so far to the middle that the raw figure lies just outside.
        assert found.n == 1 or found.low <= found.value <= found.high


@given(hits=st.integers(0, 300), misses=st.integers(0, 300))
def test_a_share_lies_within_its_interval(hits: int, misses: int) -> None:
    found = figures.headline(metrics.BUILT_IN["csat_yes_no"], {1: hits, 0: misses})
    if hits + misses == 0:
        assert found is None
    else:
        assert found is not None
        assert 0 <= found.low <= found.value <= found.high <= 100


@given(COUNTS, st.integers(2, 5))
def test_more_of_the_same_answers_never_widen_the_interval(counts: dict[int, int], times: int) -> None:
    once = figures.headline(NPS, counts)
    more = figures.headline(NPS, {value: count * times for value, count in counts.items()})
    if once is not None and more is not None:
        assert more.high - more.low <= once.high - once.low + 1e-9


def test_without_answers_there_is_no_figure() -> None:
    for found in (figures.headline(NPS, {}), figures.mean(NPS, {3: 0}), figures.pooled([]), figures.resolution([])):
        assert found is None
    assert figures.response_rate(0, 0) is None
    assert figures.nps_difference(NPS, {9: 1}, {}) is None


@pytest.mark.parametrize(("n", "too_few"), [(1, True), (9, True), (10, False)])
def test_below_ten_answers_a_figure_is_too_small_to_judge(n: int, too_few: bool) -> None:
    found = figures.headline(NPS, {10: n})
    assert found is not None
    assert found.too_few is too_few


def test_a_value_off_the_scale_is_no_answer() -> None:
    with pytest.raises(ValueError, match="outside the scale"):
        figures.headline(NPS, {11: 1})


QUANTILES = [
    (1, 12.706205), (2, 4.302653), (3, 3.182446), (5, 2.570582), (10, 2.228139), (29, 2.045230), (30, 2.042272), (100, 1.983972),
    (1000, 1.962339), (100_000, 1.959988),
]  # fmt: skip


@pytest.mark.parametrize(("freedom", "quantile"), QUANTILES)
def test_the_quantile_of_student_matches_published_tables(freedom: int, quantile: float) -> None:
    assert intervals.student(0.975, freedom) == pytest.approx(quantile, abs=1e-6)


@pytest.mark.parametrize(("share", "freedom", "quantile"), [(0.95, 5, 2.015048), (0.995, 10, 3.169273), (0.9, 1, 3.077684)])
def test_other_shares_of_student_match_too(share: float, freedom: int, quantile: float) -> None:
    assert intervals.student(share, freedom) == pytest.approx(quantile, abs=1e-6)


def test_a_mean_has_students_interval() -> None:
    values = [7, 6, 6, 5, 3, 7, 4, 6]
    found = figures.mean(metrics.BUILT_IN["ces"], {value: values.count(value) for value in values})
    half = 2.364624 * statistics.stdev(values) / math.sqrt(8)
    assert found is not None
    assert found.value == statistics.mean(values)
    assert [found.low, found.high] == pytest.approx([5.5 - half, 5.5 + half], abs=1e-6)


def test_a_single_answer_says_nothing_about_the_mean() -> None:
    found = figures.mean(metrics.BUILT_IN["ces"], {6: 1})
    assert found == figures.Figure(n=1, value=6, low=1, high=7)


def test_different_scales_are_pooled_as_normalised() -> None:
    found = figures.pooled([(NPS, {10: 1}), (metrics.BUILT_IN["ces_effort"], {7: 1}), (metrics.BUILT_IN["csat"], {3: 2})])
    assert found is not None
    assert (found.n, found.value) == (4, 50)


def test_the_difference_of_two_nps() -> None:
    found = figures.nps_difference(NPS, {10: 60, 7: 25, 3: 15}, {10: 40, 7: 30, 3: 30})
    assert found is not None
    assert found.points == pytest.approx(35)
    one, other = intervals.net(60, 15, 100), intervals.net(40, 30, 100)
    assert found.z == pytest.approx((one.centre - other.centre) / math.sqrt(one.error**2 + other.error**2))
    assert found.real


def test_small_samples_do_not_differ_by_more_than_chance() -> None:
    found = figures.nps_difference(NPS, {10: 3}, {7: 3})
    assert found is not None
    assert not found.real


@given(COUNTS, COUNTS)
def test_a_difference_turned_round_changes_its_sign(one: dict[int, int], other: dict[int, int]) -> None:
    there, back = figures.nps_difference(NPS, one, other), figures.nps_difference(NPS, other, one)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there.points == pytest.approx(-back.points)
        assert there.z == pytest.approx(-back.z)


def test_time_to_resolution_is_told_by_median_and_ninetieth_percentile() -> None:
    found = figures.resolution([5, 1, 2, 3, 4])
    assert found is not None
    assert [found.n, found.median, found.ninetieth] == pytest.approx([5, 3, 4.6])
    assert figures.resolution([7]) == figures.Resolution(n=1, median=7, ninetieth=7)


def test_churn_of_1000_that_become_800_is_20_per_cent() -> None:
    assert figures.churn(1000, 800) == 20


@pytest.mark.parametrize(("start", "end"), [(0, 0), (-1, 0), (10, -1)])
def test_churn_of_nobody_makes_no_sense(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        figures.churn(start, end)


def test_the_response_rate_is_of_what_was_delivered() -> None:
    found = figures.response_rate(30, 120)
    assert found is not None
    assert (found.n, found.value) == (120, 25)
    with pytest.raises(ValueError, match="5 answers to 4"):
        figures.response_rate(5, 4)
