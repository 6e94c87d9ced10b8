"""Contrast, against published values, and what is derived from a brand's colour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.478), ("#ffffff", "#ffffff", 1)]
)
def test_contrast_matches_published_values(one: str, other: str, ratio: float) -> None:
    assert colour.contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert colour.contrast(other, one) == colour.contrast(one, other)


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_a_colour_that_is_taken_can_be_read_on_light_and_dark_ground(accent: str) -> None:
    if colour.problem(accent):
        return
    light, dark = colour.light(accent), colour.dark(accent)
    for shown, paper in ((light, "#ffffff"), (dark, "#171a21")):
        assert colour.contrast(shown.accent, paper) >= 4.5
        assert colour.contrast(shown.on_accent, shown.accent) >= 4.5
        assert colour.contrast(shown.on_chosen, shown.chosen) >= 4.5
        assert colour.contrast(shown.chosen, paper) >= 3


@pytest.mark.parametrize(("accent", "judges"), [("#b3261e", True), ("#1d6b45", True), ("#2f4bd6", False), ("#444444", False)])
def test_red_and_green_do_not_fill_the_chosen_answer(accent: str, judges: bool) -> None:
    assert (colour.light(accent).chosen == colour.INK) is judges
