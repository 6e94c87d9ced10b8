"""How the outside parties are doing: one log line when one starts failing, one when it recovers, and a rest in between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from store import health, opened, updates
from wire import errors

log = structlog.get_logger("journey.outside")
_STAMP_EVERY = timedelta(seconds=10)
_SHORTEST, _LONGEST = 1.0, 60.0
_CONNECTORS = "connectors."


class Resting(errors.Later):
    """It failed a moment ago and is left in peace for now."""


@dataclass
class Dealing:
    """One dealing with an outside party."""

    proven: bool = True
    """Whether it shows that the party is well; False leaves its standing as it is."""


class Outside:
    """The standing of connectors and channels in this process, mirrored into the store for others to see."""

    def __init__(self, store: opened.Opened, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._rest_until: dict[str, datetime] = {}
        self._stamped: dict[str, datetime] = {}

    @contextmanager
    def dealing_with(self, subject: str, figures: Callable[[], dict[str, Any]] = dict) -> Iterator[Dealing]:
        """Around calls to ``subject`` (``connectors.acme``, ``channels.email``); its errors pass through, noted.

        Raises ``Resting`` without a call while it rests after a failure. ``figures`` are columns of the health table.
        """
        if self.rests(subject):
            raise Resting(f"{subject} is left in peace after a failure")
        dealing = Dealing()
        try:
            yield dealing
        except (errors.Later, errors.NeedsPerson) as error:
            self._failed(subject, error)
            raise
        if dealing.proven:
            self._well(subject, figures)

    def rests(self, subject: str) -> bool:
        """Whether it failed a moment ago and is left in peace for now."""
        with self._lock:
            until = self._rest_until.get(subject)
        return until is not None and self._now() < until

    def _failed(self, subject: str, error: errors.OutsideError) -> None:
        now = self._now()
        with self._lock:
            count = self._failures[subject] = self._failures.get(subject, 0) + 1
            rest = min(_SHORTEST * 2 ** (count - 1), _LONGEST)
            if isinstance(error, errors.Later) and error.delay is not None:
                rest = error.delay
            self._rest_until[subject] = now + timedelta(seconds=rest)
        with self._store.write() as tx:
            news = health.failing(tx, subject, now, error)
        if news or count == 1:
            remedy = error.remedy if isinstance(error, errors.NeedsPerson) else "nothing to do, it is tried again by itself"
            log.warning("failing", subject=subject, problem=str(error), remedy=remedy)

    def _well(self, subject: str, figures: Callable[[], dict[str, Any]]) -> None:
        now = self._now()
        with self._lock:
            recovered = self._failures.pop(subject, 0) > 0
            self._rest_until.pop(subject, None)
            stamped = self._stamped.get(subject)
            fresh = not recovered and stamped is not None and timedelta(0) <= now - stamped < _STAMP_EVERY
            if not fresh:
                self._stamped[subject] = now
        if fresh:
            return
        with self._store.write() as tx:
            recovered = health.well(tx, subject, now, **figures()) or recovered
            if recovered and subject.startswith(_CONNECTORS):
                updates.hasten(tx, subject.removeprefix(_CONNECTORS), now)
        if recovered:
            log.info("recovered", subject=subject)
