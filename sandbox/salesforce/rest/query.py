"""``query``, ``queryAll`` and their further pages."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from sandbox.salesforce import errors, rights
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import cursors
from sandbox.salesforce.soql import names, run


def context(org: Org, user_id: str, version: str) -> names.Context:
    """What SOQL needs to know about the user and the moment."""
    return names.Context(
        schema=org.schema,
        store=org.store,
        hidden=rights.hidden(org, user_id),
        zone=org.zone(user_id),
        now=org.clock.now(),
        version=version,
    )


Definitions: TypeAlias = Callable[[Org, Call], names.Context]
"""Gives EntityDefinition and FieldDefinition as the caller sees them."""
_OF_THE_ORG = re.compile(r"\bFROM\s+(EntityDefinition|FieldDefinition)\b", re.IGNORECASE)
_REIFIED = re.compile(r"\bWHERE\b.*\b(EntityDefinition(Id)?|DurableId)\b", re.IGNORECASE | re.DOTALL)


class Queries:
    """The query resources."""

    def __init__(self, org: Org, definitions: Definitions) -> None:
        self.org = org
        self._definitions = definitions
        self.cursors = cursors.Cursors(org)

    def query(self, call: Call) -> Reply:
        """Records that are not deleted."""
        return self._start(call, "query", deleted=False)

    def query_all(self, call: Call) -> Reply:
        """Deleted and merged records too."""
        return self._start(call, "queryAll", deleted=True)

    def more(self, call: Call, locator: str) -> Reply:
        """A further page; a repeated ``q`` is ignored."""
        resource = call.path.split("/")[0]
        return Reply(body=self.cursors.more(locator, call.session.user_id, f"/services/data/v{call.version}/{resource}"))

    def _start(self, call: Call, resource: str, *, deleted: bool) -> Reply:
        text = call.query.get("q")
        if "explain" in call.query:
            return Reply(body=self._explain(call))
        if not text:
            raise errors.malformed_query("A query string has to be specified")
        return self.run(call, text, resource, deleted=deleted)

    def run(self, call: Call, text: str, resource: str = "query", *, deleted: bool = False) -> Reply:
        """The first page of a query; further pages hang on ``resource``."""
        found = run.run(self._context(call, text), text, deleted=deleted)
        size = cursors.page_size(call.headers.get("sforce-query-options"))
        page = self.cursors.first(found, call.session.user_id, size, f"/services/data/v{call.version}/{resource}")
        return Reply(body=page)

    def _context(self, call: Call, text: str) -> names.Context:
        """Over the records; over the org itself where the query names one of its definitions."""
        found = _OF_THE_ORG.search(text)
        if found is None:
            return context(self.org, call.session.user_id, call.version)
        if found[1].lower() == "fielddefinition" and not _REIFIED.search(text):
            raise errors.malformed_query("a filter on a reified column is required [EntityDefinitionId,DurableId]")
        return self._definitions(self.org, call)

    def _explain(self, call: Call) -> dict[str, Any]:
        text = call.query["explain"]
        found = run.run(context(self.org, call.session.user_id, call.version), text)
        plan = {
            "cardinality": found.total, "fields": [], "leadingOperationType": "TableScan", "notes": [], "relativeCost": 1.0,
            "sobjectCardinality": len(self.org.store.table(found.entity).rows), "sobjectType": found.entity,
        }  # fmt: skip
        return {"plans": [plan], "sourceQuery": text}
