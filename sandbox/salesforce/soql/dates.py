"""Date literals (SOQL and SOSL Reference, "Date Formats and Date Literals") and date functions.

A literal is a range of days in the user's time zone; weeks begin on Sunday, the fiscal year in January.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FIXED: dict[str, tuple[int, int]] = {
    "YESTERDAY": (-1, 0), "TODAY": (0, 1), "TOMORROW": (1, 2), "LAST_90_DAYS": (-90, 1), "NEXT_90_DAYS": (1, 91),
}  # fmt: skip
_MONTHS = {"MONTH": 1, "QUARTER": 3, "FISCAL_QUARTER": 3, "YEAR": 12, "FISCAL_YEAR": 12}


def days(word: str, count: int | None, today: date) -> tuple[date, date]:
    """First day and the day after the last one."""
    if word in _FIXED:
        first, after = _FIXED[word]
        return today + timedelta(first), today + timedelta(after)
    if count is None:
        which, unit = word.split("_", 1)
        shift = {"LAST": -1, "THIS": 0, "NEXT": 1}[which]
        return _period(unit, today, shift), _period(unit, today, shift + 1)
    return _counted(word, count, today)


def _counted(word: str, count: int, today: date) -> tuple[date, date]:
    if word.endswith("_AGO"):
        unit = word.removeprefix("N_").removesuffix("S_AGO")
        return _period(unit, today, -count), _period(unit, today, 1 - count)
    which, unit = word.removesuffix("S").split("_N_")
    if which == "LAST":
        return _period(unit, today, -count), today + timedelta(1) if unit == "DAY" else _period(unit, today, 0)
    return _period(unit, today, 1), _period(unit, today, count + 1)


def _period(unit: str, today: date, shift: int) -> date:
    if unit == "DAY":
        return today + timedelta(shift)
    if unit == "WEEK":
        return today - timedelta(today.isoweekday() % 7) + timedelta(weeks=shift)
    months = _MONTHS[unit]
    number = today.year * 12 + (today.month - 1) // months * months + shift * months
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


FUNCTIONS: dict[str, Callable[[datetime], int | str]] = {
    "CALENDAR_MONTH": lambda moment: moment.month,
    "CALENDAR_QUARTER": lambda moment: (moment.month + 2) // 3,
    "CALENDAR_YEAR": lambda moment: moment.year,
    "FISCAL_MONTH": lambda moment: moment.month,
    "FISCAL_QUARTER": lambda moment: (moment.month + 2) // 3,
    "FISCAL_YEAR": lambda moment: moment.year,
    "DAY_IN_MONTH": lambda moment: moment.day,
    "DAY_IN_WEEK": lambda moment: moment.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda moment: moment.timetuple().tm_yday,
    "DAY_ONLY": lambda moment: moment.date().isoformat(),
    "HOUR_IN_DAY": lambda moment: moment.hour,
    "WEEK_IN_MONTH": lambda moment: (moment.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda moment: (moment.timetuple().tm_yday - 1) // 7 + 1,
}
