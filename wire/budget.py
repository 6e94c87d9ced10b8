"""How many calls a connector may make, and how many it has made."""

import threading
import time
from collections import deque

from wire import errors

_DAY = 24 * 3600.0
_SLOT = 300.0
_RESERVE = 0.95
_LOOK_AGAIN = 60.0


class Budget:
    """Counts billable calls within the last 24 hours and refuses the ones beyond a limit. Safe for threads.

    Two limits hold: ours (``limit``), and 95 % of the other side's own where it tells us how much is used (``note``); the
    rest is left to the people and programs that share it. Near that, one call a minute is let through, because
    only an answer can tell that the figure has fallen.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        """Our own limit per 24 hours, None for none."""
        self.calls = 0
        """Calls since the start."""
        self.theirs: int | None = None
        """The other side's limit, where it told us."""
        self.used: int | None = None
        """How much of it is used, by everybody, where it told us."""
        self._noted = 0.0
        self._slots: deque[list[float]] = deque()
        self._lock = threading.Lock()

    def spend(self, calls: int = 1) -> None:
        """Count these calls before they are made; raises Later when a limit does not allow them."""
        now = time.monotonic()
        with self._lock:
            while self._slots and self._slots[0][0] < now - _DAY:
                self._slots.popleft()
            self._refuse_beyond_limits(now, calls)
            if not self._slots or self._slots[-1][0] < now - _SLOT:
                self._slots.append([now, 0])
            self._slots[-1][1] += calls
            self.calls += calls

    def _refuse_beyond_limits(self, now: float, calls: int) -> None:
        if self.limit is not None and sum(made for _, made in self._slots) + calls > self.limit:
            delay = self._slots[0][0] + _DAY - now if self._slots else _DAY
            raise errors.Later(f"the call budget of {self.limit} in 24 hours is used up: raise call_budget", delay=delay)
        if self.theirs and self.used is not None and self.used >= self.theirs * _RESERVE and now < self._noted + _LOOK_AGAIN:
            message = f"the CRM's own daily limit is nearly used up ({self.used} of {self.theirs} calls): buy more or use fewer"
            raise errors.Later(message, delay=self._noted + _LOOK_AGAIN - now)

    def note(self, used: int, limit: int) -> None:
        """What the other side said about its own limit."""
        with self._lock:
            self.used, self.theirs, self._noted = used, limit, time.monotonic()
