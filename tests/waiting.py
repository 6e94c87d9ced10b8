"""Waiting for a fact, never for a length of time: what all tests share that meet threads and other processes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds: far more than anything takes, so that a busy machine passes."""


def until(holds: Callable[[], T], what: str = "", *, seconds: float = PATIENCE, every: float = 0.02) -> T:
    """What ``holds`` gives once that is true. Fails, naming ``what`` was awaited, when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what or holds}"
        time.sleep(every)
    return found
