"""What sets the steps going: "look now", every so often or once. All work state lives in the store, none in here."""

import abc
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler import events
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

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
        self._scheduler.add_listener(self._ended, events.EVENT_JOB_EXECUTED | events.EVENT_JOB_ERROR)

    def every(self, name: str, seconds: float, step: Callable[[], object]) -> None:
        """See Engine."""
        self._scheduler.add_job(step, "interval", seconds=seconds, id=name, name=name, next_run_time=datetime.now(UTC))

    def once(self, name: str, step: Callable[[], object]) -> None:
        """See Engine. The same name again, while it still waits, is one run."""
        self._scheduler.add_job(step, id=f"{name} once", name=name, replace_existing=True)

    def start(self) -> None:
        """See Engine."""
        self._scheduler.start()

    def stop(self) -> None:
        """See Engine."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _ended(self, event: events.JobExecutionEvent) -> None:
        self.beat = datetime.now(UTC)
        with self._lock:
            news = (event.exception is not None) != (event.job_id in self._failing)
            (self._failing.add if event.exception is not None else self._failing.discard)(event.job_id)
        if not news:
            return
        if event.exception is None:
            log.info("step works again", step=event.job_id)
        else:
            log.error("step failed", step=event.job_id, error=type(event.exception).__name__, where=_where(event.traceback))


def _where(traceback: str | None) -> str:
    """The last line of ours in a traceback: file and line only, since messages may carry data."""
    lines = [line.strip() for line in (traceback or "").splitlines() if line.strip().startswith("File ")]
    return lines[-1] if lines else ""
