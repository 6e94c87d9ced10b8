"""Rules that can never match, because their conditions contradict each other, at whatever depth of any, all and not.

Called by crosscheck with the file's plain tables. Only what is certain is told; of conditions too many to go through, nothing.
Every alternative is tried (a small DPLL search, https://en.wikipedia.org/wiki/DPLL_algorithm) with possible.py as the judge.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic

from settings import locate, possible
from settings.found import Found
from triggers import compiling, condition


@dataclass(frozen=True)
class _All:
    """Formulas that must all hold."""

    parts: tuple["_Formula", ...]


@dataclass(frozen=True)
class _Any:
    """Formulas of which one must hold."""

    parts: tuple["_Formula", ...]


_Formula = possible.Literal | _All | _Any


@dataclass(frozen=True, kw_only=True)
class _Demand:
    """Something that must hold: a comparison, or a whole ``any`` or ``not``."""

    place: locate.Place
    told: str
    field: str = ""
    """What is compared; empty for ``any`` and ``not``."""
    formula: _Formula

    @property
    def key(self) -> str:
        """The key in settings."""
        return str(self.place[-1])


def check(rules: Sequence[Any]) -> Iterator[Found]:
    """Each contradiction once, at the later of what contradicts each other."""
    for number, table in enumerate(rules):
        when = table.get("when") if isinstance(table, dict) else None
        place = ("triggers", "rules", number, "when")
        demands = [one for index, node in enumerate(when if isinstance(when, list) else ()) for one in _of((*place, index), node)]
        if not _can_hold(demands):
            yield from _contradicted(demands)


def _of(place: locate.Place, node: Any) -> Iterator[_Demand]:
    """What one condition demands; nothing where it is wrong, of which its model tells."""
    try:
        yield from _demands(place, condition.Condition.model_validate(node), node)
    except pydantic.ValidationError:
        return


def _demands(place: locate.Place, one: condition.Condition, node: Mapping[str, Any]) -> Iterator[_Demand]:
    if one.all_ is not None:
        for index, inner in enumerate(one.all_):
            yield from _demands((*place, "all", index), inner, node["all"][index])
    elif one.field is not None:
        for key, wanted in one.given().items():
            compared = possible.literal(one.field, key, wanted, holds=True)
            yield _Demand(place=(*place, key), told=f"{one.field} {key} {_shown(node[key])}", field=one.field, formula=compared)
    else:
        told = f"“{compiling.compile_one(one).text[:_LONGEST]}”"
        yield _Demand(place=(*place, "any" if one.any_ is not None else "not"), told=told, formula=_formula(one, holds=True))


_LONGEST = 80


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def _formula(one: condition.Condition, *, holds: bool) -> _Formula:
    """The condition, or its opposite, without ``not``."""
    if one.not_ is not None:
        return _formula(one.not_, holds=not holds)
    if one.field is not None:
        parts: tuple[_Formula, ...] = tuple(
            possible.literal(one.field, key, wanted, holds=holds) for key, wanted in one.given().items()
        )
    else:
        parts = tuple(_formula(inner, holds=holds) for inner in one.inner())
    if len(parts) == 1:
        return parts[0]
    return _Any(parts) if (one.any_ is not None) is holds else _All(parts)


def _contradicted(demands: Sequence[_Demand]) -> Iterator[Found]:
    before: list[_Demand] = []
    for one in demands:
        if _can_hold([*before, one]):
            before.append(one)
        else:
            yield Found(one.place, _expected(one, before))


def _expected(one: _Demand, before: Sequence[_Demand]) -> str:
    if not _can_hold([one]):
        return "can never hold: what is in it contradicts itself; change it, or take it out"
    other = next((two for two in before if not _can_hold([two, one])), None)
    if other is None:
        return "can never hold together with all the conditions before it: change one of them, or write a rule for each"
    said = f"can never hold together with {other.told}"
    if {one.key, other.key} <= {"is", "in"}:
        return f"{said}: put the values into one list, {one.field} in [...]"
    if one.key == "any":
        return f"{said}, which contradicts each of its alternatives: change one of the two, or take one out"
    if {one.key, other.key} & {"is_not", "not_in", "not"}:
        return f"{said}: take one of the two out"
    return f"{said}: change one of the two, or write a rule for each"


def _can_hold(demands: Sequence[_Demand]) -> bool:
    return _Search().holds({}, [one.formula for one in demands])


_Known = Mapping[str, tuple[possible.Literal, ...]]


class _Search:
    """Looks for a way in which formulas hold together; what takes too many steps is taken to be possible."""

    def __init__(self) -> None:
        self._left = 5_000
        """Comparisons of comparisons, to bound the time that a rule takes."""

    def holds(self, known: _Known, todo: Sequence[_Formula]) -> bool:
        """Whether there is one. ``known`` are the comparisons, by fact, that must hold already."""
        met = self._met(known, todo)
        if met is None:
            return False
        known, choices = met
        if not choices or self._left <= 0:
            return True
        left = [[part for part in one.parts if self._met(known, [part]) is not None] for one in choices]
        fewest = min(range(len(left)), key=lambda place: len(left[place]))
        others = [_Any(tuple(parts)) for place, parts in enumerate(left) if place != fewest]
        return any(self.holds(known, [part, *others]) for part in left[fewest])

    def _met(self, known: _Known, todo: Sequence[_Formula]) -> tuple[_Known, list[_Any]] | None:
        """What must hold with these too, and the alternatives that are open; None where that is impossible."""
        found, choices, stack = dict(known), list[_Any](), list(todo)
        while stack and self._left > 0:
            one = stack.pop()
            if isinstance(one, _All):
                stack += one.parts
            elif isinstance(one, _Any):
                choices.append(one)
            else:
                about = found[one.fact] = (*found.get(one.fact, ()), one)
                self._left -= len(about)
                if not possible.together(about):
                    return None
        return found, choices
