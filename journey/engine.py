"""What sets the steps going: "look now", every so often or once. All work state lives in the store, none in here."""

import abc
import functools
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from journey import poison

log = structlog.get_logger("journey.engine")
_THREADS = 8


class Engine(abc.ABC):
    """Runs steps. A step that raises is reported once and run again at its next turn."""

    @abc.abstractmethod
    def every(self, name: str, seconds: float, step: Callable[[], object]) -> None:
        """Run the step now and then every so many seconds; never twice at a time."""

    @abc.abstractmethod
    def once(self, name: str, step: Callable[[], object]) -> None:
        """Run the step as soon as possible, once."""

    @abc.abstractmethod
    def start(self) -> None:
        """Begin."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Start nothing more and wait for what runs: the steps themselves look at the belt's stop event."""


class Clockwork(Engine):
    """One process: APScheduler with threads. Jobs are made from settings at each start, so nothing is stored.

    ``misfire_grace_time=None`` with ``coalesce``: a paused machine catches up with one run instead of dropping it.
    """

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._failing: set[str] = set()
        self._lock = threading.Lock()
        self.beat = datetime.now(UTC)
        """When a step last ended: health checks look at it, because a scheduler thread can die silently."""

    def every(self, name: str, seconds: float, step: Callable[[], object]) -> None:
        """See Engine."""
        run, now = functools.partial(self._run, name, step), datetime.now(UTC)
        self._scheduler.add_job(run, "interval", seconds=seconds, id=name, name=name, next_run_time=now)

    def once(self, name: str, step: Callable[[], object]) -> None:
        """See Engine. The same name again, while it still waits, is one run."""
        run = functools.partial(self._run, name, step)
        self._scheduler.add_job(run, id=f"{name} once", name=name, replace_existing=True)

    def start(self) -> None:
        """See Engine."""
        self._scheduler.start()

    def stop(self) -> None:
        """See Engine."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _run(self, name: str, step: Callable[[], object]) -> None:
        """The step, whose errors stay in here: APScheduler would log each with its message, which may carry data."""
        failed: Exception | None = None
        try:
            step()
        except Exception as error:  # noqa: BLE001 - reported below, and the step has its next turn
            failed = error
        self.beat = datetime.now(UTC)
        with self._lock:
            news = (failed is not None) != (name in self._failing)
            (self._failing.discard if failed is None else self._failing.add)(name)
        if news and failed is None:
            log.info("step works again", step=name)
        elif news and failed is not None:
            log.error("step failed", step=name, error=poison.where(failed))
