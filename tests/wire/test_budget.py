"""Call budgets: ours within 24 hours, and the other side's own."""

import threading

import pytest

from wire import budget, errors


class Hours:
    """A clock for the budget."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    clock = Hours()
    monkeypatch.setattr(budget, "time", clock)
    return clock


def test_calls_within_the_limit_are_counted(hours: Hours) -> None:
    counted = budget.Budget(3)
    counted.spend()
    counted.spend(2)
    assert counted.calls == 3


def test_a_call_beyond_the_limit_is_later_with_the_delay_until_it_will_do(hours: Hours) -> None:
    counted = budget.Budget(1)
    counted.spend()
    hours.now += 3600
    with pytest.raises(errors.Later) as refused:
        counted.spend()
    assert refused.value.delay == 23 * 3600


def test_calls_of_yesterday_do_not_count(hours: Hours) -> None:
    counted = budget.Budget(1)
    counted.spend()
    hours.now += 24 * 3600 + 301
    counted.spend()
    assert counted.calls == 2


def test_the_other_sides_limit_is_left_to_others_near_its_end(hours: Hours) -> None:
    counted = budget.Budget()
    counted.note(96, 100)
    with pytest.raises(errors.Later, match="96 of 100"):
        counted.spend()


def test_the_other_side_is_asked_again_after_a_while(hours: Hours) -> None:
    counted = budget.Budget()
    counted.note(100, 100)
    hours.now += 901
    counted.spend()
    counted.note(10, 100)
    counted.spend()


def test_many_threads_do_not_spend_more_than_there_is() -> None:
    counted = budget.Budget(50)
    refused = []

    def spend() -> None:
        for _ in range(20):
            try:
                counted.spend()
            except errors.Later:
                refused.append(1)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counted.calls, len(refused)) == (50, 110)


@pytest.mark.parametrize(
    ("used", "seconds"),
    [(0, 0.0), (79, 0.0), (80, 0.0), (84, 75.0), (90, 120.0), (95, 240.0), (99, 600.0), (120, 600.0)],
)
def test_rounds_stretch_as_the_other_sides_limit_comes_near(hours: Hours, used: int, seconds: float) -> None:
    counted = budget.Budget()
    counted.note(used, 100)
    counted.begin_round()
    assert counted.patience(60) == pytest.approx(seconds)
    hours.now += seconds
    assert counted.patience(60) == pytest.approx(0, abs=1e-6)


def test_rounds_stretch_as_our_own_budget_comes_near(hours: Hours) -> None:
    counted = budget.Budget(10)
    counted.spend(9)
    counted.begin_round()
    assert counted.patience(60) == pytest.approx(120)
    hours.now += 24 * 3600 + 301
    assert counted.patience(60) == 0


def test_the_first_round_never_waits(hours: Hours) -> None:
    counted = budget.Budget()
    counted.note(99, 100)
    assert counted.patience(60) == 0
