"""Conditions compiled into closures over rows, with the types checked as the service checks them.

A missing value makes a comparison false and its negation true, as in the SQL that Dataverse writes (``ne`` includes null).
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sandbox.dataverse import dates, odata, refusal, values
from sandbox.dataverse.records import Row

Test = Callable[[Row], bool]
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MIRROR = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_NAMES = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}


@dataclass(frozen=True)
class Operand:
    """A property that a condition speaks of: how to get it and what type it has."""

    get: Callable[[Row], Any]
    edm: str
    name: str
    plain: str | None = None
    """The row key, when the value stands in the row itself."""


class Scope(Protocol):
    """What names mean where a condition stands."""

    def operand(self, steps: tuple[str, ...]) -> Operand:
        """The property at this path; raises Refusal when there is none."""

    def rows(self, steps: tuple[str, ...], variable: str) -> "tuple[Callable[[Row], Iterable[Row]], Scope]":
        """The rows behind a collection-valued navigation property and the scope inside a lambda over them."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What "today" means."""

    @property
    def user(self) -> str:
        """Who "me" is."""


def compile_condition(node: odata.Node, scope: Scope) -> Test:
    """A closure that tells whether a row fulfils the condition."""
    if isinstance(node, odata.Logic):
        return _logic(node.operator, [compile_condition(item, scope) for item in node.items])
    if isinstance(node, odata.Not):
        inner = compile_condition(node.item, scope)
        return lambda row: not inner(row)
    if isinstance(node, odata.Compare):
        return _compare(node, scope)
    if isinstance(node, odata.Call):
        return _call(node, scope)
    if isinstance(node, odata.Lambda):
        return _quantified(node, scope)
    if isinstance(node, odata.Path):
        operand = scope.operand(node.steps)
        if operand.edm == "Edm.Boolean":
            return lambda row: operand.get(row) is True
    if isinstance(node, odata.Literal) and node.kind == "boolean":
        return _constant(bool(node.value))
    raise refusal.bad_query("The $filter expression must evaluate to a single boolean value.")


def _constant(value: bool) -> Test:
    return lambda row: value


def _logic(word: str, tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        if word == "and":
            return lambda row: first(row) and second(row)
        return lambda row: first(row) or second(row)
    if word == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _compare(node: odata.Compare, scope: Scope) -> Test:
    left, right, word = node.left, node.right, node.operator
    if isinstance(left, odata.Literal) and not isinstance(right, odata.Literal):
        left, right, word = right, left, _MIRROR[word]
    if isinstance(left, odata.Call) and not left.named:
        raise _unknown(left.name)
    if not isinstance(left, odata.Path):
        raise refusal.bad_query("The left side of a comparison must be a property.")
    operand = scope.operand(left.steps)
    if isinstance(right, odata.Path):
        return _columns(operand, scope.operand(right.steps), word)
    if not isinstance(right, odata.Literal):
        raise refusal.bad_query("The right side of a comparison must be a constant or a property.")
    return compare(operand, word, right)


def _columns(left: Operand, right: Operand, word: str) -> Test:
    if left.edm != right.edm:
        raise _incompatible(left.edm, right.edm, word)
    order = _order(left.edm)

    def test(row: Row) -> bool:
        one, other = left.get(row), right.get(row)
        if one is None or other is None:
            return word == "ne" and one is not other
        return (order(one) != order(other)) if word == "ne" else _OPERATORS[word](order(one), order(other))

    return test


def _order(edm: str) -> Callable[[Any], Any]:
    if edm == "Edm.String":
        return values.fold
    return dates.guid_order if edm == "Edm.Guid" else lambda value: value


def _incompatible(left: str, right: str, word: str) -> refusal.Refusal:
    return refusal.bad_query(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left}' and '{right}' for operator kind '{_NAMES.get(word, word)}'."
    )


def compare(operand: Operand, word: str, constant: odata.Literal) -> Test:
    """``operand word constant``."""
    get, key = operand.get, operand.plain
    if constant.kind == "null":
        if word not in ("eq", "ne"):
            return _constant(False)
        return (lambda row: get(row) is None) if word == "eq" else (lambda row: get(row) is not None)
    value, word = convert(operand, word, constant)
    if word in ("never", "always"):
        return _constant(word == "always")
    if word == "ne":
        equal = _equal(operand, value)
        return lambda row: not equal(row)
    if word == "eq":
        return _equal(operand, value)
    if operand.edm == "Edm.Boolean":
        raise _incompatible(operand.edm, "Edm.Boolean", word)
    order = _order(operand.edm)
    value = order(value)
    how = _OPERATORS[word]
    if key is not None and operand.edm not in ("Edm.String", "Edm.Guid"):
        return lambda row: (found := row.get(key)) is not None and how(found, value)
    return lambda row: (found := get(row)) is not None and how(order(found), value)


def _equal(operand: Operand, value: Any) -> Test:
    get, key = operand.get, operand.plain
    if operand.edm == "Edm.String":
        folded = values.fold(value)
        return lambda row: (found := get(row)) is not None and values.fold(found) == folded
    if key is not None:
        return lambda row: row.get(key) == value
    return lambda row: get(row) == value


def convert(operand: Operand, word: str, constant: odata.Literal) -> tuple[Any, str]:
    """The constant as rows hold it, and the operator that means the same for whole-second stamps."""
    value, kind, edm = constant.value, constant.kind, operand.edm
    if edm == "Edm.DateTimeOffset" and kind in ("datetime", "date"):
        return _moment(str(value), word)
    if edm == "Edm.Date" and kind in ("date", "datetime"):
        if kind == "datetime":
            raise _incompatible(edm, "Edm.DateTimeOffset", word)
        try:
            return date.fromisoformat(str(value)).isoformat(), word
        except ValueError as error:
            raise refusal.bad_query(f"Unrecognized 'Edm.Date' literal '{value}'.") from error
    fits = {"string": edm == "Edm.String", "guid": edm == "Edm.Guid", "boolean": edm == "Edm.Boolean"}
    if kind == "number" and edm in ("Edm.Int32", "Edm.Int64", "Edm.Decimal", "Edm.Double"):
        return value, word
    if fits.get(kind, False):
        return value, word
    names = {
        "string": "Edm.String",
        "guid": "Edm.Guid",
        "boolean": "Edm.Boolean",
        "date": "Edm.Date",
        "datetime": "Edm.DateTimeOffset",
    }
    raise _incompatible(edm, names.get(kind, "Edm.Int32"), word)


def _moment(text: str, word: str) -> tuple[str, str]:
    try:
        moment = values.instant(text) or datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError as error:
        raise refusal.bad_query(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}'.") from error
    if moment.microsecond:
        word = {"eq": "never", "ne": "always", "ge": "gt", "lt": "le"}.get(word, word)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ"), word


def _call(node: odata.Call, scope: Scope) -> Test:
    if node.name in odata.STRING_FUNCTIONS and not node.named:
        return _string_function(node, scope)
    if node.named or not node.arguments:
        return _query_function(node, scope)
    raise _unknown(node.name)


def _unknown(name: str) -> refusal.Refusal:
    return refusal.bad_query(
        f"An unknown function with name '{name}' was found. This may also be a function import or a key lookup on a navigation "
        "property, which is not allowed."
    )


def _string_function(node: odata.Call, scope: Scope) -> Test:
    if len(node.arguments) != 2 or not isinstance(node.arguments[0], odata.Path):
        raise refusal.bad_query(
            f"No function signature for the function with name '{node.name}' matches the specified arguments."
        )
    operand = scope.operand(node.arguments[0].steps)
    wanted = node.arguments[1]
    if operand.edm != "Edm.String" or not isinstance(wanted, odata.Literal) or wanted.kind != "string":
        raise refusal.bad_query(
            f"No function signature for the function with name '{node.name}' matches the specified arguments."
        )
    part = values.fold(wanted.value)
    get = operand.get
    if node.name == "contains":
        return lambda row: (found := get(row)) is not None and part in values.fold(found)
    if node.name == "startswith":
        return lambda row: (found := get(row)) is not None and values.fold(found).startswith(part)
    return lambda row: (found := get(row)) is not None and values.fold(found).endswith(part)


def _query_function(node: odata.Call, scope: Scope) -> Test:
    named = dict(node.named)
    name = named.pop("PropertyName", None)
    if isinstance(name, odata.Literal) and name.kind == "string":
        operand = scope.operand(tuple(str(name.value).split("/")))
    elif isinstance(name, odata.Path):
        operand = scope.operand(name.steps)
    else:
        raise refusal.bad_query(f"The function 'Microsoft.Dynamics.CRM.{node.name}' needs the parameter 'PropertyName'.")
    several = named.pop("PropertyValues", None)
    one = named.pop("PropertyValue", None)
    if named:
        raise refusal.bad_query(f"The function 'Microsoft.Dynamics.CRM.{node.name}' has no parameter '{next(iter(named))}'.")
    if node.name in ("In", "NotIn"):
        return _membership(node.name, operand, several)
    if node.name in ("Between", "NotBetween"):
        return _between(node.name, operand, several)
    if node.name in ("EqualUserId", "NotEqualUserId"):
        me = scope.user
        return (lambda row: operand.get(row) == me) if node.name == "EqualUserId" else (lambda row: operand.get(row) != me)
    if operand.edm not in ("Edm.DateTimeOffset", "Edm.Date"):
        raise refusal.no_segment(f"Microsoft.Dynamics.CRM.{node.name}")
    low, high = dates.window(node.name, one.value if isinstance(one, odata.Literal) else None, scope.clock())
    get = operand.get
    width = 10 if operand.edm == "Edm.Date" else 20
    low, high = (low or "")[:width], (high or "9999")[:width]
    if operand.edm == "Edm.Date" and high:
        return lambda row: (found := get(row)) is not None and low <= found and (found < high or low == high == found)
    return lambda row: (found := get(row)) is not None and low <= found < high


def _texts(operand: Operand, several: object) -> list[Any]:
    if not isinstance(several, tuple):
        raise refusal.bad_query("The parameter 'PropertyValues' must be a collection.")
    return [from_text(operand, str(item.value)) for item in several if isinstance(item, odata.Literal)]


def from_text(operand: Operand, text: str) -> Any:
    """A query function's value, which travels as text whatever the column's type is."""
    try:
        if operand.edm in ("Edm.Int32", "Edm.Int64"):
            return int(text)
        if operand.edm in ("Edm.Decimal", "Edm.Double"):
            return float(text)
    except ValueError as error:
        raise refusal.bad_query(f"Cannot convert the literal '{text}' to the expected type '{operand.edm}'.") from error
    if operand.edm == "Edm.Boolean":
        return text.lower() in ("true", "1")
    if operand.edm == "Edm.Guid":
        if not values.GUID.fullmatch(text):
            raise refusal.bad_query(f"Cannot convert the literal '{text}' to the expected type 'Edm.Guid'.")
        return text.lower()
    if operand.edm == "Edm.DateTimeOffset":
        return _moment(text, "eq")[0]
    return values.fold(text) if operand.edm == "Edm.String" else text


def _membership(name: str, operand: Operand, several: object) -> Test:
    wanted = frozenset(_texts(operand, several))
    get = operand.get
    if operand.edm == "Edm.String":
        inside: Test = lambda row: (found := get(row)) is not None and values.fold(found) in wanted  # noqa: E731
    else:
        inside = lambda row: get(row) in wanted  # noqa: E731
    return inside if name == "In" else (lambda row: not inside(row))


def _between(name: str, operand: Operand, several: object) -> Test:
    bounds = _texts(operand, several)
    if len(bounds) != 2:
        raise refusal.bad_query(f"The function 'Microsoft.Dynamics.CRM.{name}' needs two values.")
    low, high = bounds
    order = _order(operand.edm)
    get = operand.get

    def inside(row: Row) -> bool:
        found = get(row)
        return found is not None and low <= order(found) <= high

    return inside if name == "Between" else (lambda row: not inside(row))


def _quantified(node: odata.Lambda, scope: Scope) -> Test:
    rows, inner = scope.rows(node.path, node.variable)
    if node.condition is None:
        return lambda row: any(True for _ in rows(row))
    test = compile_condition(node.condition, inner)
    if node.quantifier == "any":
        return lambda row: any(test(other) for other in rows(row))
    return lambda row: all(test(other) for other in rows(row))
