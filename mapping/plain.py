"""Single values of CRM records as touchpoints want them. Pure, and total: whatever a CRM may hold, nothing here raises.

Called by inward.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from connectors import base
from mapping import kind
from triggers import facts, touchpoint


def first(values: Mapping[str, Any], paths: Iterable[str]) -> Any:
    """The first value that is neither missing nor empty text."""
    for path in paths:
        value = values.get(path)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def text(value: Any) -> str:
    """A value as text that any database takes: no NUL, no lone surrogates, no white space around; None is empty."""
    if value is None:
        return ""
    shown = facts.plain(value)
    said = shown if isinstance(shown, str) else str(shown)
    if not said.isascii():
        said = said.encode("utf-8", "replace").decode("utf-8")
    return said.replace("\x00", "").strip()


def holds(expected: kind.Expected, values: base.Values) -> bool:
    """Whether every path has the value, or one of the values, expected; text without regard to case."""
    return all(meets(values.get(path), wanted) for path, wanted in expected.items())


def meets(value: Any, wanted: Any) -> bool:
    """Whether it is the value, or one of the values, wanted."""
    if isinstance(wanted, tuple):
        return any(meets(value, one) for one in wanted)
    return bool(facts.fold(value) == facts.fold(wanted))


_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


def opted_out(columns: Sequence[Any]) -> bool | None:
    """True when one column says so; None when one of them cannot be read; False when all say no, or there are none."""
    said = [truth(value) for value in columns]
    if any(said):
        return True
    return None if None in said else False


def truth(value: Any) -> bool | None:
    """Whether a check box is set, however the CRM writes that; None for what is neither yes nor no."""
    word = text(value).casefold() if isinstance(value, str | int) else ""
    return True if word in _YES else False if word in _NO else None


def fact(column: kind.Column, values: base.Values) -> touchpoint.Plain:
    """One context value: codes by their names where the source gives names, instants as ISO 8601 text in UTC."""
    value = facts.plain(first(values, column.path))
    if column.names:
        named = column.names.get(text(value))
        if named is not None:
            return named
    return text(value) if isinstance(value, str) else value


def instant(values: base.Values, paths: Sequence[str], stamp: datetime | None) -> datetime | None:
    """The first path that holds an instant, else the row's stamp; never later than the stamp. A mere day is its noon."""
    known = None if stamp is None else facts.aware(stamp)
    found = next((moment for path in paths if (moment := _moment(values.get(path))) is not None), None)
    if found is None or known is None:
        return found or known
    return min(found, known)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value.strip()) == 10 else datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return facts.aware(value)
    return datetime.combine(value, time(12), UTC) if isinstance(value, date) else None
