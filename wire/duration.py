"""Durations as settings write them: ``90s``, ``15m``, ``2h``, ``14d``, ``2w``, ``24 months``."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "month": timedelta(days=30.4375),
    "months": timedelta(days=30.4375),
}
_SHAPE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d|w|months?)\s*$")


def parse(text: Any) -> timedelta:
    """``2h`` as a timedelta; a timedelta passes through. A month is a twelfth of 365.25 days.

    Raises ValueError that says what would be right.
    """
    if isinstance(text, timedelta):
        return text
    found = _SHAPE.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('should be a duration such as "30s", "15m", "2h", "14d" or "24 months"')
    try:
        return float(found[1]) * _UNITS[found[2]]
    except OverflowError:
        raise ValueError("should be a shorter time: no calendar is that long") from None


Duration = Annotated[timedelta, BeforeValidator(parse, json_schema_input_type=str)]
"""A pydantic field type: written ``"2h"``, read as a timedelta."""
