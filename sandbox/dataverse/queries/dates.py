"""What the relative date functions mean (Today, LastXDays, OlderThanXMonths …), in UTC."""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.dataverse import refusal
from sandbox.dataverse.rows import indexes, values

Window = tuple[str | None, str | None]
"""From (inclusive) until (exclusive), None is open."""


def _months(moment: datetime, count: int) -> datetime:
    number = moment.year * 12 + moment.month - 1 + count
    year, month = divmod(number, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _shift(moment: datetime, unit: str, count: int) -> datetime:
    if unit in ("Months", "Years"):
        return _months(moment, count * (12 if unit == "Years" else 1))
    return (
        moment
        + count
        * {"Minutes": timedelta(minutes=1), "Hours": timedelta(hours=1), "Days": timedelta(days=1), "Weeks": timedelta(weeks=1)}[
            unit
        ]
    )


def _period(unit: str, day: datetime, count: int) -> tuple[datetime, datetime]:
    if unit == "Week":
        start = day - timedelta(days=(day.weekday() + 1) % 7) + timedelta(weeks=count)
        return start, start + timedelta(weeks=1)
    if unit == "Month":
        start = _months(day.replace(day=1), count)
        return start, _months(start, 1)
    start = day.replace(month=1, day=1, year=day.year + count)
    return start, start.replace(year=start.year + 1)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else indexes.stamp(moment)


def window(name: str, value: Any, now: datetime) -> Window:
    """The time that a date function covers; raises Refusal for a function that does not exist."""
    second = timedelta(seconds=1)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    fixed = {
        "Today": (today, today + day),
        "Yesterday": (today - day, today),
        "Tomorrow": (today + day, today + 2 * day),
        "Last7Days": (today - 7 * day, now + second),
        "Next7Days": (now, today + 8 * day),
    }
    if name in fixed:
        low, high = fixed[name]
        return _text(low), _text(high)
    for word, count in (("This", 0), ("Last", -1), ("Next", 1)):
        for unit in ("Week", "Month", "Year"):
            if name == word + unit:
                low, high = _period(unit, today, count)
                return _text(low), _text(high)
    if name in ("On", "OnOrAfter", "OnOrBefore"):
        return _on(name, value)
    return _relative(name, value, now, today)


def _on(name: str, value: Any) -> Window:
    text = str(value)
    moment = values.instant(text if "T" in text else text + "T00:00:00Z")
    if moment is None:
        raise refusal.bad_query(f"Cannot convert the literal '{value}' to the expected type 'Edm.DateTimeOffset'.")
    start = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    after = start + timedelta(days=1)
    return _text(None if name == "OnOrBefore" else start), _text(None if name == "OnOrAfter" else after)


def _relative(name: str, value: Any, now: datetime, today: datetime) -> Window:
    for prefix in ("LastX", "NextX", "OlderThanX"):
        unit = name.removeprefix(prefix)
        if name.startswith(prefix) and unit in ("Minutes", "Hours", "Days", "Weeks", "Months", "Years"):
            try:
                count = int(value)
            except (TypeError, ValueError) as error:
                raise refusal.bad_query(f"Cannot convert the literal '{value}' to the expected type 'Edm.Int64'.") from error
            base = now if unit in ("Minutes", "Hours") else today
            if prefix == "OlderThanX":
                return None, _text(_shift(now, unit, -count))
            if prefix == "LastX":
                return _text(_shift(base, unit, -count)), _text(now + timedelta(seconds=1))
            return _text(now), _text(_shift(base + (timedelta() if base == now else timedelta(days=1)), unit, count))
    raise refusal.no_segment(f"Microsoft.Dynamics.CRM.{name}")
