"""What the CRMs say about the columns we write: asked once, remembered, and held against the settings."""

import threading
from collections.abc import Mapping

import structlog

from connectors import base
from mapping import outward
from surveys import questions
from wire import finding

log = structlog.get_logger("journey.fields")


class Fields:
    """The columns that answers are written to, as each CRM describes them; fetched at most once per process."""

    def __init__(
        self,
        connectors: Mapping[str, base.Connector],
        targets: outward.Targets,
        asked: Mapping[str, questions.Kind] | None = None,
    ) -> None:
        self._connectors, self._targets, self._asked = connectors, targets, asked
        self._known: dict[str, Mapping[str, base.Description]] = {}
        self._looked: set[str] = set()
        self._lock = threading.Lock()

    def of(self, connector: str) -> Mapping[str, base.Description]:
        """Object → description; raises what ``describe`` raises. Two threads that ask at once make one call."""
        objects = tuple(self._targets.get(connector, {}))
        with self._lock:
            if connector not in self._known:
                self._known[connector] = self._connectors[connector].describe(objects) if objects else {}
            return self._known[connector]

    def forget(self, connector: str) -> None:
        """Ask again next time: somebody may have mended the CRM."""
        with self._lock:
            self._known.pop(connector, None)

    def has_looked(self, connector: str) -> bool:
        """Whether ``looked`` was called since the start or the last reload."""
        return connector in self._looked

    def looked(self, connector: str) -> None:
        """What is looked at once per start has been looked at."""
        with self._lock:
            self._looked.add(connector)

    def check(self, connector: str) -> None:
        """Hold the fields of the settings against the CRM and log what is wrong; the belt runs all the same."""
        for found in outward.check(connector, self._targets.get(connector, {}), self.of(connector), self._asked):
            if found.grade is not finding.Grade.GOOD:
                log.warning("field", subject=found.subject, problem=found.message, remedy=found.remedy)
