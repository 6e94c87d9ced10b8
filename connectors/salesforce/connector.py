"""The Salesforce connector: the contract of ``connectors.base`` over Composite requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import base, findings, remote, settings
from connectors.salesforce import bulk, columns, faults, history, line, queries, writing
from wire import errors, finding

_SUBREQUESTS = 25
"""Most subrequests in a Composite request."""
_UNSEEN = {"NOT_FOUND", "INVALID_TYPE"}
"""What describe answers about an object that does not exist or that this user may not see."""
_WORDS = remote.Words(
    signs_in="Salesforce",
    answers="Salesforce",
    sign_in_remedy="Look at the network, the proxy and login_url.",
    reach_remedy="Look at the network and at Salesforce's status page.",
)


class SalesforceConnector(remote.RemoteConnector):
    """One Salesforce org."""

    words = _WORDS

    def __init__(self, name: str, chosen: settings.SalesforceSettings) -> None:
        self._batch = chosen.batch
        self._line = line.Line(chosen)
        jobs = bulk.Bulk(self._line, self._raw_describe, chosen.bulk_above)
        reads = queries.Queries(self._line, columns.Columns(self._raw_describe), chosen.page, jobs)
        super().__init__(name, chosen, way=self._line, reads=reads, history=history.History(self._line))

    def _send(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return writing.write(self._line, updates, self._batch)

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

    def _limits(self, subject: str) -> Sequence[finding.Finding]:
        used, limit = self._line.budget.used or 0, self._line.budget.theirs
        if limit is None:
            return [findings.good(f"{subject}: daily limit", "Salesforce tells none")]
        message = f"{used} of {limit} API calls used"
        if used < 0.8 * limit:
            return [findings.good(f"{subject}: daily limit", message)]
        remedy = "Find out who uses them, buy more, or raise poll."
        grade = finding.Grade.WARNING
        return [finding.Finding(subject=f"{subject}: daily limit", grade=grade, message=message, remedy=remedy)]


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
