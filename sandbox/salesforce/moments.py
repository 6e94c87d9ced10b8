"""Dates and times as the REST API writes and reads them. Records hold them as text that sorts like time."""

import re
from datetime import UTC, date, datetime

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")


def stamp(moment: datetime) -> str:
    """``2026-01-01T00:00:00.000+0000``; the service keeps its own stamps in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def normalise(text: str) -> str | None:
    """Any ISO moment with an offset in the form that records hold (UTC, milliseconds), None when it is none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    day, time, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(day + "T" + time + (offset if offset != "Z" else "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    milliseconds = (fraction or ".")[1:4].ljust(3, "0")
    return moment.strftime(f"%Y-%m-%dT%H:%M:%S.{milliseconds}+0000")


def parse(text: str) -> datetime:
    """The aware moment behind a record's text. Raises ValueError when it is none."""
    normal = normalise(text)
    if normal is None:
        raise ValueError("not a moment")
    return datetime.fromisoformat(normal[:-5] + "+00:00")


def is_date(text: str) -> bool:
    """Whether this is a calendar day as ``YYYY-MM-DD``."""
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False
