"""The three service protection limits, per user over a sliding five minutes.

Numbers and codes: learn.microsoft.com/power-apps/developer/data-platform/api-limits.
"""

import time
from collections import deque
from dataclasses import dataclass

from sandbox.dataverse import refusal

WINDOW = 300.0


@dataclass
class Limits:
    """What one user may use; tests may lower it."""

    requests: int = 6000
    execution: float = 1200.0
    """Seconds of combined execution time."""
    concurrent: int = 52


class Guard:
    """Counts one user's requests and refuses those above the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls: deque[tuple[float, float]] = deque()
        self._spent = 0.0
        self._running = 0
        self._pushed = 0

    def enter(self) -> None:
        """A request begins; raises Refusal 429 when a limit is reached."""
        now = time.monotonic()
        while self._calls and self._calls[0][0] < now - WINDOW:
            self._spent -= self._calls.popleft()[1]
        if self._running >= self._limits.concurrent:
            raise self._refuse(
                "0x80072326", f"Number of concurrent requests exceeded the limit of {self._limits.concurrent}.", 1.0
            )
        if len(self._calls) >= self._limits.requests:
            words = f"Number of requests exceeded the limit of {self._limits.requests} over time window of 300 seconds."
            raise self._refuse("0x80072322", words, self._until(now))
        if self._spent >= self._limits.execution:
            milliseconds = f"{self._limits.execution * 1000:,.0f}"
            words = (
                f"Combined execution time of incoming requests exceeded limit of {milliseconds} milliseconds over time window of "
                "300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later."
            )
            raise self._refuse("0x80072321", words, self._until(now))
        self._pushed = 0
        self._running += 1

    def leave(self, seconds: float) -> None:
        """A request that had been let in is done."""
        self._running -= 1
        self._calls.append((time.monotonic(), seconds))
        self._spent += seconds

    def headers(self) -> dict[str, str]:
        """What is left, as the service tells it."""
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(max(0, self._limits.requests - len(self._calls) - 1)),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{max(0.0, self._limits.execution - self._spent):,.2f}",
        }

    def _until(self, now: float) -> float:
        return self._calls[0][0] + WINDOW - now if self._calls else 1.0

    def _refuse(self, code: str, message: str, wait: float) -> refusal.Refusal:
        """Whoever keeps pushing is told to wait longer."""
        self._pushed += 1
        seconds = max(1, round(wait)) + min(self._pushed - 1, 60)
        return refusal.Refusal(429, code, message, {"Retry-After": str(seconds)})
