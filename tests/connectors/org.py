"""The CRM's side and the caller's side of the tests that every connector shares."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors import base, field_history


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A column of the case whose changes the CRM keeps."""

    column: str
    """As a watch names it."""
    values: tuple[Any, Any]

    @property
    def plain(self) -> str:
        """As ``Org.case`` names it."""
        return self.column

    def other(self, value: Any) -> Any:
        """A value that is not this one."""
        return next(one for one in self.values if one != value)


class Org(abc.ABC):
    """The CRM's side of a test."""

    watch: base.Watch
    """Reads closed cases; one of its optional fields is ``consent``."""
    consent: str
    """Path of the opt-out column."""
    score: str
    """Column on the case that takes a whole number."""
    answered_at: str
    """Column on the case that takes an instant."""
    tracked: Tracked

    @abc.abstractmethod
    def connector(self, **changed: Any) -> base.Connector:
        """A connector to this org, with some settings changed."""

    @abc.abstractmethod
    def close_cases(self, count: int) -> list[str]:
        """People close so many cases, all at the same moment."""

    @abc.abstractmethod
    def close_late(self, count: int) -> list[str]:
        """As close_cases, but nobody can see it until ``reveal``; the stamps are of now."""

    @abc.abstractmethod
    def reveal(self) -> None:
        """What was closed late can be seen from now on."""

    @abc.abstractmethod
    def delete_cases(self, records: Sequence[str]) -> None: ...

    @abc.abstractmethod
    def merge_case(self, record: str) -> str | None:
        """Merge it into another; answers the survivor's id where the CRM tells."""

    @abc.abstractmethod
    def hide(self, path: str) -> None:
        """Take the right to read this column of the case (or of what it leads to) away from the connector's user."""

    @abc.abstractmethod
    def stop_tracking(self) -> None:
        """The admin switches off that changes of ``tracked`` are kept."""

    @abc.abstractmethod
    def expire_tokens(self) -> None: ...

    @abc.abstractmethod
    def lock_rows(self, count: int) -> None:
        """The next rows written are locked by somebody else."""

    @abc.abstractmethod
    def refuse_rows(self, count: int) -> None:
        """The next rows written break a rule of the admin."""

    @abc.abstractmethod
    def fail_calls(self, count: int) -> None:
        """The next calls fail as a whole, in a way that passes."""

    @abc.abstractmethod
    def calls(self) -> int:
        """Calls as the CRM bills them."""

    @abc.abstractmethod
    def advance(self, by: timedelta) -> None:
        """Move the CRM's clock."""

    @abc.abstractmethod
    def now(self) -> datetime:
        """The CRM's clock."""

    @abc.abstractmethod
    def case(self, record: str) -> Mapping[str, Any]:
        """All columns as an administrator sees them."""

    def look(self, records: Sequence[str]) -> base.Look:
        """The last look at these cases, with the fields of the watch."""
        fields, optional = self.watch.fields, self.watch.optional
        return base.Look(name="look", object=self.watch.object, records=tuple(records), fields=fields, optional=optional)

    def asked(self, records: Sequence[str], since: datetime | None = None) -> field_history.Asked:
        """The changes of ``tracked`` on these cases."""
        since = since or self.now() - timedelta(days=1)
        return field_history.Asked(object=self.watch.object, records=tuple(records), fields=(self.tracked.column,), since=since)

    def update(self, record: str, score: int, key: str = "") -> base.FieldUpdate:
        """A score for a case."""
        return base.FieldUpdate(key=key or record, object=self.watch.object, record=record, values={self.score: score})


class Desk:
    """The caller's side of a test: stores what it is handed, as the journey does."""

    def __init__(self, connector: base.Connector, *watches: base.Watch) -> None:
        self.connector = connector
        self.watches = watches
        self.bookmarks = dict(connector.start(watches))
        self.seen: list[base.Change] = []

    @property
    def records(self) -> list[str]:
        """Ids of all changes handed out, repeats included."""
        return [change.record for change in self.seen]

    def poll(self, pages: int | None = None) -> list[base.Change]:
        """One round, or so many of its pages; answers the changes of this round."""
        found: list[base.Change] = []
        reading = self.connector.read(self.watches, self.bookmarks)
        for number, page in enumerate(reading, start=1):
            self.seen += page.changes
            found += page.changes
            self.bookmarks |= page.bookmarks
            if number == pages:
                break
        return found
