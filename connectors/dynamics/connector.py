"""The Dynamics 365 connector: the contract of ``connectors.base`` over ``$batch`` and UpdateMultiple."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from connectors import base, findings, keyset, past, settings, settling
from connectors.dynamics import audits, line, queries, rights, tables, tracking, writing
from wire import errors, finding


class DynamicsConnector(base.Connector):
    """One Dataverse environment."""

    history_lag = timedelta(minutes=1)
    """Audits are written beside the transaction; how long that may take is not documented."""

    def __init__(self, name: str, chosen: settings.DynamicsSettings) -> None:
        self.name = name
        self._batch = chosen.batch
        self._poll = chosen.poll.total_seconds()
        self._line = line.Line(chosen)
        self._tables = tables.Tables(self._line)
        tracked = tracking.Tracking(self._line, chosen.reading, chosen.look_back, chosen.page)
        self._queries = queries.Queries(self._line, self._tables, chosen.page, tracked)
        self._audits = audits.Audits(self._line)
        self._reader = keyset.Reader(look_back=chosen.look_back, lag=chosen.lag)

    def start(self, watches: Sequence[base.Watch], back: timedelta = timedelta()) -> Mapping[str, base.Bookmark]:
        return keyset.first_bookmarks(watches, self._line.call("GET", "WhoAmI").clock, back)

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark]) -> Iterator[base.Page]:
        self._line.budget.begin_round()
        return self._reader.read(watches, bookmarks, self._queries.round)

    def patience(self) -> float:
        return self._line.budget.patience(self._poll)

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        return self._queries.look(looks)

    def field_changes(self, asked: Sequence[past.Asked]) -> Sequence[past.Told]:
        return self._audits.changes(asked)

    def write(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return settling.in_order(updates, lambda wave: writing.write(self._line, self._tables, wave, self._batch))

    def describe(self, objects: Sequence[str]) -> Mapping[str, base.Description]:
        return self._tables.describe(objects)

    def check(self) -> Sequence[finding.Finding]:
        subject = f"connectors.{self.name}"
        try:
            self._line.sign_in()
        except errors.OutsideError as error:
            return [findings.failed(f"{subject}: sign-in", error, "Look at the network, the proxy and authority.")]
        signed = findings.good(f"{subject}: sign-in", "Microsoft gives a token")
        try:
            clock = self._line.call("GET", "WhoAmI").clock
        except errors.OutsideError as error:
            return [signed, findings.failed(f"{subject}: reach", error, "Look at the network, the proxy and url.")]
        return [signed, findings.good(f"{subject}: reach", "Dataverse answers"), findings.clock(subject, clock)]

    def rights(self, read: Sequence[str], written: Sequence[str]) -> Sequence[finding.Finding]:
        return rights.check(f"connectors.{self.name}", self._line, read, written)

    def health(self) -> base.Health:
        return base.Health(calls=self._line.budget.calls)

    def close(self) -> None:
        self._line.close()
