"""Which path means what: the REST API's resources and their handlers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from sandbox.salesforce import errors
from sandbox.salesforce.bulk import ingests, queries, version_one
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.metadata import deploying, tooling
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import (
    collections,
    composite,
    describe,
    feeds,
    limits,
    query,
    relationships,
    search,
    sobject_tree,
    sobjects,
)

Handler: TypeAlias = Callable[..., Reply]
_NAME = r"([A-Za-z]\w*)"
_ID = r"((?=[A-Za-z]*[0-9])(?:[A-Za-z0-9]{15}|[A-Za-z0-9]{18}))"
"""A record id, which unlike a column's name has a digit early on."""


@dataclass(frozen=True)
class Route:
    """One method on one pattern of paths; ``endpoint`` is what the counters call it."""

    method: str
    pattern: re.Pattern[str]
    endpoint: str
    handler: Handler


class Api:
    """Dispatches calls; Composite comes back in here for its parts."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.queries = query.Queries(org, tooling.definitions)
        self.bulk_queries = queries.Queries(org)
        self.bulk_ingests = ingests.Ingests(org)
        self.bulk_one = version_one.Jobs(org)
        self.deployments = deploying.Deployments(org)
        self._routes: list[Route] = []
        self._add_queries()
        self._add_composite()
        self._add_objects()
        self._add_jobs()
        self._add_setup()
        self.add("GET", "", "resources", describe.resources)
        self.add("GET", "limits", "limits", limits.read)
        self.add("GET", "limits/recordCount", "limits/recordCount", limits.record_count)
        self.add("GET", "search", "search", search.search)
        self.add("GET", "parameterizedSearch", "parameterizedSearch", search.parameterized)
        self.add("POST", "parameterizedSearch", "parameterizedSearch", search.parameterized)

    def add(self, method: str, pattern: str, endpoint: str, handler: Handler) -> None:
        """``handler(org, call, *groups of the pattern)``."""
        self._routes.append(Route(method, re.compile(pattern), f"{method} {endpoint}".strip(), handler))

    def _add_queries(self) -> None:
        asked = self.queries
        self.add("GET", "query", "query", lambda org, call: asked.query(call))
        self.add("GET", "queryAll", "queryAll", lambda org, call: asked.query_all(call))
        self.add("GET", r"query(?:All)?/([\w-]+)", "query/{locator}", lambda org, call, locator: asked.more(call, locator))

    def _add_composite(self) -> None:
        base = "composite/sobjects"
        self.add("POST", "composite", "composite", lambda org, call: composite.composite(org, call, self.handle))
        self.add("POST", "composite/batch", "composite/batch", lambda org, call: composite.batch(org, call, self.handle))
        self.add("POST", base, base, collections.create)
        self.add("PATCH", base, base, collections.update)
        self.add("DELETE", base, base, collections.delete)
        self.add("GET", f"{base}/{_NAME}", f"{base}/{{object}}", collections.read)
        self.add("POST", f"{base}/{_NAME}", f"{base}/{{object}}", collections.read)
        self.add("POST", f"composite/tree/{_NAME}", "composite/tree/{object}", sobject_tree.create)
        self.add("PATCH", f"{base}/{_NAME}/{_NAME}", f"{base}/{{object}}/{{key}}", collections.upsert)

    def _add_objects(self) -> None:
        base, row, key = f"sobjects/{_NAME}", "sobjects/{object}/{id}", "sobjects/{object}/{key}/{value}"
        related = f"{row}/{{relationship}}"
        self.add("GET", "sobjects", "sobjects", describe.everything)
        self.add("GET", base, "sobjects/{object}", describe.basic)
        self.add("POST", base, "sobjects/{object}", sobjects.create)
        self.add("GET", f"{base}/describe", "sobjects/{object}/describe", describe.whole)
        self.add("GET", f"{base}/updated/?", "sobjects/{object}/updated", feeds.updated)
        self.add("GET", f"{base}/deleted/?", "sobjects/{object}/deleted", feeds.deleted)
        self.add("GET", f"{base}/([^/]+)", row, sobjects.read)
        self.add("PATCH", f"{base}/([^/]+)", row, sobjects.update)
        self.add("DELETE", f"{base}/([^/]+)", row, sobjects.delete)
        self.add("GET", f"{base}/{_ID}/(.+)", related, partial(relationships.read, self.queries))
        self.add("PATCH", f"{base}/{_ID}/(.+)", related, relationships.update)
        self.add("DELETE", f"{base}/{_ID}/(.+)", related, relationships.delete)
        self.add("GET", f"{base}/(\\w+)/(.+)", key, sobjects.read_by_key)
        self.add("PATCH", f"{base}/(\\w+)/(.+)", key, sobjects.upsert)
        self.add("DELETE", f"{base}/(\\w+)/(.+)", key, sobjects.delete_by_key)

    def _add_jobs(self) -> None:
        asked, taken = self.bulk_queries, self.bulk_ingests
        self.add("POST", "jobs/query", "jobs/query", lambda org, call: asked.create(call))
        self.add("GET", "jobs/query", "jobs/query", lambda org, call: asked.listed(call))
        self.add("GET", r"jobs/query/(\w+)", "jobs/query/{id}", lambda org, call, job: asked.read(call, job))
        self.add("PATCH", r"jobs/query/(\w+)", "jobs/query/{id}", lambda org, call, job: asked.change(call, job))
        self.add("DELETE", r"jobs/query/(\w+)", "jobs/query/{id}", lambda org, call, job: asked.delete(call, job))
        self.add("GET", r"jobs/query/(\w+)/results", "jobs/query/{id}/results", lambda org, call, job: asked.results(call, job))
        self.add("POST", "jobs/ingest", "jobs/ingest", lambda org, call: taken.create(call))
        self.add("GET", "jobs/ingest", "jobs/ingest", lambda org, call: taken.listed(call))
        self.add("GET", r"jobs/ingest/(\w+)", "jobs/ingest/{id}", lambda org, call, job: taken.read(call, job))
        self.add("PATCH", r"jobs/ingest/(\w+)", "jobs/ingest/{id}", lambda org, call, job: taken.change(call, job))
        self.add("DELETE", r"jobs/ingest/(\w+)", "jobs/ingest/{id}", lambda org, call, job: taken.delete(call, job))
        self.add("PUT", r"jobs/ingest/(\w+)/batches", "jobs/ingest/{id}/batches", lambda org, call, job: taken.upload(call, job))
        results = r"jobs/ingest/(\w+)/(successfulResults|failedResults|unprocessedrecords)"
        self.add("GET", results, "jobs/ingest/{id}/results", lambda org, call, job, which: taken.results(call, job, which))

    def _add_setup(self) -> None:
        base, row = "tooling/sobjects/CustomField", "tooling/sobjects/CustomField/{id}"
        self.add("GET", "tooling/query", "tooling/query", tooling.search)
        self.add("POST", base, base, tooling.create_field)
        self.add("POST", "tooling/sobjects/CustomObject", "tooling/sobjects/CustomObject", tooling.refuse_object)
        self.add("GET", f"{base}/(\\w+)", row, tooling.read_field)
        self.add("PATCH", f"{base}/(\\w+)", row, tooling.change_field)
        self.add("DELETE", f"{base}/(\\w+)", row, tooling.delete_field)
        deploy = "metadata/deployRequest"
        self.add("POST", deploy, deploy, lambda org, call: self.deployments.create(call))
        self.add("GET", f"{deploy}/(\\w+)", f"{deploy}/{{id}}", lambda org, call, job: self.deployments.read(call, job))

    def settle(self) -> None:
        """Let time do its work: late commits become visible, jobs get done."""
        self.org.store.settle()
        self.bulk_queries.settle()
        self.bulk_ingests.settle()
        self.bulk_one.settle()

    def find(self, call: Call) -> tuple[Route, tuple[str, ...]]:
        """The route of a call. Raises NOT_FOUND and METHOD_NOT_ALLOWED."""
        allowed = []
        for route in self._routes:
            found = route.pattern.fullmatch(call.path)
            if found is None:
                continue
            if route.method == call.method or (call.method == "HEAD" and route.method == "GET"):
                return route, found.groups()
            allowed.append(route.method)
        if allowed:
            message = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(sorted(set(allowed)))}"
            raise errors.ApiError(405, "METHOD_NOT_ALLOWED", message)
        raise errors.not_found()

    def handle(self, call: Call) -> Reply:
        """Answer a call, or a part of one, without billing. Raises ApiError."""
        route, groups = self.find(call)
        return route.handler(self.org, call, *groups)

    def bill(self, call: Call) -> None:
        """Count the call; a batch is counted by its parts."""
        endpoint = self.find(call)[0].endpoint
        if endpoint != "POST composite/batch":
            self.org.counters.add(endpoint)
