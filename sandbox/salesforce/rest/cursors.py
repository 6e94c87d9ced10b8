"""Query locators: result sets that wait for their next page."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import errors
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql import run

MAXIMUM_PAGE = 2_000
MINIMUM_PAGE = 200
LIFETIME = timedelta(days=2)
"""Salesforce App Limits Cheat Sheet, "API Query Cursor Limits"."""


@dataclass
class Cursor:
    """A result set and who asked for it."""

    found: run.Found
    user_id: str
    size: int
    until: datetime


def page_size(header: str | None) -> int:
    """From ``Sforce-Query-Options: batchSize=N``, kept within 200 and 2,000."""
    for option in (header or "").split(","):
        name, _, value = option.strip().partition("=")
        if name.strip().lower() == "batchsize" and value.strip().isdigit():
            return max(MINIMUM_PAGE, min(MAXIMUM_PAGE, int(value)))
    return MAXIMUM_PAGE


class Cursors:
    """All open result sets."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._open: dict[str, Cursor] = {}

    def first(self, found: run.Found, user_id: str, size: int, path: str) -> dict[str, Any]:
        """The first page; ``path`` is what locators hang on."""
        cursor = Cursor(found, user_id, size, self._org.clock.now() + LIFETIME)
        return self._page("", cursor, 0, path)

    def more(self, locator: str, user_id: str, path: str) -> dict[str, Any]:
        """The page behind ``<locator>-<offset>``. Raises INVALID_QUERY_LOCATOR."""
        name, _, offset = locator.rpartition("-")
        cursor = self._open.get(name)
        if cursor is None or not offset.isdigit() or cursor.user_id != user_id or cursor.until < self._org.clock.now():
            raise errors.ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        if int(offset) >= cursor.found.total:
            raise errors.ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(name, cursor, int(offset), path)

    def _page(self, name: str, cursor: Cursor, offset: int, path: str) -> dict[str, Any]:
        found = cursor.found
        size = self._size(cursor)
        made: list[dict[str, Any]] = []
        written = 0
        for row in found.rows[offset : offset + size]:
            made.append(found.make(row))
            written += 1 + sum(len((made[-1][child] or {}).get("records", ())) for child in found.children)
            if written >= size:
                break
        after = offset + len(made)
        page: dict[str, Any] = {"totalSize": found.total, "done": after >= len(found.rows)}
        if not page["done"]:
            if not name:
                now = self._org.clock.now()
                self._open = {known: kept for known, kept in self._open.items() if kept.until >= now}
                name = "01g" + secrets.token_hex(8)[:15]
                self._open[name] = cursor
            page["nextRecordsUrl"] = f"{path}/{name}-{after}"
        page["records"] = made
        return page

    def _size(self, cursor: Cursor) -> int:
        if not cursor.found.pages:
            return MAXIMUM_PAGE
        fault = self._org.faults.take("small_pages")
        if fault is None:
            return cursor.size
        return int(fault.options.get("size", 0)) or self._org.random.randint(1, max(2, cursor.size // 10))
