"""What one request carries with it: the caller, its preferences, and the means to read and write on its behalf."""

from dataclasses import dataclass
from functools import cached_property

from sandbox import base
from sandbox.dataverse import exchange, preferences, rights
from sandbox.dataverse.operations import actions
from sandbox.dataverse.queries import options, query
from sandbox.dataverse.queries.options import Plan
from sandbox.dataverse.rows import payload, records, writes
from sandbox.dataverse.schema import Schema, Table

_USUALLY_HIDDEN = "contact.donotbulkemail"
"""What ``hide_field`` hides where it names no field."""


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
    def prefer(self) -> preferences.Preferences:
        """The caller's preferences."""
        return preferences.read(self.request.headers.get("prefer", ""))

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
        return frozenset(part.strip() for part in str(fault.options.get("field", _USUALLY_HIDDEN)).split(","))

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
            wishes=self.prefer.wishes,
            page_size=self.prefer.page_size,
            page_limit=int(small.options.get("size", 3)) if small else query.MAX_PAGE,
        )
        return query.Reading(self.store, caller)
