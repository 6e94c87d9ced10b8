"""How many calls a connector may make, and how many it has made."""

import threading
import time
from collections import deque

from wire import errors

_DAY = 24 * 3600.0
_SLOT = 300.0
_RESERVE = 0.95
_LOOK_AGAIN = 60.0
_EASY = 0.8
"""Share of a limit up to which rounds keep their pace."""
_LONGEST_STRETCH = 10.0


class Budget:
    """Counts billable calls within the last 24 hours and refuses the ones beyond a limit. Safe for threads.

    Two limits hold: ours (``limit``), and 95 % of the other side's own where it tells us how much is used (``note``); the
    rest is left to the people and programs that share it. Near that, one call a minute is let through, because
    only an answer can tell that the figure has fallen. From 80 % on, rounds of polling stretch (``patience``), so that what is
    left serves last looks and scores.

    Our own count begins at nought with the program: it guards against a runaway, not against restarts. The other side's count
    outlives us, and every answer tells it.
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
        self._round: float | None = None
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

    def begin_round(self) -> None:
        """A round of polling begins."""
        with self._lock:
            self._round = time.monotonic()

    def patience(self, pace: float) -> float:
        """Seconds until the next round of polling should begin, where one is made every ``pace`` seconds; 0 when it may now.

        With the share s of a limit used, a round comes every pace / (1 - (s - 0.8) / 0.2) seconds, at most ten times the pace.
        """
        with self._lock:
            stretch = self._stretch()
            if self._round is None or stretch <= 1:
                return 0.0
            return max(0.0, self._round + pace * stretch - time.monotonic())

    def _stretch(self) -> float:
        day_ago = time.monotonic() - _DAY
        own = sum(made for began, made in self._slots if began >= day_ago) / self.limit if self.limit else 0.0
        theirs = self.used / self.theirs if self.theirs and self.used is not None else 0.0
        left = 1 - (max(own, theirs) - _EASY) / (1 - _EASY)
        return _LONGEST_STRETCH if left <= 1 / _LONGEST_STRETCH else max(1.0, 1 / left)

    def note(self, used: int, limit: int) -> None:
        """What the other side said about its own limit."""
        with self._lock:
            self.used, self.theirs, self._noted = used, limit, time.monotonic()
