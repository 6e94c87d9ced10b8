"""Shifts of a place: which part of the local day an answer belongs to. Pure. Called by places and by the ``place`` command."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

_SHIFT = re.compile(r"\s*(?P<name>\S(?:.{0,58}\S)?)\s+(?P<start>\d{1,2}:\d\d)\s*[-–]\s*(?P<end>\d{1,2}:\d\d)\s*")


@dataclass(frozen=True, kw_only=True)
class Shift:
    """From one time of day to another, the end not included; past midnight where the end is not after the start."""

    name: str
    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.name} {self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, moment: time) -> bool:
        """Whether this time of day is within the shift."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def parse(text: str) -> Shift:
    """``morning 06:00-14:00``; 24:00 is midnight. Raises ValueError, with what would be right."""
    found = _SHIFT.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" should be a name and two times of day, such as "morning 06:00-14:00"')
    return Shift(name=found["name"], start=_time(text, found["start"]), end=_time(text, found["end"]))


def _time(text: str, told: str) -> time:
    hour, minute = (int(part) for part in told.split(":"))
    try:
        return time(0 if (hour, minute) == (24, 0) else hour, minute)
    except ValueError:
        raise ValueError(f'"{text}" has the time {told}, which no clock shows') from None


def at(shifts: Sequence[Shift], instant: datetime, zone: str) -> str:
    """The name of the first shift that holds this instant's local time; empty for none."""
    moment = instant.astimezone(ZoneInfo(zone)).time()
    return next((one.name for one in shifts if one.holds(moment)), "")
