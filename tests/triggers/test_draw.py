"""Lots are the same each time, evenly spread, and another seed draws others."""

import pytest

from tests.triggers import samples
from triggers import draw

MANY = [samples.closed(record=f"500{number}") for number in range(4_000)]


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.9])
def test_a_share_of_the_records_falls_into_the_sample(share: float) -> None:
    drawn = sum(draw.lot("seed", "sample", touch) < share for touch in MANY) / len(MANY)
    assert abs(drawn - share) < 4 * (share * (1 - share) / len(MANY)) ** 0.5


def test_a_record_has_the_same_lot_at_each_occurrence() -> None:
    assert draw.lot("s", "sample", samples.closed(occurrence="1")) == draw.lot("s", "sample", samples.closed(occurrence="2"))


def test_seed_and_purpose_make_lots_that_tell_nothing_of_each_other() -> None:
    for other in (("other", "sample"), ("seed", "variant")):
        both = sum(draw.lot("seed", "sample", touch) < 0.5 and draw.lot(*other, touch) < 0.5 for touch in MANY)
        assert abs(both / len(MANY) - 0.25) < 0.03


def test_the_lot_of_a_record_does_not_change_with_releases() -> None:
    assert round(draw.lot("seed", "sample", samples.CLOSED), 6) == PINNED


def test_shares_are_picked_in_proportion() -> None:
    shares = (0.5, 0.3, 0.2)
    picked = [draw.pick(shares, draw.lot("seed", "variant", touch)) for touch in MANY]
    for number, share in enumerate(shares):
        assert abs(picked.count(number) / len(MANY) - share) < 0.03


def test_what_rounding_leaves_goes_to_the_last() -> None:
    assert draw.pick((0.333, 0.333, 0.333), 0.9999) == 2


PINNED = 0.526518
