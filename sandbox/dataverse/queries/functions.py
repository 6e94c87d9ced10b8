"""The functions of conditions: text functions, and Microsoft's query functions (In, Between, Today, LastXDays …)."""

from typing import Any

from sandbox.dataverse import refusal
from sandbox.dataverse.queries import dates, odata, operands
from sandbox.dataverse.queries.operands import Operand, Scope, Test
from sandbox.dataverse.rows import values
from sandbox.dataverse.rows.indexes import Row


def call(node: odata.Call, scope: Scope) -> Test:
    """A function as a closure over rows."""
    if node.name in odata.STRING_FUNCTIONS and not node.named:
        return _string_function(node, scope)
    if node.named or not node.arguments:
        return _query_function(node, scope)
    raise unknown(node.name)


def unknown(name: str) -> refusal.Refusal:
    """A function that Dataverse does not have."""
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
        operand = scope.attribute(tuple(str(name.value).split("/")))
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
    return [operands.from_text(operand, str(item.value)) for item in several if isinstance(item, odata.Literal)]


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
    order = operands.order(operand.edm)
    get = operand.get

    def inside(row: Row) -> bool:
        found = get(row)
        return found is not None and low <= order(found) <= high

    return inside if name == "Between" else (lambda row: not inside(row))
