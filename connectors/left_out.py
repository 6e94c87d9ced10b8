"""Columns that a user may not see or an org does not have: remembered for a while, so that queries go without them."""

import threading
import time
from collections.abc import Iterable

_REMEMBERED = 3600.0
"""Seconds until they are tried again."""


class LeftOut:
    """What is known to be hidden or missing, by object. Safe for threads."""

    def __init__(self) -> None:
        self._left_out: dict[str, tuple[float, frozenset[str]]] = {}
        self._lock = threading.RLock()

    def left_out(self, object_name: str) -> frozenset[str]:
        """Paths that are not to be asked for."""
        until, paths = self._left_out.get(object_name, (0.0, frozenset()))
        return paths if time.monotonic() < until else frozenset()

    def _leave_out(self, object_name: str, paths: Iterable[str]) -> None:
        """These too, and all of them for another while."""
        with self._lock:
            self._left_out[object_name] = time.monotonic() + _REMEMBERED, self.left_out(object_name) | frozenset(paths)
