"""Conditions compiled into closures over rows, with the types checked as the service checks them.

A missing value makes a comparison false and its negation true, as in the SQL that Dataverse writes (``ne`` includes null).
"""

import operator
from collections.abc import Callable
from typing import Any

from sandbox.dataverse import refusal
from sandbox.dataverse.queries import functions, odata, operands
from sandbox.dataverse.queries.operands import Operand, Scope, Test
from sandbox.dataverse.rows import values
from sandbox.dataverse.rows.indexes import Row

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MIRROR = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


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
        return functions.call(node, scope)
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
        raise functions.unknown(left.name)
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
        raise operands.incompatible(left.edm, right.edm, word)
    order = operands.order(left.edm)

    def test(row: Row) -> bool:
        one, other = left.get(row), right.get(row)
        if one is None or other is None:
            return word == "ne" and one is not other
        return (order(one) != order(other)) if word == "ne" else _OPERATORS[word](order(one), order(other))

    return test


def compare(operand: Operand, word: str, constant: odata.Literal) -> Test:
    """``operand word constant``."""
    get, key = operand.get, operand.plain
    if constant.kind == "null":
        if word not in ("eq", "ne"):
            return _constant(False)
        return (lambda row: get(row) is None) if word == "eq" else (lambda row: get(row) is not None)
    value, word = operands.convert(operand, word, constant)
    if word in ("never", "always"):
        return _constant(word == "always")
    if word == "ne":
        equal = _equal(operand, value)
        return lambda row: not equal(row)
    if word == "eq":
        return _equal(operand, value)
    if operand.edm == "Edm.Boolean":
        raise operands.incompatible(operand.edm, "Edm.Boolean", word)
    order = operands.order(operand.edm)
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


def _quantified(node: odata.Lambda, scope: Scope) -> Test:
    rows, inner = scope.rows(node.path, node.variable)
    if node.condition is None:
        return lambda row: any(True for _ in rows(row))
    test = compile_condition(node.condition, inner)
    if node.quantifier == "any":
        return lambda row: any(test(other) for other in rows(row))
    return lambda row: all(test(other) for other in rows(row))
