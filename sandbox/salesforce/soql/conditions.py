"""WHERE and HAVING as closures: compiled once, asked for every record.

Comparing text ignores case; null is unequal to everything but null; a null checkbox (a parent that is not there) is false.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sandbox.salesforce import errors, records, schema
from sandbox.salesforce.soql import names, tokens, tree, values

Test: TypeAlias = Callable[[records.Record], bool]
_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Target:
    """What a condition looks at."""

    name: str
    kind: str
    get: names.Getter
    filterable: bool = True


class Resolver(Protocol):
    """Knows what targets mean, and runs the sub-selects of IN."""

    context: names.Context
    query: tree.Query

    def target(self, target: tree.Path | tree.Function) -> Target:
        """The meaning of a path or function."""

    def members(self, member: tree.Member, target: Target) -> frozenset[Any]:
        """The values of a sub-select."""


def compile_condition(condition: tree.Condition, resolver: Resolver) -> Test:
    """A function from record to whether it holds. Raises INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR …"""
    if isinstance(condition, tree.Both):
        return _both([compile_condition(part, resolver) for part in condition.parts])
    if isinstance(condition, tree.Either):
        return _either([compile_condition(part, resolver) for part in condition.parts])
    if isinstance(condition, tree.Negation):
        inner = compile_condition(condition.part, resolver)
        return lambda record: not inner(record)
    target = resolver.target(condition.target)
    if not target.filterable:
        message = f"field '{target.name}' can not be filtered in a query call"
        raise names.invalid_field(resolver.query.text, condition.target.at, message)
    if isinstance(condition, tree.Member):
        return _member(condition, target, resolver)
    return _compare(condition, target, resolver)


def _both(tests: Sequence[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda record: first(record) and second(record)
    return lambda record: all(test(record) for test in tests)


def _either(tests: Sequence[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda record: first(record) or second(record)
    return lambda record: any(test(record) for test in tests)


def refuse_operator(resolver: Resolver, at: int, message: str) -> errors.ApiError:
    """INVALID_QUERY_FILTER_OPERATOR with the place."""
    return errors.ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", tokens.complaint(resolver.query.text, at, message))


def _compare(condition: tree.Compare, target: Target, resolver: Resolver) -> Test:
    at, sign = condition.target.at, condition.operator
    if sign in ("INCLUDES", "EXCLUDES"):
        return _multiple(condition, target, resolver)
    if sign == "LIKE" and target.kind not in schema.TEXTUAL:
        raise refuse_operator(resolver, at, f"invalid operator on {target.kind} field")
    value = values.single(resolver.context, resolver.query.text, target.name, target.kind, condition.values[0])
    if sign == "LIKE":
        return _like(target.get, value)
    if target.kind == "boolean" and sign not in ("=", "!="):
        raise refuse_operator(resolver, at, "invalid operator on boolean field")
    if isinstance(value, tuple):
        return _ranged(target.get, sign, value)
    if sign in ("=", "!="):
        return _equal(target, value, negated=sign == "!=")
    return _ordered(target, sign, value)


def _like(get: names.Getter, pattern: str | None) -> Test:
    if pattern is None:
        return lambda record: get(record) is None
    pieces, place = [], 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and place + 1 < len(pattern):
            place += 1
            pieces.append(re.escape(pattern[place]))
        else:
            pieces.append({"%": ".*", "_": "."}.get(letter, re.escape(letter)))
        place += 1
    match = re.compile("".join(pieces), re.IGNORECASE | re.DOTALL).fullmatch
    return lambda record: (value := get(record)) is not None and match(value) is not None


def _ranged(get: names.Getter, sign: str, bounds: tuple[str, str]) -> Test:
    first, after = bounds
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda value: first <= value < after,
        "<": lambda value: value < first,
        "<=": lambda value: value < after,
        ">": lambda value: value >= after,
        ">=": lambda value: value >= first,
    }
    if sign == "!=":
        return lambda record: (value := get(record)) is None or not first <= value < after
    test = tests[sign]
    return lambda record: (value := get(record)) is not None and test(value)


def _equal(target: Target, value: Any, *, negated: bool) -> Test:
    get = target.get
    if target.kind == "boolean":
        wanted = bool(value) != negated
        return lambda record: bool(get(record)) is wanted
    if target.kind in schema.TEXTUAL and value is not None:
        lowered = value.lower()
        if negated:
            return lambda record: (found := get(record)) is None or found.lower() != lowered
        return lambda record: (found := get(record)) is not None and found.lower() == lowered
    if negated:
        return lambda record: get(record) != value
    return lambda record: get(record) == value


def _ordered(target: Target, sign: str, value: Any) -> Test:
    get, test = target.get, _ORDER[sign]
    if value is None:
        return lambda record: False
    if target.kind in schema.TEXTUAL:
        lowered = value.lower()
        return lambda record: (found := get(record)) is not None and test(found.lower(), lowered)
    return lambda record: (found := get(record)) is not None and test(found, value)


def _multiple(condition: tree.Compare, target: Target, resolver: Resolver) -> Test:
    if target.kind != "multipicklist":
        raise refuse_operator(
            resolver, condition.target.at, f"{condition.operator.lower()} operator is not valid on {target.kind} field"
        )
    get = target.get
    groups = [frozenset(literal.text.lower().split(";")) for literal in condition.values]
    wanted = condition.operator == "INCLUDES"
    return lambda record: any(group <= set((get(record) or "").lower().split(";")) for group in groups) is wanted


def _member(member: tree.Member, target: Target, resolver: Resolver) -> Test:
    get, negated = target.get, member.negated
    if target.kind == "multipicklist":
        raise refuse_operator(resolver, member.at, "invalid operator on multipicklist field")
    if member.query is not None:
        chosen = resolver.members(member, target)
        return lambda record: (get(record) in chosen) is not negated
    found = [values.single(resolver.context, resolver.query.text, target.name, target.kind, literal) for literal in member.values]
    ranges = [value for value in found if isinstance(value, tuple)]
    if target.kind in schema.TEXTUAL:
        lowered = frozenset(value if value is None else value.lower() for value in found)

        def textual(record: records.Record) -> bool:
            value = get(record)
            return ((value if value is None else value.lower()) in lowered) is not negated

        return textual
    plain = frozenset(value for value in found if not isinstance(value, tuple))
    if ranges:
        return lambda record: (
            ((value := get(record)) in plain or (value is not None and any(a <= value < b for a, b in ranges))) is not negated
        )
    return lambda record: (get(record) in plain) is not negated
