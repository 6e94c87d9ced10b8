"""What conditions speak of: a property with its type, and how constants are made to fit it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sandbox.dataverse import refusal
from sandbox.dataverse.queries import odata
from sandbox.dataverse.rows import indexes, values
from sandbox.dataverse.rows.indexes import Row

Test = Callable[[Row], bool]
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

    def attribute(self, steps: tuple[str, ...]) -> Operand:
        """The same for a query function's PropertyName, which may also be a look-up's logical name (``ownerid``)."""

    def rows(self, steps: tuple[str, ...], variable: str) -> "tuple[Callable[[Row], Iterable[Row]], Scope]":
        """The rows behind a collection-valued navigation property and the scope inside a lambda over them."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What "today" means."""

    @property
    def user(self) -> str:
        """Who "me" is."""


def order(edm: str) -> Callable[[Any], Any]:
    """What makes two values of a type comparable."""
    if edm == "Edm.String":
        return values.fold
    return indexes.guid_order if edm == "Edm.Guid" else lambda value: value


def incompatible(left: str, right: str, word: str) -> refusal.Refusal:
    """Two types that cannot be compared."""
    return refusal.bad_query(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left}' and '{right}' for operator kind '{_NAMES.get(word, word)}'."
    )


def convert(operand: Operand, word: str, constant: odata.Literal) -> tuple[Any, str]:
    """The constant as rows hold it, and the operator that means the same for whole-second stamps."""
    value, kind, edm = constant.value, constant.kind, operand.edm
    if edm == "Edm.DateTimeOffset" and kind in ("datetime", "date"):
        return moment(str(value), word)
    if edm == "Edm.Date" and kind in ("date", "datetime"):
        if kind == "datetime":
            raise incompatible(edm, "Edm.DateTimeOffset", word)
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
    raise incompatible(edm, names.get(kind, "Edm.Int32"), word)


def moment(text: str, word: str) -> tuple[str, str]:
    """An instant as rows hold it, and the operator that means the same for whole seconds."""
    try:
        when = values.instant(text) or datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError as error:
        raise refusal.bad_query(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}'.") from error
    if when.microsecond:
        word = {"eq": "never", "ne": "always", "ge": "gt", "lt": "le"}.get(word, word)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ"), word


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
        return moment(text, "eq")[0]
    return values.fold(text) if operand.edm == "Edm.String" else text
