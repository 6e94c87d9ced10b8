"""The facts of a touchpoint that rules may test, by name, as plain values.

Called by decide; conditions read from it. Folding (for comparing text as people do) is done once per field, however many
rules ask.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from triggers import touchpoint

INTRINSIC: Mapping[str, Callable[[touchpoint.Touchpoint], Any]] = {
    "kind": lambda touch: touch.kind,
    "connector": lambda touch: touch.connector,
    "object": lambda touch: touch.object,
    "record": lambda touch: touch.record,
    "label": lambda touch: touch.label,
    "account": lambda touch: touch.account,
    "happened_at": lambda touch: touch.happened_at,
    "language": lambda touch: touch.person.language if touch.person else None,
    "person": lambda touch: touch.person.record if touch.person else None,
    "email_domain": lambda touch: domain(touch.person.email) if touch.person else None,
}
"""Fields every touchpoint has, whatever its kind; the context adds the rest and does not override these."""

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


class _Folded(dict[str, Any]):
    """Folded values by field, made when first asked for."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, touchpoint.Plain]) -> None:
        super().__init__()
        self._values = values

    def __missing__(self, field: str) -> Any:
        folded = self[field] = fold(self._values.get(field))
        return folded


class Facts:
    """One touchpoint's facts: ``values`` as the CRM had them, ``folded`` as they are compared."""

    __slots__ = ("folded", "values")

    def __init__(self, touch: touchpoint.Touchpoint) -> None:
        self.values: dict[str, touchpoint.Plain] = {name: plain(value) for name, value in touch.context.items()}
        self.values.update((name, plain(read(touch))) for name, read in INTRINSIC.items())
        self.folded = _Folded(self.values)
