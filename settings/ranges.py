"""Bounds that leave nothing between them, and values that lie outside of bounds, across the conditions of one rule.

Called by contradictions with the comparisons that must all hold. What contradicts itself within one condition is told by the
condition's own model.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from settings import locate
from settings.found import Found
from triggers import facts
from wire import duration

Leaf = tuple[locate.Place, Mapping[str, Any]]
"""A comparison and where it stands."""


@dataclass(frozen=True, kw_only=True)
class _Bound:
    place: locate.Place
    told: str
    sort: str
    """What is bounded: a number, an instant, or an age."""
    low: bool
    value: Any
    strict: bool

    def takes(self, value: Any) -> bool:
        """Whether a value of the fact may lie on the right side; what has no size lies on none, and ages change."""
        if self.sort == "age":
            return True
        size = facts.instant(value) if self.sort == "instant" else facts.number(value)
        if size is None:
            return False
        return bool(size > self.value if self.low else size < self.value) or (size == self.value and not self.strict)

    def leaves_nothing(self, other: "_Bound") -> bool:
        """Whether no value keeps within both; of one condition this is told already."""
        if self.sort != other.sort or self.low == other.low or self.place[:-1] == other.place[:-1]:
            return False
        low, high = (self, other) if self.low else (other, self)
        return bool(low.value > high.value) or (low.value == high.value and (low.strict or high.strict))


_SIZES = {"above": (True, True), "at_least": (True, False), "below": (False, True), "at_most": (False, False)}
"""Comparison → whether it bounds from below, and whether the bound itself is outside."""
_AGES = {"older_than": (True, False), "newer_than": (False, True)}


@dataclass(frozen=True, kw_only=True)
class _Values:
    place: locate.Place
    told: str
    values: tuple[Any, ...]


def check(leaves: Iterable[Leaf]) -> Iterator[Found]:
    """Each contradiction once, at the later of the two comparisons."""
    bounds: dict[str, list[_Bound]] = defaultdict(list)
    wanted: dict[str, list[_Values]] = defaultdict(list)
    for place, one in leaves:
        field = one["field"]
        for bound in _bounds(place, one):
            other = next((two.told for two in bounds[field] if bound.leaves_nothing(two)), None)
            other = other or next((two.told for two in wanted[field] if not any(map(bound.takes, two.values))), None)
            bounds[field].append(bound)
            yield from _told(bound.place, other)
        for values in _values(place, one):
            outside = (two.told for two in bounds[field] if not any(map(two.takes, values.values)))
            wanted[field].append(values)
            yield from _told(values.place, next(outside, None))


def _told(place: locate.Place, other: str | None) -> Iterator[Found]:
    if other is not None:
        yield Found(place, f"can never hold together with {other}: change one of the two, or write a rule for each")


def _bounds(place: locate.Place, one: Mapping[str, Any]) -> Iterator[_Bound]:
    for key, (low, strict) in {**_SIZES, **_AGES}.items():
        if key in one and (sized := _sized(key, one[key])) is not None:
            told = f"{one['field']} {key} {one[key]}"[:80]
            yield _Bound(place=(*place, key), told=told, sort=sized[0], low=low, value=sized[1], strict=strict)


def _sized(key: str, value: Any) -> tuple[str, Any] | None:
    """What sort of thing is bounded, and the bound; None for one that is wrong, of which its model tells."""
    if key in _AGES:
        try:
            return "age", duration.parse(value)
        except (ValueError, OverflowError):
            return None
    if isinstance(value, date):
        return "instant", facts.instant(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return "number", value


def _values(place: locate.Place, one: Mapping[str, Any]) -> Iterator[_Values]:
    for key in ("is", "in"):
        values = tuple(one[key]) if isinstance(one.get(key), list) else (one.get(key),)
        if key in one and values and not any(isinstance(value, dict | list) for value in values):
            yield _Values(place=(*place, key), told=f"{one['field']} {key} {one[key]}"[:80], values=values)
