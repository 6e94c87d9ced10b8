"""Scales and bands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import metrics

BANDS = [
    ("nps", {"detractor": range(7), "passive": range(7, 9), "promoter": range(9, 11)}),
    ("nps_1_10", {"detractor": range(1, 7), "passive": range(7, 9), "promoter": range(9, 11)}),
    ("csat", {"dissatisfied": range(1, 3), "neutral": range(3, 4), "satisfied": range(4, 6)}),
    ("csat_7", {"dissatisfied": range(1, 4), "neutral": range(4, 6), "satisfied": range(6, 8)}),
    ("csat_yes_no", {"no": range(1), "yes": range(1, 2)}),
    ("ces", {"hard": range(1, 4), "neutral": range(4, 5), "easy": range(5, 8)}),
    ("ces_effort", {"easy": range(1, 4), "neutral": range(4, 5), "hard": range(5, 8)}),
    ("ces_5", {"hard": range(2), "neutral": range(2, 4), "easy": range(4, 6)}),
    ("fcr", {"no": range(1), "yes": range(1, 2)}),
]


@pytest.mark.parametrize(("key", "bands"), BANDS)
def test_every_value_falls_in_the_band_of_its_definition(key: str, bands: dict[str, range]) -> None:
    metric = metrics.BUILT_IN[key]
    found = {value: metric.band(value).key for value in metric.values}
    assert found == {value: band for band, values in bands.items() for value in values}


def test_every_built_in_metric_is_in_the_table() -> None:
    assert sorted(metrics.BUILT_IN) == sorted(key for key, _ in BANDS)


@pytest.mark.parametrize(
    ("key", "value", "normalised"),
    [
        ("nps", 0, 0), ("nps", 5, 50), ("nps", 10, 100), ("nps_1_10", 1, 0), ("csat", 1, 0), ("csat", 4, 75), ("ces", 7, 100),
        ("ces_effort", 1, 100), ("ces_effort", 7, 0), ("ces_effort", 4, 50), ("ces_5", 0, 0), ("csat_yes_no", 1, 100),
    ],
)  # fmt: skip
def test_normalised_is_0_to_100_and_high_is_good(key: str, value: int, normalised: float) -> None:
    assert metrics.BUILT_IN[key].normalised(value) == normalised


@given(key=st.sampled_from(sorted(metrics.BUILT_IN)), data=st.data())
def test_a_better_tone_is_never_normalised_lower(key: str, data: st.DataObject) -> None:
    metric = metrics.BUILT_IN[key]
    one, other = (data.draw(st.sampled_from(list(metric.values))) for _ in range(2))
    order = list(metrics.Tone)
    if order.index(metric.band(one).tone) < order.index(metric.band(other).tone):
        assert metric.normalised(one) < metric.normalised(other)


@pytest.mark.parametrize("value", [-1, 11, 100])
def test_a_value_off_the_scale_has_neither_band_nor_place(value: int) -> None:
    for judge in (metrics.BUILT_IN["nps"].band, metrics.BUILT_IN["nps"].normalised):
        with pytest.raises(ValueError, match=f"{value} is outside the scale of nps, 0 to 10"):
            judge(value)


def band(key: str, first: int, last: int) -> metrics.Band:
    return metrics.Band(key=key, first=first, last=last, tone=metrics.Tone.MIDDLE)


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ([band("a", 1, 3)], "the bands end at 3: they should end at 5"),
        ([band("a", 1, 3), band("b", 3, 5)], 'band "b" covers 3 to 5: it should begin at 4'),
        ([band("a", 1, 2), band("b", 4, 5)], 'band "b" covers 4 to 5: it should begin at 3'),
        ([band("a", 0, 5)], 'band "a" covers 0 to 5: it should begin at 1'),
        ([band("a", 1, 6)], "the bands end at 6: they should end at 5"),
        ([band("a", 1, 0), band("b", 1, 5)], "it should begin at 1"),
        ([], "the bands end at 0"),
    ],
)
def test_bands_must_cover_the_scale_exactly_once(bands: list[metrics.Band], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        metrics.Metric(key="x", first=1, last=5, bands=tuple(bands), headline=metrics.Headline.SHARE)


def test_a_scale_must_rise() -> None:
    with pytest.raises(ValueError, match="it should rise"):
        metrics.Metric(key="x", first=5, last=5, bands=(band("a", 5, 5),), headline=metrics.Headline.SHARE)
