"""How much one address may send to pages that anybody may post to. Kept in memory: it is no record of anyone."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
_MOST = 20_000
"""Addresses that are remembered; the one that came first is forgotten for a new one."""


class Throttle:
    """Counts posts by address and hour; safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._door = threading.Lock()

    def allows(self, address: str, most: int, now: datetime) -> bool:
        """Count one more post from there; False when the hour that began with its first has had its fill."""
        with self._door:
            began, count = self._counts.get(address, (now, 0))
            if now - began >= _HOUR:
                began, count = now, 0
                self._counts.pop(address, None)
            self._counts[address] = (began, count + 1)
            while len(self._counts) > _MOST:
                self._counts.popitem(last=False)
            return count < most
