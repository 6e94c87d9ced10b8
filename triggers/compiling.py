"""Conditions into closures: what is written once in settings is tested a million times.

Called by rule when settings are read. A test never raises, whatever the CRM put into the field.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from triggers import condition, facts

Holds = Callable[[facts.Facts], bool]
LONGEST_NUMBER = 40
"""Characters up to which a text is tried as a number."""


def conjunction(conditions: Sequence[condition.Condition]) -> condition.Test:
    """A test that holds when all of these do; it always holds when there are none."""
    tests = [compile_one(one) for one in conditions]
    return tests[0] if len(tests) == 1 else _all(tests)


def compile_one(one: condition.Condition) -> condition.Test:
    """The test of one condition."""
    if one.any_ is not None:
        return _any([compile_one(inner) for inner in one.any_])
    if one.all_ is not None:
        return _all([compile_one(inner) for inner in one.all_])
    if one.not_ is not None:
        return _not(compile_one(one.not_))
    field = one.field or ""
    tests = [_leaf(field, key, wanted) for key, wanted in one.given().items()]
    return tests[0] if len(tests) == 1 else _all(tests)


def _all(tests: Sequence[condition.Test]) -> condition.Test:
    checks = tuple(test.holds for test in tests)

    def holds(seen: facts.Facts) -> bool:
        return all(check(seen) for check in checks)

    def failure(seen: facts.Facts) -> condition.Failure:
        return next((test.failure(seen) for test in tests if not test.holds(seen)), condition.Failure("", None))

    return condition.Test(text=" and ".join(test.text for test in tests), holds=holds, failure=failure)


def _any(tests: Sequence[condition.Test]) -> condition.Test:
    checks = tuple(test.holds for test in tests)
    text = "(" + " or ".join(test.text for test in tests) + ")"

    def holds(seen: facts.Facts) -> bool:
        return any(check(seen) for check in checks)

    def failure(seen: facts.Facts) -> condition.Failure:
        return condition.Failure(text, tests[0].failure(seen).saw)

    return condition.Test(text=text, holds=holds, failure=failure)


def _not(test: condition.Test) -> condition.Test:
    text = f"not ({test.text.removeprefix('(').removesuffix(')') if test.text.startswith('(') else test.text})"

    def holds(seen: facts.Facts) -> bool:
        return not test.holds(seen)

    def failure(seen: facts.Facts) -> condition.Failure:
        return condition.Failure(text, test.failure(seen).saw)

    return condition.Test(text=text, holds=holds, failure=failure)


def _leaf(field: str, key: str, wanted: Any) -> condition.Test:
    text = describe(field, key, wanted)
    holds = _MAKERS[key](field, wanted)

    def failure(seen: facts.Facts) -> condition.Failure:
        return condition.Failure(text, seen.values.get(field))

    return condition.Test(text=text, holds=holds, failure=failure)


def describe(field: str, key: str, wanted: Any) -> str:
    """A comparison as an admin would read it: ``priority is not Low``."""
    if key == "empty":
        return f"{field} is empty" if wanted else f"{field} is not empty"
    return f"{field} {key.replace('_', ' ')} {_told(wanted)}"


def _told(wanted: Any) -> str:
    if isinstance(wanted, tuple):
        return ", ".join(_told(one) for one in wanted)
    return str(wanted).lower() if isinstance(wanted, bool) else str(wanted)


def _keys(wanted: Any) -> frozenset[Any]:
    """Every folded value that counts as this one: the number 3 and the text "3" are the same priority."""
    folded = facts.fold(facts.plain(wanted))
    if isinstance(wanted, bool):
        return frozenset((folded,))
    if isinstance(wanted, str):
        number = _number(wanted)
        return frozenset((folded,)) if number is None else frozenset((folded, number))
    return frozenset((folded, str(folded)))


def _is(field: str, wanted: Any) -> Holds:
    return _in(field, (wanted,))


def _in(field: str, wanted: Sequence[Any]) -> Holds:
    accepted = frozenset[Any]().union(*(_keys(one) for one in wanted))
    return lambda seen: seen.folded[field] in accepted


def _negated(maker: Callable[[str, Any], Holds]) -> Callable[[str, Any], Holds]:
    def negative(field: str, wanted: Any) -> Holds:
        positive = maker(field, wanted)
        return lambda seen: not positive(seen)

    return negative


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        if len(value) > LONGEST_NUMBER or not value.isascii() or "_" in value:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _instant(value: Any) -> datetime | None:
    """The instant that a value names; a day is its beginning in UTC."""
    if isinstance(value, str):
        if not 10 <= len(value) <= LONGEST_NUMBER:
            return None
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return facts.aware(value)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[str, Any], Holds]:
    def maker(field: str, wanted: Any) -> Holds:
        read: Callable[[Any], Any] = _instant if isinstance(wanted, date) else _number
        bound = read(wanted)

        def holds(seen: facts.Facts) -> bool:
            value = read(seen.values.get(field))
            return value is not None and bound is not None and compare(value, bound)

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


_MAKERS: dict[str, Callable[[str, Any], Holds]] = {
    "is": _is,
    "is_not": _negated(_is),
    "in": _in,
    "not_in": _negated(_in),
    "above": _ordered(lambda value, bound: value > bound),
    "below": _ordered(lambda value, bound: value < bound),
    "at_least": _ordered(lambda value, bound: value >= bound),
    "at_most": _ordered(lambda value, bound: value <= bound),
    "contains": _textual(lambda value, part: part in value),
    "starts": _textual(lambda value, part: value.startswith(part)),
    "ends": _textual(lambda value, part: value.endswith(part)),
    "matches": _matches,
    "empty": _empty,
}
