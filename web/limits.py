"""How much is served at once: requests for one person's links, requests from one address, connections from one address.

Called by app.py for every request, before anything else is done for it, and by server.py for every connection. Buckets that
leak: whoever was silent for a while may come with many requests at once, and after that at a steady rate. They stand in memory,
are no record of anyone, and are as many as they may be and no more: the one that was asked about longest ago makes room.

Addresses from which nothing follows (loopback, private: most likely a proxy that ``[web] proxies`` does not name) are not
limited, for everybody would share one bucket; links are, wherever the requests come from.
"""

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

from starlette.requests import Request

from triggers import spans
from web import route, settings, visitor

_MOST_KEYS = 20_000
"""Buckets of each kind that are remembered: about 3 MB."""


class Buckets:
    """One leaking bucket a key (the generic cell rate algorithm, ITU-T I.371 annex A). For the event loop alone."""

    def __init__(self, limit: spans.Cap, most_keys: int = _MOST_KEYS) -> None:
        self._depth = limit.span.total_seconds()
        """Seconds that a full bucket takes to run empty."""
        self._each = self._depth / limit.count
        self._most_keys = most_keys
        self._empty_at: OrderedDict[str, float] = OrderedDict()
        """Key → when its bucket will be empty."""

    def wait(self, key: str, now: float) -> float:
        """0.0 and one request more in the bucket; or, when it is full, the seconds until there is room, and nothing is added."""
        empty_at = max(self._empty_at.get(key, now), now)
        over = empty_at + self._each - now - self._depth
        if over > 1e-9:
            self._empty_at.move_to_end(key)
            return over
        self._empty_at[key] = empty_at + self._each
        self._empty_at.move_to_end(key)
        if len(self._empty_at) > self._most_keys:
            self._empty_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._empty_at)


class Limits:
    """What the pages ask before they do anything. For the event loop alone."""

    def __init__(self, chosen: settings.LimitSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._links = Buckets(chosen.per_link)
        self._addresses = Buckets(chosen.per_address)

    def wait(self, request: Request, path: route.Path) -> int:
        """0: go on. Else the whole seconds after which the same request would be served (Retry-After)."""
        now = self._now()
        wait = 0.0
        address = visitor.address(request)
        if not visitor.is_shared(address):
            wait = self._addresses.wait(visitor.normal(address), now)
        if not wait and path.one_person:
            wait = self._links.wait(request.path_params["token"], now)
        return math.ceil(wait)


class Crowd:
    """Connections by address. For the event loop alone."""

    def __init__(self, most: int, proxies: Sequence[visitor.Network] = ()) -> None:
        self._most, self._proxies = most, proxies
        self._lines: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether there is room for one more from here; then ``leave`` must follow."""
        if visitor.is_shared(address) or any(ipaddress.ip_address(address) in network for network in self._proxies):
            return True
        key = visitor.normal(address)
        if self._lines[key] >= self._most:
            return False
        self._lines[key] += 1
        return True

    def leave(self, address: str) -> None:
        """One of those that were let in is gone."""
        key = visitor.normal(address)
        if self._lines[key] > 1:
            self._lines[key] -= 1
        else:
            self._lines.pop(key, None)
