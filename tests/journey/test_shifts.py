"""Shifts: local times of day."""

from datetime import UTC, datetime, timedelta

import pytest

from journey.visiting import shifts

DAY = tuple(shifts.parse(text) for text in ("morning 06:00-14:00", "evening 14:00–22:00", "night 22:00-06:00"))


@pytest.mark.parametrize(
    ("hour", "minute", "name"),
    [(3, 59, "night"), (4, 0, "morning"), (11, 59, "morning"), (12, 0, "evening"), (19, 59, "evening"), (20, 0, "night")],
)
def test_a_shift_is_by_the_local_clock_and_its_end_is_not_in_it(hour: int, minute: int, name: str) -> None:
    assert shifts.at(DAY, datetime(2026, 1, 15, hour, minute, tzinfo=UTC), "Europe/Helsinki") == name


def test_summer_time_moves_the_shift() -> None:
    assert shifts.at(DAY, datetime(2026, 7, 15, 3, 30, tzinfo=UTC), "Europe/Helsinki") == "morning"


@pytest.mark.parametrize(
    ("day", "first", "hours"), [((2026, 3, 28), 20, 7), ((2026, 10, 24), 19, 9)], ids=["the shortest night", "the longest night"]
)
def test_a_night_is_one_shift_also_when_the_clocks_change(day: tuple[int, int, int], first: int, hours: int) -> None:
    begin = datetime(*day, first, tzinfo=UTC)
    names = [shifts.at(DAY, begin + timedelta(minutes=minute), "Europe/Helsinki") for minute in range(-1, hours * 60 + 1)]
    assert (names[0], set(names[1:-1]), names[-1]) == ("evening", {"night"}, "morning")


def test_outside_all_shifts_there_is_none() -> None:
    assert shifts.at(DAY[:1], datetime(2026, 1, 15, 20, tzinfo=UTC), "Europe/Helsinki") == ""


@pytest.mark.parametrize("text", ["morning 06:00-14:00", "late shift 14:00-24:00", "night 22:00-6:00"])
def test_a_shift_is_written_as_it_is_read(text: str) -> None:
    assert shifts.parse(str(shifts.parse(text))) == shifts.parse(text)


@pytest.mark.parametrize("text", ["", "06:00-14:00", "morning", "morning 6-14", "morning 06:00-25:00", "morning 06:60-07:00"])
def test_what_is_no_shift_is_refused_with_an_example_or_the_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"morning 06:00-14:00|no clock shows"):
        shifts.parse(text)
