"""The Salesforce connector: the contract of ``connectors.base`` over Composite requests."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors import base, findings, keyset, past, settings, settling
from connectors.salesforce import bulk, columns, faults, history, line, queries, writing
from wire import errors, finding

_SUBREQUESTS = 25
"""Most subrequests in a Composite request."""
_UNSEEN = {"NOT_FOUND", "INVALID_TYPE"}
"""What describe answers about an object that does not exist or that this user may not see."""

_HELLO = line.Request(method="GET", path="")
"""The list of resources: the lightest call that needs a token but no permission (``limits`` needs View Setup)."""


class SalesforceConnector(base.Connector):
    """One Salesforce org."""

    def __init__(self, name: str, chosen: settings.SalesforceSettings) -> None:
        self.name = name
        self._batch = chosen.batch
        self._poll = chosen.poll.total_seconds()
        self._line = line.Line(chosen)
        jobs = bulk.Bulk(self._line, self._raw_describe, chosen.bulk_above)
        self._queries = queries.Queries(self._line, columns.Columns(self._raw_describe), chosen.page, jobs)
        self._history = history.History(self._line)
        self._reader = keyset.Reader(look_back=chosen.look_back, lag=chosen.lag)

    def start(self, watches: Sequence[base.Watch], back: timedelta = timedelta()) -> Mapping[str, base.Bookmark]:
        return keyset.first_bookmarks(watches, self._line.call(_HELLO).clock, back)

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark]) -> Iterator[base.Page]:
        self._line.budget.begin_round()
        return self._reader.read(watches, bookmarks, self._queries.round)

    def patience(self) -> float:
        return self._line.budget.patience(self._poll)

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        return self._queries.look(looks)

    def field_changes(self, asked: Sequence[past.Asked]) -> Sequence[past.Told]:
        return self._history.changes(asked)

    def write(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return settling.in_order(updates, lambda wave: writing.write(self._line, wave, self._batch))

    def describe(self, objects: Sequence[str]) -> Mapping[str, base.Description]:
        found: dict[str, base.Description] = {}
        good = [name for name in objects if name.replace("_", "").isalnum()]
        for begin in range(0, len(good), _SUBREQUESTS):
            names = good[begin : begin + _SUBREQUESTS]
            asked = [line.Request(method="GET", path=f"sobjects/{name}/describe") for name in names]
            for name, part in zip(names, self._line.composite(asked)[0], strict=True):
                if part.fault is not None and part.fault.code not in _UNSEEN:
                    raise faults.translate(part.fault)
                if part.fault is None and isinstance(part.body, Mapping):
                    found[name] = _description(name, part.body)
        return found

    def _raw_describe(self, name: str) -> Mapping[str, Any] | None:
        if not name.replace("_", "").isalnum():
            return None
        try:
            body = self._line.call(line.Request(method="GET", path=f"sobjects/{name}/describe")).body
        except errors.NeedsPerson as error:
            if error.code in _UNSEEN:
                return None
            raise
        if not isinstance(body, Mapping):
            raise errors.Later("Salesforce answers describe with something else: look at what stands between")
        return body

    def check(self) -> Sequence[finding.Finding]:
        subject = f"connectors.{self.name}"
        try:
            self._line.sign_in()
        except errors.OutsideError as error:
            return [findings.failed(f"{subject}: sign-in", error, "Look at the network, the proxy and login_url.")]
        signed = findings.good(f"{subject}: sign-in", "Salesforce gives a token")
        try:
            clock = self._line.call(_HELLO).clock
        except errors.OutsideError as error:
            return [signed, findings.failed(f"{subject}: reach", error, "Look at the network and at Salesforce's status page.")]
        reach = findings.good(f"{subject}: reach", "Salesforce answers")
        return [signed, reach, findings.clock(subject, clock), self._limit(subject)]

    def _limit(self, subject: str) -> finding.Finding:
        used, limit = self._line.budget.used or 0, self._line.budget.theirs
        if limit is None:
            return findings.good(f"{subject}: daily limit", "Salesforce tells none")
        message = f"{used} of {limit} API calls used"
        if used < 0.8 * limit:
            return findings.good(f"{subject}: daily limit", message)
        remedy = "Find out who uses them, buy more, or raise poll."
        return finding.Finding(subject=f"{subject}: daily limit", grade=finding.Grade.WARNING, message=message, remedy=remedy)

    def health(self) -> base.Health:
        known = self._line.budget
        return base.Health(calls=known.calls, limit=known.theirs, used=known.used)

    def close(self) -> None:
        self._line.close()


def _description(name: str, body: Mapping[str, Any]) -> base.Description:
    fields = {str(field.get("name")): _field(field) for field in body.get("fields", ()) if isinstance(field, Mapping)}
    return base.Description(object=name, fields=fields)


def _field(field: Mapping[str, Any]) -> base.Field:
    length = field.get("length")
    return base.Field(
        name=str(field.get("name")),
        type=str(field.get("type")),
        writable=field.get("updateable") is True,
        length=length if isinstance(length, int) and length > 0 else None,
    )
