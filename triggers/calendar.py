"""Days and hours in which people may be asked: send windows, public holidays, business days. Pure; daylight saving counts.

Called by rule (to read the settings) and by timing (to move a message into its window).
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import pydantic

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"^(?P<days>[a-z]{3}(?:-[a-z]{3})?)(?:\s+(?P<start>\d\d?:\d\d)-(?P<end>\d\d?:\d\d))?$")
_SHAPE = 'such as "mon-fri 09:00-17:00", several with commas'
_FARTHEST = 400
"""Days ahead within which a window opens, if it does at all."""
_REMEMBERED = 10_000
_MIDNIGHT = time()
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """From ``start`` up to but not including ``end``, by the clock on the wall; an end of 00:00 is the end of the day."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True)
class Window:
    """Hours of the week in which messages may go out."""

    text: str
    """As it was written."""
    week: tuple[tuple[Hours, ...], ...]
    """For each day from Monday on, in order of time."""


ALWAYS = Window(text="at any time", week=((Hours(start=_MIDNIGHT, end=_MIDNIGHT),),) * 7)
BUSINESS_DAYS = frozenset(range(5))
"""Monday to Friday, where no window says otherwise."""


def parse(text: Any) -> Window:
    """``mon-fri 09:00-17:00, sat 10:00-14:00`` as a window. Raises ValueError that says what would be right."""
    if isinstance(text, Window):
        return text
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"should be days and hours {_SHAPE}")
    week: list[list[Hours]] = [[] for _ in DAYS]
    parts = [part.strip().casefold() for part in text.split(",")]
    bare = [part for part in parts if (found := _PART.match(part)) is not None and found["start"] is None]
    if bare and len(bare) < len(parts):
        told = f"write {bare[0]} 09:00-17:00, or {bare[0]} 00:00-24:00 for all day"
        raise ValueError(f"should say hours for each part between commas: {told}")
    for part in parts:
        days, hours = _part(part)
        for day in days:
            week[day].append(hours)
    return Window(text=text.strip(), week=tuple(_in_order(day) for day in week))


def _part(part: str) -> tuple[Sequence[int], Hours]:
    found = _PART.match(part)
    if found is None:
        raise ValueError(f"should be days and hours {_SHAPE}")
    if found["start"] is None:
        return _days(found["days"]), Hours(start=_MIDNIGHT, end=_MIDNIGHT)
    start, end = _time(found["start"]), _time(found["end"])
    if found["start"].startswith("24"):
        raise ValueError(f"should not begin at the end of a day: write 00:00 for its beginning, not {found['start']}")
    if end != _MIDNIGHT and end <= start:
        raise ValueError(f"never opens: {found['end']} is not after {found['start']}; hours past midnight are two windows")
    return _days(found["days"]), Hours(start=start, end=end)


def _time(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if (hour, minute) == (24, 0):
        return _MIDNIGHT
    if hour > 23 or minute > 59:
        raise ValueError(f"should have times from 00:00 to 24:00, not {text}")
    return time(hour, minute)


def _days(text: str) -> Sequence[int]:
    first, _, last = text.partition("-")
    for name in (first, last or first):
        if name not in DAYS:
            raise ValueError(f"should name days as {', '.join(DAYS)}, not {name}")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _in_order(day: Sequence[Hours]) -> tuple[Hours, ...]:
    ordered = sorted(day, key=lambda hours: hours.start)
    for earlier, later in itertools.pairwise(ordered):
        if earlier.end == _MIDNIGHT or earlier.end > later.start:
            raise ValueError("should not name the same hours of a day twice")
    return tuple(ordered)


SendWindow = Annotated[
    Window,
    pydantic.BeforeValidator(parse, json_schema_input_type=str),
    pydantic.PlainSerializer(lambda window: window.text, return_type=str),
]
"""A pydantic field type: written ``"mon-fri 09:00-17:00"``."""


def zone(name: Any) -> ZoneInfo | None:
    """The time zone of that name; None for what is none."""
    return _zone(name) if isinstance(name, str) and name and len(name) < 64 else None


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(frozen=True, kw_only=True)
class Days:
    """A window together with the days on which it stays closed."""

    window: Window
    closed: tuple[str, ...] = ()
    """Countries (``FI``, ``DE-BY``), whose public holidays they are, and single days (``2026-12-31``)."""

    _known: dict[tuple[date, str], tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict, compare=False, repr=False)

    def opens(self, moment: datetime, where: ZoneInfo) -> datetime | None:
        """The moment itself (aware) while the window is open, else when it opens next, in UTC; None: not within a year.

        Where a clock change skips or repeats hours, the narrower reading counts: the clock on the wall is always within them.
        """
        for start, end in self._openings(moment, where):
            if moment < end:
                return max(start, moment)
        return None

    def _openings(self, moment: datetime, where: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        try:
            first = moment.astimezone(where).date()
            for ahead in range(_FARTHEST):
                yield from self._of_day(first + _DAY * ahead, where)
        except OverflowError:  # the end of the calendar
            return

    def _of_day(self, day: date, where: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
        key = (day, where.key)
        known = self._known.get(key)
        if known is None:
            hours = () if self.is_holiday(day) else self.window.week[day.weekday()]
            known = tuple(span for one in hours if (span := _span(day, one, where)) is not None)
            if len(self._known) < _REMEMBERED:
                self._known[key] = known
        return known

    def is_holiday(self, day: date) -> bool:
        """Whether the window stays closed all day."""
        return any(day in _holidays(one, day.year) for one in self.closed)

    def is_business_day(self, day: date) -> bool:
        """Whether the window opens on that weekday (without a window: Monday to Friday) and it is no holiday."""
        weekday = day.weekday()
        opens = weekday in BUSINESS_DAYS if self.window is ALWAYS else bool(self.window.week[weekday])
        return opens and not self.is_holiday(day)

    def add(self, moment: datetime, delay: timedelta, where: ZoneInfo) -> datetime:
        """So much later, where whole days of the delay are business days by the clock on the wall, and the rest is time."""
        local = moment.astimezone(where)
        left = delay.days
        for _ in range(delay.days * 7 + _FARTHEST):
            if left <= 0:
                break
            local += _DAY  # the same time on the wall
            left -= self.is_business_day(local.date())
        return local.astimezone(UTC) + (delay - timedelta(days=delay.days))


def _span(day: date, hours: Hours, where: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The hours in UTC; None where a clock change leaves nothing of them."""
    start = max(_readings(datetime.combine(day, hours.start, where)))
    last = day + _DAY if hours.end == _MIDNIGHT else day
    end = min(_readings(datetime.combine(last, hours.end, where)))
    return (start, end) if start < end else None


def _readings(local: datetime) -> tuple[datetime, datetime]:
    """A time on the wall in UTC, both ways in which it can be read when clocks change; they are the same otherwise."""
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@lru_cache(maxsize=10_000)
def _holidays(code: str, year: int) -> frozenset[date]:
    if code[:1].isdigit():
        return frozenset((date.fromisoformat(code),))
    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def closed_day(code: Any) -> str:
    """A country, a part of one or a single day, as it was written. Raises ValueError that says what would be right."""
    if isinstance(code, date):
        return code.isoformat()
    if not isinstance(code, str) or not code.strip():
        raise ValueError('should be a country such as "FI", a part of one such as "DE-BY", or a day such as "2026-12-31"')
    name = code.strip()
    return _day(name) if name[:1].isdigit() else _country(name)


def _day(name: str) -> str:
    try:
        return date.fromisoformat(name).isoformat()
    except ValueError:
        raise ValueError('should be a day that there is, such as "2026-12-31"') from None


def _country(name: str) -> str:
    country, _, part = name.upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f'should be a country by its two letters, such as "FI", not "{country[:20]}"')
    parts = {one.upper(): one for one in known[country]}
    if part and part not in parts:
        told = f"should be a part of {country}: {', '.join(known[country])}" if parts else f"{country} has no parts here"
        raise ValueError(told)
    return f"{country}-{parts[part]}" if part else country


ClosedDay = Annotated[str, pydantic.BeforeValidator(closed_day, json_schema_input_type=str)]
"""A pydantic field type: ``"FI"``, ``"DE-BY"``, ``"2026-12-31"``."""
