"""A gateway that only remembers: the reference of the contract, and what an admin tries a rule for texts with before there is a
contract with a company. What it keeps ends with the process."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from channels.sms import gateway, hooks
from wire import errors, finding

MOST = 10_000
"""Texts that are kept; older ones go."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One text as it was taken."""

    reference: str
    number: str = field(repr=False)
    text: str = field(repr=False)


class MemoryGateway(gateway.Gateway):
    """Takes every text, sends none, and drops a repeat with the same key."""

    repeatable = True

    def __init__(self) -> None:
        self._by_key: dict[str, Kept] = {}
        self._troubles: deque[tuple[errors.OutsideError, bool]] = deque()
        self._lock = threading.Lock()

    @property
    def texts(self) -> Sequence[Kept]:
        """What was taken, oldest first."""
        with self._lock:
            return list(self._by_key.values())

    def trouble(self, error: errors.OutsideError, *, taken: bool = False) -> None:
        """The next text raises ``error``; with ``taken`` it is kept all the same, as behind an Unsure."""
        with self._lock:
            self._troubles.append((error, taken))

    def send(self, number: str, text: str, key: str) -> gateway.Taken:
        """Keep it, or fail as told by ``trouble``."""
        with self._lock:
            error, taken = self._troubles.popleft() if self._troubles else (None, True)
            if taken:
                self._by_key.setdefault(key, Kept(reference=f"memory-{key}", number=number, text=text))
                if len(self._by_key) > MOST:
                    del self._by_key[next(iter(self._by_key))]
            if error is not None:
                raise error
            return gateway.Taken(reference=self._by_key[key].reference, response="kept")

    def check(self) -> Sequence[finding.Finding]:
        """That nobody gets a text is worth saying."""
        remedy = 'Name a gateway that sends: gateway = "http" or "twilio".'
        return [gateway.warning("gateway", "keeps texts in memory and sends none", remedy)]

    def report(self, call: hooks.Call) -> NoReturn:
        """Nobody reports on what was not sent."""
        raise hooks.NotTheirs

    def inbound(self, call: hooks.Call) -> NoReturn:
        """Nobody answers either."""
        raise hooks.NotTheirs

    def close(self) -> None:
        """Nothing to give back; what was kept stays readable."""
