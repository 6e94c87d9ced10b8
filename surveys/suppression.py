"""Suppression: which groups of an anonymous survey are too small to be shown. Pure. Called by whatever shows answers by group.

A group below the limit is withheld, and so are as many others, the smallest first, as it takes that nobody can work it out by
taking the groups shown from the total: what is left over is then a crowd itself (complementary cell suppression, see Statistical
Disclosure Control, Hundepool et al. 2012, chapter 4). Groups that nobody answered in stay: they give nobody away.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """What is not shown."""

    groups: frozenset[int] = frozenset()
    """By their places in the list."""
    total: bool = False
    """Not even all groups together are a crowd."""


def withhold(answers: Sequence[int], least: int) -> Withheld:
    """``answers``: how many each group has, every answer in one group. ``least``: how many make a crowd."""
    total = sum(answers)
    if 0 < total < least:
        return Withheld(groups=frozenset(place for place, count in enumerate(answers) if count), total=True)
    hidden = {place for place, count in enumerate(answers) if 0 < count < least}
    others = sorted((count, place) for place, count in enumerate(answers) if count >= least)
    left_over = sum(answers[place] for place in hidden)
    for count, place in others:
        if not hidden or left_over >= least:
            break
        hidden.add(place)
        left_over += count
    return Withheld(groups=frozenset(hidden))
