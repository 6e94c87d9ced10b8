"""Load: how much has been asked of each account, e-mail domain, day and group. What caps and minimums count.

Filled by journey from the store or from what preview simulates, and kept up to date while a batch is decided; read by pressure.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from triggers import facts, spans, touchpoint


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One asking as it is counted: decisions keep these columns. Empty text is not counted."""

    account: str = ""
    domain: str = ""
    stratum: str = ""
    """Rule and group, where the rule has a minimum."""
    at: datetime


def account(touch: touchpoint.Touchpoint) -> str:
    """The account's name over all connectors; empty when there is none."""
    return f"{touch.connector}:{touch.account}" if touch.account else ""


def domain(touch: touchpoint.Touchpoint) -> str:
    """The e-mail domain of the person as it is counted; empty when there is none."""
    return facts.domain(touch.person.email).casefold() if touch.person is not None else ""


@dataclass(kw_only=True)
class Load:
    """Askings by what they are counted by. Times are in order."""

    accounts: dict[str, list[datetime]] = field(default_factory=dict)
    domains: dict[str, list[datetime]] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)
    """By the company's own calendar."""
    answers: dict[str, float] = field(default_factory=dict)
    """By stratum: answers, and questions not answered yet as far as they count."""

    def add(self, one: Asking, day: date, answer: float = 0.0) -> None:
        """Count an asking on this day of the company's; ``answer`` is what it counts as until it is answered."""
        for table, key in ((self.accounts, one.account), (self.domains, one.domain)):
            if key:
                bisect.insort(table.setdefault(key, []), one.at)
        self.days[day] = self.days.get(day, 0) + 1
        if one.stratum:
            self.answers[one.stratum] = self.answers.get(one.stratum, 0.0) + answer

    def remove(self, one: Asking, day: date, answer: float = 0.0) -> None:
        """Take back what ``add`` counted."""
        for table, key in ((self.accounts, one.account), (self.domains, one.domain)):
            times = table.get(key, [])
            place = bisect.bisect_left(times, one.at)
            if place < len(times) and times[place] == one.at:
                del times[place]
        self.days[day] = max(self.days.get(day, 0) - 1, 0)
        if one.stratum in self.answers:
            self.answers[one.stratum] -= answer


def free(times: Sequence[datetime], cap: spans.Cap, wanted: datetime) -> datetime:
    """The first moment from ``wanted`` on at which one more asking keeps within the cap; ``times`` are in order.

    No time of the cap's span, wherever it begins, has more askings than the cap's count.
    """
    if len(times) < cap.count:
        return wanted
    near = times[bisect.bisect_right(times, wanted - cap.span) :]
    later = (time + cap.span for time in near)
    return next(moment for moment in (wanted, *later) if moment >= wanted and _fits(times, cap, moment))


def _fits(times: Sequence[datetime], cap: spans.Cap, moment: datetime) -> bool:
    """Whether, with an asking at this moment, no ``count + 1`` askings in a row lie closer together than the span."""
    place = bisect.bisect_right(times, moment)
    first, last = max(place - cap.count, 0), min(place + cap.count, len(times))
    row = [*times[first:place], moment, *times[place:last]]
    return all(end - start >= cap.span for start, end in zip(row, row[cap.count :], strict=False))


def free_day(days: dict[date, int], most: int, wanted: date) -> date:
    """The first day from ``wanted`` on that has room for one more."""
    day = wanted
    while days.get(day, 0) >= most:
        day += timedelta(days=1)
    return day
