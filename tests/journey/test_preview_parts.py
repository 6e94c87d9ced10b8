"""The parts of preview: sorting what does not fit, the daemon's polls, what answers are worth, rows that no spreadsheet runs."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from journey.preview import cases, course, crowd, expected, reading, sorting
from surveys import metrics, survey
from triggers import decision, touchpoint

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@hypothesis.given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), max_size=200), st.integers(1, 40), st.integers(1, 10)
)
def test_sorting_gives_everything_back_once_in_order(items: list[tuple[int, int]], run: int, block: int) -> None:
    sorter: sorting.Sorter[tuple[int, int]] = sorting.Sorter(lambda one: one[0], run=run, block=block)
    sorter.add(items)
    assert list(sorter) == sorted(items, key=lambda one: one[0])


def test_what_comes_in_order_is_one_run_however_much_it_is() -> None:
    sorter: sorting.Sorter[int] = sorting.Sorter(lambda one: one, run=10, block=5)
    sorter.add(range(1000))
    assert list(sorter) == list(range(1000))


@pytest.mark.parametrize(
    ("minutes", "noticed"),
    [(0, 0), (1, 10), (10, 10), (10.5, 20), (59, 60), (61, 65), (64, 65), (600, 65), (-600, 0)],
)
def test_what_happened_is_noticed_at_the_next_poll_and_never_later_than_now(minutes: float, noticed: float) -> None:
    span = reading.Span(since=NOON, until=NOON + timedelta(minutes=65))
    assert span.tick(NOON + timedelta(minutes=minutes), timedelta(minutes=10)) == NOON + timedelta(minutes=noticed)


@hypothesis.given(st.integers(-5000, 5000), st.integers(1, 500))
def test_no_touchpoint_waits_longer_than_a_poll(seconds: int, poll: int) -> None:
    span = reading.Span(since=NOON, until=NOON + timedelta(hours=1))
    happened_at = NOON + timedelta(seconds=seconds)
    noticed = span.tick(happened_at, timedelta(seconds=poll))
    assert span.since <= noticed <= span.until
    assert noticed - max(happened_at, span.since) < timedelta(seconds=poll)


def test_a_refusal_counts_from_its_moment_on() -> None:
    refusals = crowd.Refusals([(NOON, 1), (NOON - timedelta(days=1), 2)], {})
    refusals.until(NOON - timedelta(seconds=1))
    assert refusals.so_far == {2: NOON - timedelta(days=1)}
    refusals.until(NOON)
    assert set(refusals.so_far) == {1, 2}


def test_people_have_numbers_of_their_own() -> None:
    assert crowd.number("0123456789abcdef" * 4) != crowd.number("1123456789abcdef" * 4)


@pytest.mark.parametrize(
    ("headline", "n", "half"),
    [(metrics.Headline.NET, 164, 12.6), (metrics.Headline.SHARE, 96, 9.8), (metrics.Headline.SHARE, 385, 5.0)],
)
def test_more_answers_tell_a_figure_more_exactly(headline: metrics.Headline, n: int, half: float) -> None:
    assert expected.half_width(headline, n) == pytest.approx(half, abs=0.15)


@hypothesis.given(st.integers(1, 100_000), st.sampled_from(list(metrics.Headline)))
def test_a_width_is_never_nought_and_never_more_than_everything(n: int, headline: metrics.Headline) -> None:
    assert 0 < expected.half_width(headline, n) <= 100


def test_each_survey_has_its_own_expectation() -> None:
    surveys = {"a": survey.Survey(key="a", metric="nps"), "b": survey.Survey(key="b", metric="csat")}
    told = expected.expected({"a": 1000, "b": 10, "gone": 5}, surveys, 0.3)
    assert [(one.survey, one.metric, one.answers) for one in told] == [("a", "nps", 300), ("b", "csat", 3), ("gone", "", 2)]
    assert told[2].half_width is None


def test_nobody_answers_at_a_rate_of_nought() -> None:
    told = expected.expected({"a": 1000}, {"a": survey.Survey(key="a", metric="nps")}, 0.0)
    assert (told[0].answers, told[0].half_width) == (0, None)


def case(**changes: Any) -> course.Case:
    given: dict[str, Any] = {
        "connector": "crm",
        "kind": "case_closed",
        "object": "case",
        "record": "1",
        "occurrence": "1",
        "label": "00000001",
        "happened_at": NOON,
        "source": "case_closed",
        "person": touchpoint.Recipient(record="contact-1", name="Aino Virtanen", email="aino@posti.example"),
    }
    touch = touchpoint.Touchpoint(**(given | changes))
    decided = decision.Decision(verdict=decision.Verdict.NEVER, reason=decision.Reason.OPTED_OUT, rule="Cases", explanation="No.")
    return course.Case(touch=touch, person=1, decided=decided, at=NOON)


def written(*some: course.Case) -> list[dict[str, str]]:
    file = io.StringIO(newline="")
    assert list(cases.written(some, file)) == list(some)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def test_a_row_tells_of_a_case_what_the_decision_says() -> None:
    row = written(case())[0]
    assert (row["record"], row["person"], row["reason"], row["rule"]) == ("1", "contact-1", "opted_out", "Cases")


def test_no_row_has_a_name_or_an_address() -> None:
    assert not {"Aino Virtanen", "aino@posti.example"} & set(written(case())[0].values())


@pytest.mark.parametrize("label", ["=1+1", "+358401234567", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_runs_what_a_customer_wrote(label: str) -> None:
    assert written(case(label=label))[0]["label"].startswith("'")


@hypothesis.given(st.text(max_size=50))
def test_any_text_stays_in_its_cell(label: str) -> None:
    row = written(case(label=label), case())
    assert len(row) == 2
    assert row[1]["record"] == "1"
