"""What the connectors to CRMs over a network share: methods of the contract that only put their parts together.

A connector hands over its way to the CRM, what reads and what tells of past changes; describing, sending updates and what
else its CRM has of its own stay in its own file.
"""

import abc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors import base, field_history, findings, keyset, settings, settling
from wire import budget, errors, finding


class Way(Protocol):
    """The way to one CRM org."""

    budget: budget.Budget

    def sign_in(self) -> None:
        """Make sure that there is a token. Raises Later or NeedsPerson."""

    def clock(self) -> datetime:
        """The CRM's own time, by the lightest call that needs a token. Raises Later or NeedsPerson."""

    def close(self) -> None:
        """Give back connections."""


class Reads(Protocol):
    """Asks for what changed, and for records as they are now."""

    def round(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        """One answer for each place (``keyset.Ask``)."""

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        """As ``base.Connector.look``."""


class TellsHistory(Protocol):
    """Tells how fields changed."""

    def changes(self, asked: Sequence[field_history.Asked]) -> Sequence[field_history.Told]:
        """As ``base.Connector.field_changes``."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the checks of a connector say."""

    signs_in: str
    """Who signs us in: Microsoft for Dataverse."""
    answers: str
    """What answers calls."""
    sign_in_remedy: str
    reach_remedy: str


class RemoteConnector(base.Connector):
    """A CRM org over a network."""

    words: Words

    def __init__(self, name: str, chosen: settings.OverTheWireSettings, *, way: Way, reads: Reads, history: TellsHistory) -> None:
        self.name = name
        self._poll = chosen.poll.total_seconds()
        self._way = way
        self._reads = reads
        self._history = history
        self._reader = keyset.Reader(look_back=chosen.look_back, lag=chosen.lag)

    def start(self, watches: Sequence[base.Watch], back: timedelta = timedelta()) -> Mapping[str, base.Bookmark]:
        return keyset.first_bookmarks(watches, self._way.clock(), back)

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark]) -> Iterator[base.Page]:
        self._way.budget.begin_round()
        return self._reader.read(watches, bookmarks, self._reads.round)

    def patience(self) -> float:
        return self._way.budget.patience(self._poll)

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        return self._reads.look(looks)

    def field_changes(self, asked: Sequence[field_history.Asked]) -> Sequence[field_history.Told]:
        return self._history.changes(asked)

    def write(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return settling.in_order(updates, self._send)

    @abc.abstractmethod
    def _send(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        """Write updates of which no two concern the same record (``settling.Send``)."""

    def check(self) -> Sequence[finding.Finding]:
        subject, words = f"connectors.{self.name}", self.words
        try:
            self._way.sign_in()
        except errors.OutsideError as error:
            return [findings.failed(f"{subject}: sign-in", error, words.sign_in_remedy)]
        signed = findings.good(f"{subject}: sign-in", f"{words.signs_in} gives a token")
        try:
            clock = self._way.clock()
        except errors.OutsideError as error:
            return [signed, findings.failed(f"{subject}: reach", error, words.reach_remedy)]
        reach = findings.good(f"{subject}: reach", f"{words.answers} answers")
        return [signed, reach, findings.clock(subject, clock), *self._limits(subject)]

    def _limits(self, subject: str) -> Sequence[finding.Finding]:
        """What the CRM has told of its own limits."""
        return ()

    def health(self) -> base.Health:
        known = self._way.budget
        return base.Health(calls=known.calls, limit=known.theirs, used=known.used)

    def close(self) -> None:
        self._way.close()
