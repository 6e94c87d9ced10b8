"""Windows, holidays and business days, by the clock on the wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers import calendar

HELSINKI = ZoneInfo("Europe/Helsinki")
OFFICE = calendar.Days(window=calendar.parse("mon-fri 09:00-17:00"), closed=("FI",))


def local(text: str) -> datetime:
    """A time in Helsinki."""
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI)


@pytest.mark.parametrize(
    ("wanted", "opens"),
    [
        ("2026-05-05 12:00", "2026-05-05 12:00"),
        ("2026-05-05 09:00", "2026-05-05 09:00"),
        ("2026-05-05 08:59", "2026-05-05 09:00"),
        ("2026-05-05 17:00", "2026-05-06 09:00"),
        ("2026-05-08 18:00", "2026-05-11 09:00"),
        ("2026-04-30 18:00", "2026-05-04 09:00"),  # the first of May is a holiday and a Friday
        ("2026-12-23 18:00", "2026-12-28 09:00"),
        ("2026-03-27 18:00", "2026-03-30 09:00"),  # clocks go forward in between
        ("2026-10-23 18:00", "2026-10-26 09:00"),  # and back
    ],
)
def test_a_message_moves_to_the_next_opening(wanted: str, opens: str) -> None:
    assert OFFICE.opens(local(wanted), HELSINKI) == local(opens)


def test_the_window_is_the_person_s_own() -> None:
    moment = datetime(2026, 5, 5, 6, tzinfo=UTC)
    assert OFFICE.opens(moment, HELSINKI) == moment
    assert OFFICE.opens(moment, ZoneInfo("America/New_York")) == datetime(2026, 5, 5, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "delay", "end"),
    [
        ("2026-05-04 10:00", timedelta(days=1), "2026-05-05 10:00"),
        ("2026-05-08 15:00", timedelta(days=2), "2026-05-12 15:00"),
        ("2026-05-09 12:00", timedelta(days=1), "2026-05-11 12:00"),
        ("2026-04-30 10:00", timedelta(days=1, hours=2), "2026-05-04 12:00"),
        ("2026-03-27 10:00", timedelta(days=1), "2026-03-30 10:00"),
        ("2026-05-08 15:00", timedelta(hours=5), "2026-05-08 20:00"),
    ],
)
def test_whole_days_of_a_delay_are_business_days(start: str, delay: timedelta, end: str) -> None:
    assert OFFICE.add(local(start), delay, HELSINKI) == local(end)


def test_hours_may_differ_by_day_and_days_may_be_closed_by_date() -> None:
    days = calendar.Days(window=calendar.parse("fri-sun 10:00-12:00, sat 14:00-24:00"), closed=("2026-05-09",))
    assert days.opens(local("2026-05-08 11:30"), HELSINKI) == local("2026-05-08 11:30")
    assert days.opens(local("2026-05-08 12:00"), HELSINKI) == local("2026-05-10 10:00")
    assert days.opens(local("2026-05-16 12:00"), HELSINKI) == local("2026-05-16 14:00")
    assert days.opens(local("2026-05-16 23:59"), HELSINKI) == local("2026-05-16 23:59")


def test_parts_of_a_country_have_holidays_of_their_own() -> None:
    epiphany = date(2026, 1, 6)
    assert calendar.Days(window=calendar.ALWAYS, closed=("DE-BY",)).is_holiday(epiphany)
    assert not calendar.Days(window=calendar.ALWAYS, closed=("DE-HH",)).is_holiday(epiphany)


def test_the_end_of_the_calendar_never_opens() -> None:
    assert calendar.Days(window=calendar.parse("mon 09:00-10:00")).opens(datetime.max.replace(tzinfo=UTC), HELSINKI) is None


hours = st.integers(0, 23 * 4).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, 24 * 4)))


def clock(quarters: int) -> str:
    return f"{quarters // 4:02}:{quarters % 4 * 15:02}"


@given(
    st.sampled_from(calendar.DAYS),
    st.sampled_from(calendar.DAYS),
    hours,
    st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "UTC"]),
)
def test_the_clock_on_the_wall_is_always_within_the_window(
    first: str, last: str, span: tuple[int, int], moment: datetime, zone: str
) -> None:
    window = calendar.parse(f"{first}-{last} {clock(span[0])}-{clock(span[1])}")
    where = ZoneInfo(zone)
    opens = calendar.Days(window=window, closed=("FI",)).opens(moment, where)
    assert opens is not None
    assert opens >= moment
    wall = opens.astimezone(where)
    assert span[0] * 15 <= wall.hour * 60 + wall.minute < span[1] * 15
    assert window.week[wall.weekday()]
    assert calendar.Days(window=window, closed=("FI",)).opens(opens, where) == opens
