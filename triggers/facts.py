"""The facts of a touchpoint that rules may test, by name, as plain values.

Called by decide; conditions read from it. Folding (for comparing text as people do) is done once per field, however many
rules ask.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from triggers import touchpoint

INTRINSIC = (
    "kind",
    "connector",
    "object",
    "record",
    "label",
    "account",
    "happened_at",
    "language",
    "person",
    "email_domain",
)
"""Facts every touchpoint has, whatever its kind; the context adds the rest and does not override these. ``person`` is the record
id of the person; the address itself is no fact, so that no decision keeps one."""


def intrinsic(touch: touchpoint.Touchpoint) -> dict[str, touchpoint.Plain]:
    """The values of ``INTRINSIC``; what concerns the person is empty where there is none."""
    person = touch.person
    return {
        "kind": touch.kind,
        "connector": touch.connector,
        "object": touch.object,
        "record": touch.record,
        "label": touch.label,
        "account": touch.account,
        "happened_at": aware(touch.happened_at).isoformat(),
        "language": person.language if person is not None else None,
        "person": person.record if person is not None else None,
        "email_domain": domain(person.email) if person is not None else None,
    }


_LONGEST_NUMBER = 40
"""Characters up to which a text is tried as a number or an instant."""
_LONGEST_INTEGER = 128
"""Bits of a whole number that is kept as one; Python refuses to print those of more than 4,300 digits."""


def domain(email: Any) -> str:
    """The part behind the last @: what rules may test of an address without the decision keeping the address."""
    return email.rpartition("@")[2].strip() if isinstance(email, str) and "@" in email else ""


def plain(value: Any) -> touchpoint.Plain:
    """Any value as one that a decision can keep: instants become ISO 8601 text in UTC, strange things their type's name."""
    if value is None or isinstance(value, str | bool | float):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _LONGEST_INTEGER else f"<{value.bit_length()} bits>"
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return f"<{type(value).__name__}>"


def aware(moment: datetime) -> datetime:
    """The instant in UTC; without a zone it is taken as UTC. The two ends of the calendar stay where they are."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return moment.replace(tzinfo=UTC)


def fold(value: Any) -> Any:
    """The value as it is compared: text without case or composition of accents, truth as text, the rest as it is."""
    if isinstance(value, str):
        return value.casefold() if value.isascii() else unicodedata.normalize("NFC", value).casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def number(value: Any) -> float | int:
    """The number that a value is or reads as; NaN, which is neither above nor below anything, for everything else."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or not value.isascii() or "_" in value:
        return math.nan
    try:
        return float(value)
    except ValueError:
        return math.nan


def instant(value: Any) -> datetime | None:
    """The instant that a value names; a day is its beginning in UTC. None for everything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if 10 <= len(value) <= _LONGEST_NUMBER else None
        except ValueError:
            return None
    if isinstance(value, datetime):
        return aware(value)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


class _Lazy(dict[str, Any]):
    """Values by field as ``make`` makes them, when first asked for."""

    __slots__ = ("_make", "_values")

    def __init__(self, make: Callable[[Any], Any], values: Mapping[str, touchpoint.Plain]) -> None:
        super().__init__()
        self._make, self._values = make, values

    def __missing__(self, field: str) -> Any:
        made = self[field] = self._make(self._values.get(field))
        return made


_AS_IT_IS = frozenset({str, float, bool, type(None)})


class Facts:
    """One touchpoint's facts: ``values`` as the CRM had them, ``folded`` and ``numbers`` as they are compared."""

    __slots__ = ("folded", "now", "numbers", "values")

    def __init__(self, touch: touchpoint.Touchpoint, now: datetime) -> None:
        self.now = now
        """The time (aware) that ages are counted from."""
        self.values: dict[str, touchpoint.Plain] = {
            name: value if value.__class__ in _AS_IT_IS else plain(value) for name, value in touch.context.items()
        }
        self.values.update(intrinsic(touch))
        self.folded = _Lazy(fold, self.values)
        self.numbers = _Lazy(number, self.values)
