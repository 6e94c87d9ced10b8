"""Reading by delta links: what changed in a table since a token, of which the changed rows are then asked for.

A token is taken before the rows are polled that it does not cover, so that nothing falls between the two. Whatever is wrong
with a token (it has expired, say), the bookmark's stamp still stands: a poll covers the gap, and a new token is taken first.
https://learn.microsoft.com/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems
"""

import dataclasses
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import structlog

from connectors import keyset
from connectors.dynamics import faults, line, multipart, odata, tables
from wire import errors

log = structlog.get_logger("connectors.dynamics")
_WHOLE_TABLE = 5000
"""Keys on a page of a first reading; the most that Dataverse gives."""
_REMEMBERED = 3600.0
"""Seconds until change tracking that was refused is tried again."""


class Tracking:
    """Knows which tables are read by delta links, and takes their first tokens. Safe for threads."""

    def __init__(self, way: line.Line, reading: Literal["auto", "poll", "delta"], look_back: timedelta, page: int) -> None:
        self._line = way
        self._reading = reading
        self._look_back = look_back
        self._page = page
        self._refused: dict[str, float] = {}
        self._heavy: set[str] = set()
        self._lock = threading.Lock()

    def ready(self, place: keyset.Place, table: tables.Table) -> keyset.Place:
        """The place with a token where it is to be read by one from now on; without where it is to be polled.

        A place that had none gets one and is polled once more: the token covers what is committed after it only.
        """
        if place.next_page:
            return place
        if self._reading == "poll" or self._is_refused(place.watch.object):
            return _polled(place)
        if place.token or not (self._reading == "delta" or place.watch.object in self._heavy):
            return place
        return _polled(place, kept=self._baseline(place.watch.object, table))

    def request(self, place: keyset.Place) -> multipart.Request | None:
        """What asks for the changes; None when the place is to be polled."""
        if not is_tracked(place):
            return None
        address = place.next_page or f"{self._line.root}/{place.token}"
        return _request(address, self._page)

    def weigh(self, place: keyset.Place, answer: keyset.Answer) -> None:
        """Note a table whose look-back alone fills a page: ``auto`` reads it by delta links from the next round on."""
        if self._reading != "auto" or place.next_page or len(answer.changes) < self._page or not answer.more:
            return
        last = answer.changes[-1].stamp
        if last is not None and last <= place.stamp + self._look_back:
            with self._lock:
                self._heavy.add(place.watch.object)

    def give_up(self, place: keyset.Place, fault: faults.Fault) -> keyset.Place:
        """The place as it is polled instead, after its token was refused for good."""
        if fault.status == 403:
            self._refuse(place.watch.object, fault)
        return keyset.Place(watch=place.watch, stamp=place.stamp)

    def links(self, body: Any) -> tuple[str, str]:
        """Continuation and next token of an answer; one of them is empty."""
        further, delta = (body.get(key) for key in ("@odata.nextLink", "@odata.deltaLink"))
        if isinstance(further, str):
            return self._line.own(further), ""
        if isinstance(delta, str):
            return "", self._below_root(delta)
        raise errors.Later("Dataverse answers a delta link without another: look at what stands between")

    def _below_root(self, link: str) -> str:
        _, found, rest = self._line.own(link).partition(f"{self._line.root}/")
        if not found:
            raise errors.Later("Dataverse's delta link leads elsewhere than its Web API: look at the proxy")
        return rest

    def _is_refused(self, name: str) -> bool:
        with self._lock:
            return time.monotonic() < self._refused.get(name, 0.0)

    def _refuse(self, name: str, fault: faults.Fault) -> None:
        with self._lock:
            news = name not in self._refused
            self._refused[name] = time.monotonic() + _REMEMBERED
        if news:
            remedy = "let the role read the whole organization and the table track changes, or set reading to poll"
            log.warning("polled instead of read by delta", table=name, code=fault.code or fault.status, remedy=remedy)

    def _baseline(self, name: str, table: tables.Table) -> str:
        """A token that covers the whole table as it is now; empty when change tracking is not to be had."""
        address = f"{self._line.root}/{odata.keys(table)}"
        while address:
            [part], _ = self._line.batch([_request(address, _WHOLE_TABLE)])
            fault = line.fault_of(part)
            if fault is not None and (fault.passes or fault.status == 401):
                raise faults.translate(fault)
            if fault is not None:
                self._refuse(name, fault)
                return ""
            address, token = self.links(part.body)
        return token


def _request(address: str, page: int) -> multipart.Request:
    headers = {"Accept": "application/json", "Prefer": f"odata.track-changes,odata.maxpagesize={page}"}
    return multipart.Request(method="GET", url=address, headers=headers)


def is_tracked(place: keyset.Place) -> bool:
    """Whether the place is read by its token."""
    return place.tracked if place.next_page else bool(place.token)


def changed(body: Any, table: tables.Table) -> Sequence[str]:
    """Ids of the rows that were made or changed; those that are gone are left out, as a poll does not see them either."""
    rows, _ = odata.rows_of(body)
    found = [odata.guid(str(row.get(table.key))) for row in rows if not _is_gone(row)]
    if not all(found):
        raise errors.Later(f"Dataverse tells of changed rows without {table.key}: look at what stands between")
    return found


def _is_gone(row: Mapping[str, Any]) -> bool:
    return "reason" in row or str(row.get("@odata.context", "")).endswith("$deletedEntity")


def _polled(place: keyset.Place, kept: str = "") -> keyset.Place:
    return dataclasses.replace(place, token="", kept=kept)
