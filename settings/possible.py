"""Whether comparisons can hold together for one value of a fact. Pure.

Called by contradictions. It errs on one side only: what it calls impossible holds for no value that a CRM may send, and what it
cannot tell it calls possible. Values are compared as compiling does it: text folded, numbers and instants by their size.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from triggers import changes, compiling, facts


@dataclass(frozen=True, kw_only=True)
class Literal:
    """One comparison that must hold, or must not."""

    fact: str
    """What is compared; the ends of a fact's latest change are facts of their own."""
    key: str
    """``in`` stands for every comparison with values, ``empty`` for an empty fact; the others are as in settings."""
    wanted: Any
    """For ``in`` the folded values that count; else as the condition's own model has it."""
    holds: bool


def literal(field: str, key: str, wanted: Any, *, holds: bool) -> Literal:
    """A comparison of a condition."""
    if key in changes.COMPARISONS:
        ends = compiling.changed_ends(wanted)
        return Literal(fact=field + changes.COMPARISONS[key], key="in", wanted=ends, holds=holds)
    if key in _VALUES:
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        return Literal(fact=field, key="in", wanted=compiling.accepted(values), holds=holds is _VALUES[key])
    if key == "empty":
        return Literal(fact=field, key=key, wanted=True, holds=holds is wanted)
    return Literal(fact=field, key=key, wanted=wanted, holds=holds)


_VALUES: Mapping[str, bool] = {"is": True, "in": True, "is_not": False, "not_in": False}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}
_AGES = {"older_than": "at_least", "newer_than": "below"}
"""Comparison with an age → what it asks of the age."""
_OPPOSITE = {"above": "at_most", "at_most": "above", "below": "at_least", "at_least": "below"}
_FRAGMENTS = frozenset({"contains", "starts", "ends"})


def together(literals: Sequence[Literal]) -> bool:
    """Whether one value of the fact, which all of these are about, may satisfy them all."""
    wanted = [one.wanted for one in literals if one.key == "in" and one.holds]
    if wanted:
        rest = [one for one in literals if one.key != "in" or not one.holds]
        return any(all(_may(one, value) for one in rest) for value in frozenset.intersection(*wanted))
    asked = {(one.key, repr(one.wanted)) for one in literals if one.holds}
    if any(not one.holds and (one.key, repr(one.wanted)) in asked for one in literals):
        return False
    return _empty(literals) and _texts(literals) and _sizes(literals)


def _may(one: Literal, value: Any) -> bool:
    """Whether a value that folds to this one may satisfy a comparison."""
    if one.key == "in":
        return value not in one.wanted
    if one.key == "empty":
        return (value is None or (isinstance(value, str) and not value.strip())) is one.holds
    if one.key in _FRAGMENTS:
        return not isinstance(value, str) or _found(one.key, value, facts.fold(one.wanted)) is one.holds
    if one.key in _AGES:
        return not one.holds or any(size is not None for size in _instants(value))
    if one.key in _ORDER:
        return _may_be_so_large(one, value)
    return True  # patterns look at the letters as they are


def _may_be_so_large(one: Literal, value: Any) -> bool:
    compare = _ORDER[one.key]
    if isinstance(one.wanted, date):
        bound = facts.instant(one.wanted)
        return any((size is not None and compare(size, bound)) is one.holds for size in _instants(value))
    spelt = isinstance(value, str) and _SPELT.search(value) is not None  # "infinity" in letters that only fold to these
    return compare(facts.number(value), one.wanted) is one.holds or (spelt and not one.holds)


_SPELT = re.compile(r"[a-df-z]")


def _instants(value: Any) -> Iterable[Any]:
    """The instants that a folded text may have been."""
    return (facts.instant(value), facts.instant(value.upper() if isinstance(value, str) else value))


def _found(key: str, text: str, part: str) -> bool:
    if key == "contains":
        return part in text
    return text.startswith(part) if key == "starts" else text.endswith(part)


def _empty(literals: Sequence[Literal]) -> bool:
    """What must be empty has no size and no letters."""
    if not any(one.key == "empty" and one.holds for one in literals):
        return True
    asking = (one for one in literals if one.holds and one.key not in ("empty", "matches"))
    return all(one.key in _FRAGMENTS and not one.wanted.strip() for one in asking)


def _texts(literals: Sequence[Literal]) -> bool:
    """A text begins and ends in one way, and has in it what its parts have in them."""
    parts = [(one.key, facts.fold(one.wanted), one.holds) for one in literals if one.key in _FRAGMENTS]
    there = [(key, part) for key, part, holds in parts if holds]
    for key, part in there:
        for other, two in there:
            longer, shorter = (part, two) if len(part) >= len(two) else (two, part)
            if key == other and key != "contains" and not _found(key, longer, shorter):
                return False
    refused = [(key, part) for key, part, holds in parts if not holds]
    return not any(other in ("contains", key) and _found(other, part, two) for key, part in there for other, two in refused)


def _sizes(literals: Sequence[Literal]) -> bool:
    """Something lies between the bounds. What is compared by size must have one, so the others of its sort bind it too."""
    bounds = [(*_bound(one), one.holds) for one in literals if one.key in _ORDER or one.key in _AGES]
    sized = {_SAME_FACT[sort] for sort, _, _, holds in bounds if holds}
    for sort in ("number", "instant", "age"):
        mine = [
            (key if holds else _OPPOSITE[key], value)
            for of, key, value, holds in bounds
            if of == sort and _SAME_FACT[sort] in sized
        ]
        if not _between(mine):
            return False
    return True


_SAME_FACT = {"number": "number", "instant": "instant", "age": "instant"}
"""Whether a fact has a size of this sort is the same question for each of a kind."""


def _bound(one: Literal) -> tuple[str, str, Any]:
    if one.key in _AGES:
        return "age", _AGES[one.key], one.wanted
    return ("instant", one.key, facts.instant(one.wanted)) if isinstance(one.wanted, date) else ("number", one.key, one.wanted)


def _between(bounds: Sequence[tuple[str, Any]]) -> bool:
    lows = [(value, key == "above") for key, value in bounds if key in ("above", "at_least")]
    highs = [(value, key == "below") for key, value in bounds if key in ("below", "at_most")]
    return all(low < high or (low == high and not (strictly or below)) for low, strictly in lows for high, below in highs)
