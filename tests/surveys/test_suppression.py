"""Small groups of anonymous surveys: not shown, and not to be worked out."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import suppression


@pytest.mark.parametrize(
    ("answers", "hidden", "total"),
    [
        ((), (), False),
        ((0, 0), (), False),
        ((9, 12), (), False),
        ((5, 12), (), False),
        ((4, 12), (0, 1), False),
        ((4, 12, 6), (0, 2), False),
        ((4, 12, 1), (0, 2), False),
        ((2, 12, 1, 30), (0, 1, 2), False),
        ((0, 4, 12), (1, 2), False),
        ((4,), (0,), True),
        ((1, 2, 0), (0, 1), True),
        ((2, 3), (0, 1), False),
    ],
)
def test_which_groups_of_at_least_five_are_withheld(answers: Sequence[int], hidden: Sequence[int], total: bool) -> None:
    found = suppression.withhold(answers, 5)
    assert (sorted(found.groups), found.total) == (list(hidden), total)


GROUPS = st.lists(st.integers(0, 30), max_size=12)
LEAST = st.integers(1, 12)


@given(GROUPS, LEAST)
def test_no_group_that_is_shown_is_small(answers: list[int], least: int) -> None:
    hidden = suppression.withhold(answers, least).groups
    assert all(count == 0 or count >= least for place, count in enumerate(answers) if place not in hidden)


@given(GROUPS, LEAST)
def test_what_is_left_when_the_shown_are_taken_from_the_total_is_a_crowd_of_several_groups(
    answers: list[int], least: int
) -> None:
    found = suppression.withhold(answers, least)
    left_over = [answers[place] for place in found.groups]
    if found.groups and not found.total:
        assert sum(left_over) >= least
        assert len(left_over) >= 2


@given(GROUPS, LEAST)
def test_where_every_group_is_a_crowd_everything_is_shown(answers: list[int], least: int) -> None:
    large = [count + least for count in answers]
    assert suppression.withhold(large, least) == suppression.Withheld()


@given(GROUPS, LEAST)
def test_a_total_that_is_no_crowd_is_withheld_with_all_of_its_groups(answers: list[int], least: int) -> None:
    found = suppression.withhold(answers, least)
    assert found.total == (0 < sum(answers) < least)
    if found.total:
        assert found.groups == frozenset(place for place, count in enumerate(answers) if count)


@given(GROUPS, LEAST, st.randoms())
def test_the_sizes_of_what_is_shown_do_not_hang_on_the_order(answers: list[int], least: int, random: object) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def shown(counts: list[int]) -> list[int]:
        hidden = suppression.withhold(counts, least).groups
        return sorted(count for place, count in enumerate(counts) if place not in hidden)

    assert shown(answers) == shown(shuffled)
