"""Which of the asked columns are there for us.

Dataverse refuses a whole query for one column that does not exist. Optional columns and consent columns are left out
then, so that the mapping sees them as absent; any other needs a person. (A column hidden by column security comes as null.)
"""

import threading
import time

from connectors import base
from connectors.dynamics import faults

_CONSENT = {"donotemail", "donotbulkemail", "donotphone", "donotsendmm"}
_REMEMBERED = 3600.0
"""Seconds until columns that were missing are tried again."""


class Columns:
    """What is known to be missing, by table. Safe for threads."""

    def __init__(self) -> None:
        self._left_out: dict[str, tuple[float, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def left_out(self, table: str) -> frozenset[str]:
        """Paths that are not to be asked for."""
        until, paths = self._left_out.get(table, (0.0, frozenset()))
        return paths if time.monotonic() < until else frozenset()

    def learn(self, asked: base.Watch | base.Look, fault: faults.Fault, used: frozenset[str]) -> bool:
        """Take note of the column that the fault names; whether asking again will do better.

        The fault names a column and its table, not the path that led there: all paths that end in the column and may be
        missing are left out, which at worst hides an optional value, or a consent, and then nobody is asked.
        """
        if fault.missing_column is None:
            return False
        column = fault.missing_column[0]
        below = [f"{child.relationship}.{path}" for child in asked.children for path in child.fields]
        ending = {path for path in (*asked.fields, *below) if path.rsplit(".", 1)[-1] == column}
        hidden = {path for path in ending if path in asked.optional or column in _CONSENT}
        with self._lock:
            known = self.left_out(asked.object)
            self._left_out[asked.object] = time.monotonic() + _REMEMBERED, known | hidden
            return not hidden <= used
