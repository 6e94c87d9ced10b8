"""The pace: so many mails a second, and so many to one domain. Nobody waits: a mail whose turn is later gets its turn told.

Called by the channel for mails that are due. Places are kept in memory, in this process: after a restart counting begins anew.
"""

import math
import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from triggers import spans

_MOST_DOMAINS = 10_000
"""Domains remembered; the one longest without a mail is forgotten."""


class _Window:
    """At most ``count`` places within any ``span``."""

    def __init__(self, count: int, span: timedelta) -> None:
        self._span = span
        self._taken: deque[datetime] = deque(maxlen=count)

    def free_at(self, wanted: datetime) -> datetime:
        """The first moment from then on at which there is a place."""
        if len(self._taken) < (self._taken.maxlen or 0):
            return wanted
        return max(wanted, self._taken[0] + self._span)

    def take(self, at: datetime) -> None:
        """Take the place."""
        self._taken.append(at)


class _Book:
    """The windows of all mails and of each domain."""

    def __init__(self, per_second: float | None, per_domain: spans.Cap | None) -> None:
        self._per_domain = per_domain
        self._all = None if per_second is None else _window(per_second)
        self._domains: OrderedDict[str, _Window] = OrderedDict()

    def free_at(self, domain: str, wanted: datetime) -> datetime:
        """The first moment from then on at which a mail to this domain has a place."""
        at = wanted
        for _ in range(2):  # the later of both, which may be later still for the other
            at = max([at, *(one.free_at(at) for one in self._windows(domain))])
        return at

    def take(self, domain: str, at: datetime) -> None:
        """Take the place."""
        for one in self._windows(domain):
            one.take(at)

    def _windows(self, domain: str) -> list[_Window]:
        return [one for one in (self._all, self._window_of(domain)) if one is not None]

    def _window_of(self, domain: str) -> _Window | None:
        if self._per_domain is None:
            return None
        name = domain.casefold()
        window = self._domains.pop(name, None) or _Window(self._per_domain.count, self._per_domain.span)
        self._domains[name] = window
        while len(self._domains) > _MOST_DOMAINS:
            self._domains.popitem(last=False)
        return window


class Pace:
    """Turns of mails, by their keys. Safe to use from several threads.

    Turns are planned ahead. Since whoever has a turn may be late for it, what really goes is counted by itself.
    """

    def __init__(self, per_second: float | None, per_domain: spans.Cap | None) -> None:
        self.limits = per_second is not None or per_domain is not None
        """Whether there is any."""
        self._planned, self._went = _Book(per_second, per_domain), _Book(per_second, per_domain)
        self._kept: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def turn(self, key: str, domain: str, now: datetime) -> datetime:
        """When this mail may go: ``now``, or later, and then its place is kept until it is asked for again.

        The place of a mail that never comes back is lost; so is the kept turn of one that comes an hour late.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                if kept <= now:
                    del self._kept[key]
                return max(kept, now)
            at = self._planned.free_at(domain, now)
            self._planned.take(domain, at)
            return self._keep(key, at, now)

    def leaves(self, key: str, domain: str, now: datetime) -> datetime:
        """Right before it goes: ``now``, and it counts as gone, or a moment later, where others went after their turns."""
        with self._lock:
            at = self._went.free_at(domain, now)
            if at <= now:
                self._went.take(domain, now)
            return self._keep(key, at, now)

    def _keep(self, key: str, at: datetime, now: datetime) -> datetime:
        if at > now:
            self._kept[key] = at
            self._forget(now)
        return at

    def _forget(self, now: datetime) -> None:
        """Turns that nobody came for: the message was cancelled, or another process sent it."""
        if len(self._kept) > _MOST_DOMAINS:
            self._kept = {key: at for key, at in self._kept.items() if at + timedelta(hours=1) > now}


def _window(per_second: float) -> _Window:
    """``5`` is five within any second, ``0.5`` one within two seconds."""
    count = max(1, math.floor(per_second))
    return _Window(count, timedelta(seconds=count / per_second))
