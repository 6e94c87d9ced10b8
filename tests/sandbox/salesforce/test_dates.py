"""Date literals: the days they mean, seen from Wednesday 18 November 2026."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.soql import dates, words

TODAY = date(2026, 11, 18)
LITERALS = [
    ("TODAY", None, "2026-11-18", "2026-11-19"),
    ("YESTERDAY", None, "2026-11-17", "2026-11-18"),
    ("TOMORROW", None, "2026-11-19", "2026-11-20"),
    ("THIS_WEEK", None, "2026-11-15", "2026-11-22"),
    ("LAST_WEEK", None, "2026-11-08", "2026-11-15"),
    ("THIS_MONTH", None, "2026-11-01", "2026-12-01"),
    ("NEXT_MONTH", None, "2026-12-01", "2027-01-01"),
    ("LAST_QUARTER", None, "2026-07-01", "2026-10-01"),
    ("NEXT_QUARTER", None, "2027-01-01", "2027-04-01"),
    ("THIS_FISCAL_YEAR", None, "2026-01-01", "2027-01-01"),
    ("LAST_YEAR", None, "2025-01-01", "2026-01-01"),
    ("LAST_90_DAYS", None, "2026-08-20", "2026-11-19"),
    ("NEXT_90_DAYS", None, "2026-11-19", "2027-02-17"),
    ("LAST_N_DAYS", 7, "2026-11-11", "2026-11-19"),
    ("NEXT_N_DAYS", 2, "2026-11-19", "2026-11-21"),
    ("N_DAYS_AGO", 3, "2026-11-15", "2026-11-16"),
    ("LAST_N_WEEKS", 2, "2026-11-01", "2026-11-15"),
    ("LAST_N_MONTHS", 2, "2026-09-01", "2026-11-01"),
    ("NEXT_N_QUARTERS", 1, "2027-01-01", "2027-04-01"),
    ("N_YEARS_AGO", 1, "2025-01-01", "2026-01-01"),
]


@pytest.mark.parametrize(("word", "count", "first", "after"), LITERALS)
def test_a_literal_means_these_days(word: str, count: int | None, first: str, after: str) -> None:
    assert dates.days(word, count, TODAY) == (date.fromisoformat(first), date.fromisoformat(after))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(sorted(words.DATE_LITERALS)))
def test_every_plain_literal_is_a_range_that_ends_after_it_begins(today: date, word: str) -> None:
    first, after = dates.days(word, None, today)
    assert first < after


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(sorted(words.COUNTED_LITERALS)), st.integers(1, 100))
def test_every_counted_literal_is_a_range_that_ends_after_it_begins(today: date, word: str, count: int) -> None:
    first, after = dates.days(word, count, today)
    assert first < after
