"""A channel that only remembers: the reference of the contract, and what tests of the journey send through."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from channels import address, base, report
from triggers import touchpoint
from wire import errors, finding


class MemoryChannel(base.Channel):
    """Keeps messages in a list, in the order in which they were taken."""

    def __init__(self, name: str = "memory", *, repeatable: bool = False) -> None:
        self.name = name
        self.repeatable = repeatable
        self.messages: list[base.Message] = []
        self.refused: set[str] = set()
        """Addresses that are refused for good."""
        self.reports: list[report.Report] = []
        """What the far end has to report; gone once it was taken."""
        self._troubles: deque[tuple[errors.OutsideError, bool]] = deque()
        self._lock = threading.Lock()

    def trouble(self, error: errors.OutsideError, *, times: int = 1, taken: bool = False) -> None:
        """The next ``times`` sends raise ``error``; with ``taken`` the message is kept all the same, as behind an Unsure."""
        with self._lock:
            self._troubles.extend([(error, taken)] * times)

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The person's mail address, normalised."""
        return address.normalised(person.email)

    def send(self, message: base.Message) -> base.Receipt:
        """Keep the message, or fail as told by ``trouble`` and ``refused``."""
        with self._lock:
            error, taken = self._troubles.popleft() if self._troubles else (None, True)
            if error is None and message.address in self.refused:
                raise errors.Never("this address was refused", code="refused")
            if taken:
                self._keep(message)
            if error is not None:
                raise error
            return base.Receipt(reference=message.key, response="kept")

    def reference(self, key: str) -> str:
        """The key itself."""
        return key

    def fetches(self, now: datetime) -> bool:
        """Whether there is a report."""
        return bool(self.reports)

    def fetch(self, now: datetime, settle: base.Settle, note: base.Note) -> int:
        """Hand over each report by itself; those that are not taken are kept."""
        with self._lock:
            waiting, self.reports = self.reports, []
        kept = [one for one in waiting if not settle([one])]
        with self._lock:
            self.reports[:0] = kept
        return len(waiting) - len(kept)

    def check(self) -> Sequence[finding.Finding]:
        """Always good."""
        subject = f"channels.{self.name}"
        return [finding.Finding(subject=subject, grade=finding.Grade.GOOD, message="keeps messages in memory and sends none")]

    def close(self) -> None:
        """Nothing to give back; what was kept stays readable."""

    def _keep(self, message: base.Message) -> None:
        if self.repeatable and any(kept.key == message.key for kept in self.messages):
            return
        self.messages.append(message)
