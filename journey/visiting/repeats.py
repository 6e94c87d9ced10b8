"""Repeats at a place: several answers by the same hand of which one counts. Pure. Called by places.

A child at a tablet taps ten times; a visitor answers, reloads and answers again. All of it is kept, and the first of each run
counts. What is a repeat depends on the times alone, never on the order in which answers arrive, since a tablet that was offline
sends them late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta


def among(times: Sequence[datetime], least: int, within: timedelta) -> set[int]:
    """Which of these, by their places in the list, are repeats: all but the first of each run.

    A run is made of answers of which any ``least`` in a row came ``within`` this time.
    """
    order = sorted(range(len(times)), key=lambda number: (times[number], number))
    dense = set[int]()
    for start in range(len(order) - least + 1):
        if times[order[start + least - 1]] - times[order[start]] <= within:
            dense.update(range(start, start + least))
    found = set[int]()
    for place in dense:
        if place - 1 in dense and times[order[place]] - times[order[place - 1]] <= within:
            found.add(order[place])
    return found
