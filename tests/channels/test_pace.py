"""The pace: no window ever holds more than it may, nobody waits for another domain, and every mail gets its turn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels.email import pace
from triggers import spans

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def gone(limits: pace.Pace, mails: list[tuple[str, str, int]]) -> list[tuple[str, datetime]]:
    """Key, domain and second at which each mail comes: when each goes, coming again at the turn that it was told."""
    waiting = [(START + SECOND * at, key, domain) for key, domain, at in mails]
    went = []
    while waiting:
        waiting.sort()
        now, key, domain = waiting.pop(0)
        turn = limits.turn(key, domain, now)
        if turn > now:
            waiting.append((turn, key, domain))
        else:
            went.append((domain, now))
    return went


MAILS = some.lists(some.tuples(some.sampled_from(["a.example", "b.example"]), some.integers(0, 30)), max_size=40)


@given(MAILS, some.sampled_from([0.5, 1, 3, None]), some.sampled_from(["1 per 5s", "4 per 10s", None]))
def test_no_window_holds_more_than_it_may_and_each_mail_goes(
    comes: list[tuple[str, int]], per_second: float | None, per_domain: str | None
) -> None:
    cap = spans.cap(per_domain) if per_domain else None
    went = gone(pace.Pace(per_second, cap), [(str(i), domain, at) for i, (domain, at) in enumerate(comes)])
    assert len(went) == len(comes)
    for _, begin in went:
        if per_second is not None:
            span = SECOND * (1 if per_second >= 1 else 1 / per_second)
            assert sum(begin <= at < begin + span for _, at in went) <= max(1, per_second)
        if cap is not None:
            for name in ("a.example", "b.example"):
                assert sum(begin <= at < begin + cap.span and domain == name for domain, at in went) <= cap.count


def test_a_domain_at_its_limit_does_not_hold_up_another() -> None:
    limits = pace.Pace(None, spans.cap("2 per 1m"))
    turns = [limits.turn(str(i), "slow.example", START) for i in range(50)]
    assert turns[-1] == START + timedelta(minutes=24)
    assert limits.turn("other", "quick.example", START) == START


def test_domains_are_the_same_in_upper_and_lower_case() -> None:
    limits = pace.Pace(None, spans.cap("1 per 1m"))
    assert limits.turn("1", "Posti.example", START) == START
    assert limits.turn("2", "posti.example", START) == START + timedelta(minutes=1)


def test_whoever_comes_before_its_turn_is_told_the_same_turn() -> None:
    limits = pace.Pace(1, None)
    assert limits.turn("1", "a.example", START) == START
    assert {limits.turn("2", "a.example", START) for _ in range(5)} == {START + SECOND}


@pytest.mark.parametrize(("per_second", "per_domain", "limits"), [(None, None, False), (1, None, True), (None, "1 per 1m", True)])
def test_without_limits_everything_goes_at_once(per_second: float | None, per_domain: str | None, limits: bool) -> None:
    made = pace.Pace(per_second, spans.cap(per_domain) if per_domain else None)
    assert made.limits is limits
    if not limits:
        assert {made.turn(str(i), "a.example", START) for i in range(100)} == {START}


LATE = some.lists(some.tuples(some.sampled_from(["a.example", "b.example"]), some.integers(0, 3000)), max_size=60)


@given(LATE, some.sampled_from([0.5, 1, 3, None]), some.sampled_from(["1 per 5s", "4 per 10s", None]))
def test_what_really_goes_keeps_the_limits_however_late_it_comes(
    comes: list[tuple[str, int]], per_second: float | None, per_domain: str | None
) -> None:
    cap = spans.cap(per_domain) if per_domain else None
    limits, now = pace.Pace(per_second, cap), START
    went: list[tuple[datetime, str]] = []
    for number, (domain, pause) in enumerate(comes):
        now += timedelta(milliseconds=pause)
        if limits.leaves(str(number), domain, now) == now:
            went.append((now, domain))
    for begin, _ in went:
        if per_second is not None:
            span = SECOND * (1 if per_second >= 1 else 1 / per_second)
            assert sum(begin <= at < begin + span for at, _ in went) <= max(1, per_second)
        if cap is not None:
            for name in ("a.example", "b.example"):
                assert sum(begin <= at < begin + cap.span and domain == name for at, domain in went) <= cap.count
