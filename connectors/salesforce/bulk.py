"""A long backlog through Bulk API 2.0: one query job instead of a call per 2,000 rows.

The job asks in keyset order, so its pages are handed out like any others: the bookmark moves with every page, and after a crash
reading goes on from the bookmark, with a job of its own if that is still worth it. (Salesforce drops old jobs by itself.) A job
takes no child rows, and its CSV cannot tell null from an empty text; Salesforce keeps no empty texts.
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
"""

import contextlib
import csv
import dataclasses
import functools
import io
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors import base, keyset
from connectors.salesforce import columns, line, soql
from wire import errors

_BACKLOG = timedelta(days=1)
"""A bookmark that is younger has no backlog worth counting."""
_PAGE = 10_000
"""Rows of a page of results: some megabytes."""
_PATIENCE = 600.0
"""Seconds that a job may take; beyond it the rows are read page by page."""
_LONGEST_PAUSE = 5.0
_REMEMBERED = 3600.0
"""Seconds until Bulk API is tried again after it failed."""
_MARK = "bulk"

sleep = time.sleep
"""How to wait between two looks at a job."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    types: Mapping[str, str]
    """Path → type as describe tells it."""
    begun: datetime
    """Salesforce's clock when the job was made."""


class Bulk:
    """Makes jobs and reads their results. Safe for threads."""

    def __init__(self, way: line.Line, describe: columns.Describe, above: int) -> None:
        self._line = way
        self._describe = describe
        self._above = above
        self._jobs: dict[str, _Job] = {}
        self._refused_until = 0.0
        self._lock = threading.Lock()

    def begin(self, place: keyset.Place, answer: keyset.Answer, hidden: frozenset[str]) -> keyset.Answer:
        """The answer of a first page, made to go on in a job where there is that much more to read."""
        worth = answer.more and not place.record and not place.watch.children and place.stamp < answer.clock - _BACKLOG
        last = answer.changes[-1] if answer.changes else None
        if not worth or last is None or last.stamp is None or time.monotonic() < self._refused_until:
            return answer
        rest = keyset.Place(watch=place.watch, stamp=last.stamp, record=last.record)
        try:
            identifier = self._make(rest, answer.clock, hidden)
        except errors.NeedsPerson:
            self._refused_until = time.monotonic() + _REMEMBERED  # this user may not use Bulk API: page by page, then
            return answer
        return dataclasses.replace(answer, next_page=f"{_MARK} {identifier}") if identifier else answer

    def _make(self, rest: keyset.Place, clock: datetime, hidden: frozenset[str]) -> str:
        """The id of a new job; empty when there are too few rows."""
        counted = self._line.call(line.Request(method="GET", path=line.query_path(soql.count(rest)))).body
        size = counted.get("totalSize") if isinstance(counted, Mapping) else None
        if not isinstance(size, int) or size <= self._above:
            return ""
        wanted = [path for path in ("Id", soql.STAMP, *rest.watch.fields) if path not in hidden]
        describe = functools.cache(self._describe)
        types = {path: _type(describe, rest.watch.object, path.split(".")) for path in dict.fromkeys(wanted)}
        body = {"operation": "query", "query": soql.changes(rest, hidden, 0)}
        made = self._line.call(line.Request(method="POST", path="jobs/query", body=body)).body
        identifier = str(made.get("id", "")) if isinstance(made, Mapping) else ""
        if not soql.is_identifier(identifier):
            raise errors.Later("Salesforce answers a new job without its id: look at what stands between")
        with self._lock:
            self._jobs[identifier] = _Job(types=types, begun=clock)
        return identifier

    def read(self, place: keyset.Place) -> keyset.Answer:
        """A page of a job's results. After the last one reading goes on page by page with what came meanwhile."""
        _, identifier, *locator = place.next_page.split(" ")
        job = self._jobs[identifier]
        try:
            if not locator:
                self._wait(identifier)
            after = f"&locator={quote(locator[0], safe='')}" if locator else ""
            found = self._line.download(f"jobs/query/{identifier}/results?maxRecords={_PAGE}{after}")
            changes = _changes(place.watch, job.types, found.body)
        except errors.OutsideError as error:
            if not isinstance(error, errors.Later) or error.code == _FAILED:
                self._refused_until = time.monotonic() + _REMEMBERED
            return keyset.Answer(clock=job.begun, error=error)
        further = found.headers.get("Sforce-Locator", "null")
        if further == "null":
            self._forget(identifier)
        next_page = "" if further == "null" else f"{_MARK} {identifier} {further}"
        return keyset.Answer(changes=changes, more=True, clock=found.clock, next_page=next_page)

    def _wait(self, identifier: str) -> None:
        until, pause = time.monotonic() + _PATIENCE, 0.25
        while time.monotonic() < until:
            told = self._line.call(line.Request(method="GET", path=f"jobs/query/{identifier}")).body
            state = told.get("state") if isinstance(told, Mapping) else None
            if state == "JobComplete":
                return
            if state in {"Aborted", "Failed"}:
                break
            sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        raise errors.Later("Salesforce's Bulk API does not finish the job: the backlog is read page by page", code=_FAILED)

    def _forget(self, identifier: str) -> None:
        with self._lock:
            self._jobs.pop(identifier, None)
        with contextlib.suppress(errors.OutsideError):  # a job that stays is dropped by Salesforce after a week
            self._line.call(line.Request(method="DELETE", path=f"jobs/query/{identifier}"))


_FAILED = "bulk job"


def is_bulk(place: keyset.Place) -> bool:
    """Whether the place goes on in a job."""
    return place.next_page.startswith(_MARK)


def _type(describe: columns.Describe, object_name: str, steps: Sequence[str]) -> str:
    """The type of a column, along its lookups; text where it cannot be told."""
    fields: Sequence[Mapping[str, Any]] = (describe(object_name) or {}).get("fields", ())
    if len(steps) == 1:
        return next((str(one.get("type")) for one in fields if str(one.get("name")).lower() == steps[0].lower()), "string")
    targets = [one.get("referenceTo") or [] for one in fields if str(one.get("relationshipName")).lower() == steps[0].lower()]
    # A lookup to several objects (an owner is a user or a queue) is read by their common columns, which are texts.
    return _type(describe, str(targets[0][0]), steps[1:]) if targets and len(targets[0]) == 1 else "string"


def _changes(watch: base.Watch, types: Mapping[str, str], body: bytes) -> list[base.Change]:
    try:
        rows = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""))
        header = {name.lower(): number for number, name in enumerate(next(rows, []))}
        places = [(path, types[path], header[path.lower()]) for path in types]
        once: dict[str, str] = {}  # thousands of rows have the same few owners, states and subjects
        return [
            _change(watch, {path: _value(kind, once.setdefault(row[number], row[number])) for path, kind, number in places})
            for row in rows
            if row
        ]
    except (LookupError, ValueError, csv.Error):
        raise errors.Later("the results of Salesforce's job are cut short or none: look at what stands between") from None


def _change(watch: base.Watch, values: dict[str, Any]) -> base.Change:
    stamp = soql.stamp_of(values)
    kept = {path: values[path] for path in watch.fields if path in values}
    return base.Change(watch=watch.name, object=watch.object, record=str(values["Id"]), stamp=stamp, values=kept)


def _value(kind: str, cell: str) -> Any:
    """A cell as REST would have answered it."""
    if cell == "":
        return None
    if kind == "boolean":
        return cell == "true"
    if kind == "int":
        return int(cell)
    if kind in {"double", "currency", "percent"}:
        return float(cell)
    return datetime.fromisoformat(cell).astimezone(UTC) if kind == "datetime" else cell
