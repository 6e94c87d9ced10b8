"""What one request carries with it: the caller, its preferences, and the means to read and write on its behalf."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from sandbox import base
from sandbox.dataverse import exchange, rights
from sandbox.dataverse.operations import actions
from sandbox.dataverse.queries import options, query, shape
from sandbox.dataverse.queries.options import Plan
from sandbox.dataverse.rows import payload, records, writes
from sandbox.dataverse.schema import Schema, Table

_PREFERENCE = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^,;]*)))?\s*(?:[,;]|$)")


@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header."""

    given: dict[str, str] = field(default_factory=dict)

    @property
    def representation(self) -> bool:
        """``return=representation``."""
        return self.given.get("return") == "representation"

    @property
    def page_size(self) -> int | None:
        """``odata.maxpagesize``."""
        text = self.given.get("odata.maxpagesize", "")
        return int(text) if text.isdigit() and int(text) > 0 else None

    @property
    def annotations(self) -> str:
        """``odata.include-annotations``."""
        return self.given.get("odata.include-annotations", "")

    @property
    def track(self) -> bool:
        """``odata.track-changes``."""
        return "odata.track-changes" in self.given

    @property
    def continue_on_error(self) -> bool:
        """``odata.continue-on-error``, with or without a value."""
        return self.given.get("odata.continue-on-error", "false") in ("", "true")

    def applied(self) -> str:
        """What is echoed in ``Preference-Applied``."""
        echoed = []
        if self.page_size:
            echoed.append(f"odata.maxpagesize={self.page_size}")
        if self.annotations:
            echoed.append(f'odata.include-annotations="{self.annotations}"')
        if self.track:
            echoed.append("odata.track-changes")
        if self.representation:
            echoed.append("return=representation")
        return ",".join(echoed)


def preferences(header: str) -> Preferences:
    """Read a ``Prefer`` header."""
    return Preferences(
        {
            match[1].lower(): match[2] if match[2] is not None else (match[3] or "").strip()
            for match in _PREFERENCE.finditer(header)
        }
    )


@dataclass(frozen=True, kw_only=True)
class Session:
    """One request on its way through the service."""

    request: exchange.Request
    store: records.Store
    faults: base.Faults
    url: str
    """``https://HOST:PORT``."""

    @property
    def schema(self) -> Schema:
        """The organisation's tables."""
        return self.store.schema

    @property
    def root(self) -> str:
        """Where resource paths begin."""
        return f"{self.url}/api/data/{self.request.version}/"

    @cached_property
    def prefer(self) -> Preferences:
        """The caller's preferences."""
        return preferences(self.request.headers.get("prefer", ""))

    @cached_property
    def hidden(self) -> frozenset[str]:
        """``table.column`` names that do not exist for this caller."""
        return self._veiled(secured=False)

    @cached_property
    def blank(self) -> frozenset[str]:
        """``table.column`` names under column security: the caller sees null and may not write."""
        return self._veiled(secured=True)

    def _veiled(self, *, secured: bool) -> frozenset[str]:
        fault = self.faults.peek("hide_field")
        if fault is None or bool(fault.options.get("secured", False)) is not secured:
            return frozenset()
        return frozenset(part.strip() for part in str(fault.options.get("field", "")).split(","))

    @cached_property
    def rights(self) -> rights.Rights:
        """What the caller may do."""
        return rights.Rights(self.store, self.request.user)

    @cached_property
    def writer(self) -> writes.Writer:
        """Writes in the caller's name."""
        return writes.Writer(self.store, self.request.user, payload.Veil(self.hidden, self.blank), self.faults)

    @cached_property
    def actions(self) -> actions.Actions:
        """Actions in the caller's name."""
        return actions.Actions(self.store, self.writer, self.rights)

    @cached_property
    def options(self) -> options.Options:
        """The query options."""
        return options.split_query(self.request.query)

    def plan(self, table: Table) -> Plan:
        """The query options as a plan over a table."""
        reader = options.Reader(self.schema, self.options.aliases, self.hidden)
        made = reader.plan(table, self.options.system)
        for touched in (table, *(expansion.target for expansion in made.expansions)):
            if touched.name != "principal":
                self.rights.need(touched, "Read")
        return made

    @cached_property
    def reading(self) -> query.Reading:
        """Queries in the caller's name."""
        small = self.faults.take("small_pages")
        caller = query.Caller(
            user=self.request.user,
            root=self.root,
            hidden=self.hidden,
            blank=self.blank,
            wishes=shape.Wishes(self.prefer.annotations),
            page_size=self.prefer.page_size,
            page_limit=int(small.options.get("size", 3)) if small else query.MAX_PAGE,
        )
        return query.Reading(self.store, caller)
