"""Conditions into closures: what is written once in settings is tested a million times.

Called by rule when settings are read. A test never raises, whatever the CRM put into the field.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from triggers import changes, condition, facts

Holds = Callable[[facts.Facts], bool]


def parts(conditions: Sequence[condition.Condition]) -> tuple[condition.Test, ...]:
    """Tests that must all hold, each as small as possible, so that the one that fails first can be told."""
    return tuple(part for one in conditions for part in _parts(one))


def _parts(one: condition.Condition) -> Sequence[condition.Test]:
    if one.all_ is not None:
        return parts(one.all_)
    if one.field is not None:
        return [_leaf(one.field, key, wanted) for key, wanted in one.given().items()]
    return [compile_one(one)]


def compile_one(one: condition.Condition) -> condition.Test:
    """The test of one condition."""
    if one.any_ is not None:
        return _any([compile_one(inner) for inner in one.any_])
    if one.not_ is not None:
        return _not(compile_one(one.not_))
    tests = _parts(one)
    return tests[0] if len(tests) == 1 else _all(tests)


def _all(tests: Sequence[condition.Test]) -> condition.Test:
    checks = tuple(test.holds for test in tests)

    def holds(seen: facts.Facts) -> bool:
        for check in checks:  # noqa: SIM110  # twice as fast as all() and called a million times a second
            if not check(seen):
                return False
        return True

    key = ("all", *(test.key for test in tests))
    return condition.Test(text=" and ".join(test.text for test in tests), field=tests[0].field, holds=holds, key=key)


def _any(tests: Sequence[condition.Test]) -> condition.Test:
    checks = tuple(test.holds for test in tests)

    def holds(seen: facts.Facts) -> bool:
        for check in checks:  # noqa: SIM110  # as above
            if check(seen):
                return True
        return False

    key = ("any", *(test.key for test in tests))
    text = "(" + " or ".join(test.text for test in tests) + ")"
    return condition.Test(text=text, field=tests[0].field, holds=holds, key=key)


def _not(test: condition.Test) -> condition.Test:
    text = test.text if test.text.startswith("(") else f"({test.text})"
    positive = test.holds
    return condition.Test(text=f"not {text}", field=test.field, holds=lambda seen: not positive(seen), key=("not", test.key))


def _leaf(field: str, key: str, wanted: Any) -> condition.Test:
    holds = _MAKERS[key](field, wanted)
    seen = field + changes.AT if key in changes.COMPARISONS else field
    return condition.Test(text=describe(field, key, wanted), field=seen, holds=holds, key=(field, key, repr(wanted)))


def describe(field: str, key: str, wanted: Any) -> str:
    """A comparison as an admin would read it: ``priority is not Low``."""
    if key == "empty":
        return f"{field} is empty" if wanted else f"{field} is not empty"
    return f"{field} {key.replace('_', ' ')} {_told(wanted) or 'nothing'}"


def _told(wanted: Any) -> str:
    if isinstance(wanted, tuple):
        return ", ".join(_told(one) for one in wanted)
    if isinstance(wanted, timedelta):
        return told_span(wanted)
    return str(wanted).lower() if isinstance(wanted, bool) else str(wanted)


def told_span(span: timedelta) -> str:
    """A duration as an admin reads it: ``2 days``, ``90 minutes``."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit.removesuffix('s') if seconds == length else unit}"
    return f"{seconds:g} seconds"


def _keys(wanted: Any) -> frozenset[Any]:
    """Every folded value that counts as this one: the number 3 and the text "3" are the same priority."""
    folded = facts.fold(facts.plain(wanted))
    if isinstance(wanted, bool):
        return frozenset((folded,))
    if isinstance(wanted, str):
        number = facts.number(wanted)
        return frozenset((folded,)) if math.isnan(number) else frozenset((folded, number))
    return frozenset((folded, str(folded)))


def accepted(wanted: Sequence[Any]) -> frozenset[Any]:
    """Every folded value that counts as one of these."""
    return frozenset[Any]().union(*(_keys(one) for one in wanted))


def changed_ends(wanted: Sequence[Any]) -> frozenset[Any]:
    """The same for an end of a change, where an empty text stands for an empty field."""
    return accepted(wanted) | (frozenset((None,)) if "" in wanted else frozenset())


def _is(field: str, wanted: Any) -> Holds:
    return _in(field, (wanted,))


def _in(field: str, wanted: Sequence[Any]) -> Holds:
    those = accepted(wanted)
    return lambda seen: seen.folded[field] in those


def _negated(maker: Callable[[str, Any], Holds]) -> Callable[[str, Any], Holds]:
    def negative(field: str, wanted: Any) -> Holds:
        positive = maker(field, wanted)
        return lambda seen: not positive(seen)

    return negative


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}


def _ordered(key: str) -> Callable[[str, Any], Holds]:
    """Comparisons by size. What is no number is NaN, and what is no instant None: neither is above or below anything."""
    compare = _ORDER[key]

    def maker(field: str, wanted: Any) -> Holds:
        if not isinstance(wanted, date):
            return lambda seen: compare(seen.numbers[field], wanted)
        bound = facts.instant(wanted)

        def holds(seen: facts.Facts) -> bool:
            value = facts.instant(seen.values.get(field))
            return value is not None and compare(value, bound)

        return holds

    return maker


def _textual(compare: Callable[[str, str], bool]) -> Callable[[str, Any], Holds]:
    def maker(field: str, wanted: Any) -> Holds:
        part = facts.fold(wanted)

        def holds(seen: facts.Facts) -> bool:
            value = seen.folded[field]
            return value is not None and compare(value if isinstance(value, str) else str(value), part)

        return holds

    return maker


def _matches(field: str, wanted: Any) -> Holds:
    pattern = condition.compile_pattern(wanted)

    def holds(seen: facts.Facts) -> bool:
        value = seen.values.get(field)
        return value is not None and pattern.search(_encodable(str(value))) is not None

    return holds


def _encodable(text: str) -> str:
    """The text without lone surrogates, which the pattern engine (UTF-8) cannot be given."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _empty(field: str, wanted: Any) -> Holds:
    def holds(seen: facts.Facts) -> bool:
        value = seen.values.get(field)
        return (value is None or (isinstance(value, str) and not value.strip())) is wanted

    return holds


def _older(field: str, wanted: timedelta) -> Holds:
    def holds(seen: facts.Facts) -> bool:
        value = facts.instant(seen.values.get(field))
        return value is not None and seen.now - value >= wanted

    return holds


def _newer(field: str, wanted: timedelta) -> Holds:
    def holds(seen: facts.Facts) -> bool:
        value = facts.instant(seen.values.get(field))
        return value is not None and seen.now - value < wanted

    return holds


def _changed(end: str) -> Callable[[str, Any], Holds]:
    """Comparisons with one end of the latest change; what did not change, or was not told, is neither from nor to anything."""

    def maker(field: str, wanted: Sequence[Any]) -> Holds:
        those = changed_ends(wanted)
        at, side = field + changes.AT, field + end
        return lambda seen: seen.values.get(at) is not None and seen.folded[side] in those

    return maker


_MAKERS: dict[str, Callable[[str, Any], Holds]] = {
    "is": _is,
    "is_not": _negated(_is),
    "in": _in,
    "not_in": _negated(_in),
    **{key: _ordered(key) for key in _ORDER},
    "contains": _textual(lambda value, part: part in value),
    "starts": _textual(lambda value, part: value.startswith(part)),
    "ends": _textual(lambda value, part: value.endswith(part)),
    "matches": _matches,
    "empty": _empty,
    "older_than": _older,
    "newer_than": _newer,
    **{key: _changed(end) for key, end in changes.COMPARISONS.items()},
}
