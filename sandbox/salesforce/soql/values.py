"""Literals checked against a column's type and turned into what records hold."""

from typing import Any

from sandbox.salesforce import errors, ids, moments, schema
from sandbox.salesforce.soql import dates, names, tokens, tree

_SHOWN_TYPE = {"datetime": "dateTime", "reference": "ID", "id": "ID"} | dict.fromkeys(schema.TEXTUAL, "string")


def is_textual(kind: str) -> bool:
    """Whether literals of this column stand in quotes."""
    return kind in schema.TEXTUAL or kind in ("id", "reference")


def wrong_type(text: str, name: str, kind: str, at: int) -> errors.ApiError:
    """INVALID_FIELD: the literal does not fit the column."""
    quotes = "should be enclosed in quotes" if is_textual(kind) else "should not be enclosed in quotes"
    message = f"value of filter criterion for field '{name}' must be of type {_SHOWN_TYPE.get(kind, kind)} and {quotes}"
    return names.invalid_field(text, at, message)


def single(context: names.Context, text: str, name: str, kind: str, literal: tree.Literal) -> Any:
    """One value; a date literal answers as a pair (first, after) of the column's own type. Raises INVALID_FIELD."""
    if literal.kind == "null":
        return None
    if literal.kind == "named" and kind in ("date", "datetime"):
        return _range(context, kind, literal)
    fits = {"boolean": ("boolean",), "date": ("date",), "datetime": ("datetime",)}.get(kind)
    if fits is None:
        fits = ("number",) if kind in schema.NUMERIC else ("string",)
    if literal.kind not in fits:
        raise wrong_type(text, name, kind, literal.at)
    return _value(text, name, kind, literal)


def _value(text: str, name: str, kind: str, literal: tree.Literal) -> Any:
    if kind == "boolean":
        return literal.text == "true"
    if kind in schema.NUMERIC:
        return float(literal.text)
    if kind == "date":
        if not moments.is_date(literal.text):
            raise wrong_type(text, name, kind, literal.at)
        return literal.text
    if kind == "datetime":
        moment = moments.normalise(literal.text)
        if moment is None:
            raise wrong_type(text, name, kind, literal.at)
        return moment
    if kind in ("id", "reference"):
        if literal.text == "":
            return None
        identifier = ids.extend(literal.text)
        if identifier is None:
            message = tokens.complaint(text, literal.at, f"invalid ID field: {literal.text}")
            raise errors.ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", message)
        return identifier
    return literal.text or None


def _range(context: names.Context, kind: str, literal: tree.Literal) -> tuple[str, str]:
    today = context.now.astimezone(context.zone).date()
    try:
        first, after = dates.days(literal.text, literal.count, today)
    except (ValueError, OverflowError) as error:
        raise errors.ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"{literal.text}: value outside of valid range") from error
    if kind == "date":
        return first.isoformat(), after.isoformat()
    return moments.stamp(dates.midnight(first, context.zone)), moments.stamp(dates.midnight(after, context.zone))
