"""The clockwork: looks often, never twice at a time, survives steps that raise, stops cleanly."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from journey import engine
from tests import waiting


@pytest.fixture
def clockwork() -> Iterator[engine.Clockwork]:
    """A clockwork that is stopped at the end."""
    made = engine.Clockwork()
    yield made
    made.stop()


def test_a_step_runs_now_and_then_every_so_often(clockwork: engine.Clockwork) -> None:
    runs: list[int] = []
    clockwork.every("count", 0.05, lambda: runs.append(1))
    clockwork.start()
    waiting.until(lambda: len(runs) >= 3)


def test_a_step_never_runs_twice_at_a_time(clockwork: engine.Clockwork) -> None:
    inside, most = [0], [0]
    lock = threading.Lock()
    runs: list[int] = []

    def step() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.06)
        with lock:
            inside[0] -= 1
        runs.append(1)

    clockwork.every("slow", 0.01, step)
    clockwork.start()
    waiting.until(lambda: len(runs) >= 3)
    assert most[0] == 1


def test_a_step_that_raises_is_told_of_once_without_its_message_and_runs_again(
    clockwork: engine.Clockwork, logs: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    def step() -> None:
        runs.append(1)
        if len(runs) <= 3:
            raise ValueError("aino@posti.example")

    clockwork.every("bad", 0.02, step)
    clockwork.start()
    waiting.until(lambda: len(logs) >= 2)
    assert [line["event"] for line in logs] == ["step failed", "step works again"]
    assert "aino" not in f"{logs} {caplog.text}"


def test_one_step_that_hangs_does_not_hold_up_the_others(clockwork: engine.Clockwork) -> None:
    go = threading.Event()
    runs: list[int] = []
    clockwork.every("hangs", 0.02, go.wait)
    clockwork.every("runs", 0.02, lambda: runs.append(1))
    clockwork.start()
    waiting.until(lambda: len(runs) >= 3)
    go.set()


def test_once_runs_once(clockwork: engine.Clockwork) -> None:
    runs: list[int] = []
    clockwork.start()
    clockwork.once("nudge", lambda: runs.append(1))
    waiting.until(lambda: runs == [1])
    time.sleep(0.05)
    assert runs == [1]


def test_stopping_waits_for_what_runs_and_starts_nothing_more(clockwork: engine.Clockwork) -> None:
    begun, ended = threading.Event(), []

    def step() -> None:
        begun.set()
        time.sleep(0.1)
        ended.append(1)

    clockwork.every("step", 0.01, step)
    clockwork.start()
    assert begun.wait(waiting.PATIENCE)
    clockwork.stop()
    count = len(ended)
    assert count >= 1
    time.sleep(0.05)
    assert len(ended) == count
