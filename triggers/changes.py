"""How a field changed, as a touchpoint's context keeps it: the latest change that the CRM told of when it was noticed.

Beside the field's own value, ``priority``, the context then has up to three plain values:

- ``priority.changed_at``: when it changed (ISO 8601, UTC). None: the CRM keeps such changes and there was none. Not there: the
  CRM did not tell, so that nothing may rest on it;
- ``priority.changed_from`` and ``priority.changed_to``: the values before and after; not there where it did not change.

Written by journey (with mapping) when a touchpoint is stored; read by compiling, matching and ``palaute why``.
"""

from collections.abc import Mapping
from datetime import datetime

from triggers import touchpoint

AT = ".changed_at"
FROM = ".changed_from"
TO = ".changed_to"
COMPARISONS: Mapping[str, str] = {"changed_from": FROM, "changed_to": TO}
"""Comparison in settings → the end of the context's key that it looks at."""
UNTOLD = "not told by the CRM"
UNCHANGED = "no change"

Values = Mapping[str, touchpoint.Plain]


def never(field: str) -> dict[str, touchpoint.Plain]:
    """What the context keeps of a field that did not change."""
    return {field + AT: None}


def happened(field: str, at: datetime, was: touchpoint.Plain, became: touchpoint.Plain) -> dict[str, touchpoint.Plain]:
    """What the context keeps of a field that changed; ``at`` is aware."""
    return {field + AT: at.isoformat(), field + FROM: was, field + TO: became}


def told(values: Values, field: str) -> bool:
    """Whether the CRM told how the field changed, or that it did not."""
    return field + AT in values


def shown(values: Values, field: str) -> str:
    """What is known of the change, as an admin reads it: ``from Low to High on 2026-05-04 11:58 UTC``."""
    if not told(values, field):
        return UNTOLD
    at = values[field + AT]
    if at is None:
        return UNCHANGED
    return f"from {_shown(values.get(field + FROM))} to {_shown(values.get(field + TO))} on {_moment(str(at))}"


def field_of(key: str) -> str:
    """The field whose change a key of the context is about; empty for any other key."""
    return key.removesuffix(AT) if key.endswith(AT) else ""


def fields(values: Values) -> tuple[str, ...]:
    """The fields of which the context keeps how they changed."""
    return tuple(key.removesuffix(AT) for key in values if key.endswith(AT))


_LONGEST = 60
"""Characters of a value that are shown."""


def _shown(value: touchpoint.Plain) -> str:
    if value is None or value == "":
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text
