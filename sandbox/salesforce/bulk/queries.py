"""Bulk API 2.0 query jobs: a query now, its rows as CSV in pages a little later."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.salesforce import errors
from sandbox.salesforce.bulk import jobs
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import query
from sandbox.salesforce.soql import parser, run, tree, words

MAXIMUM_JOBS = 10_000
"""Query jobs in 24 hours (Bulk API 2.0 limits)."""
_PAGE = 50_000


@dataclass(kw_only=True)
class Job(jobs.Job):
    """A query job."""

    query: str = ""
    deleted: bool = False
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
    header: Sequence[str] = ()


class Queries:
    """All query jobs."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.jobs: dict[str, Job] = {}

    def create(self, call: Call) -> Reply:
        """``POST jobs/query``."""
        body = call.json_object()
        operation = body.get("operation")
        if operation not in ("query", "queryAll"):
            raise errors.ApiError(400, "INVALIDOPERATION", "The operation must be query or queryAll")
        if len(self.jobs) >= MAXIMUM_JOBS:
            raise errors.ApiError(400, "EXCEEDEDQUOTA", f"Max number of query jobs ({MAXIMUM_JOBS}) per 24 hrs has been exceeded")
        text = str(body.get("query", ""))
        found = self._run(call.session.user_id, call.version, text, deleted=operation == "queryAll")
        job = Job(
            id=self.org.identifiers.make("750"), operation=operation, entity=found.entity, user_id=call.session.user_id,
            created=self.org.stamp(), version=call.version, state="UploadComplete", due=self._due(), query=text,
            deleted=operation == "queryAll", options=jobs.options(body),
        )  # fmt: skip
        self.jobs[job.id] = job
        return Reply(body=job.short())

    def _due(self) -> datetime:
        return self.org.clock.now() + jobs.DELAY

    def _run(self, user_id: str, version: str, text: str, *, deleted: bool) -> run.Found:
        parsed = parser.parse(text)
        for item in parsed.select:
            aggregate = isinstance(item, tree.Function) and item.name in words.AGGREGATES
            if aggregate or isinstance(item, tree.Query | tree.TypeOf):
                raise errors.ApiError(
                    400, "API_ERROR", "Aggregate functions, TYPEOF and nested queries are not supported in Bulk API"
                )
        if parsed.group_by or parsed.offset:
            raise errors.ApiError(400, "API_ERROR", "GROUP BY and OFFSET are not supported in Bulk API")
        found = run.run_tree(query.context(self.org, user_id, version), parsed, deleted=deleted)
        columns = self.org.schema.entities[found.entity].fields
        if any(len(path) == 1 and columns[path[0]].compound for path in found.columns):
            raise errors.ApiError(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
        return found

    def settle(self) -> None:
        """Finish the jobs that are due."""
        now = self.org.clock.now()
        for job in self.jobs.values():
            if job.state == "UploadComplete" and job.due is not None and job.due <= now:
                self._finish(job)

    def _finish(self, job: Job) -> None:
        try:
            found = self._run(job.user_id, job.version, job.query, deleted=job.deleted)
        except errors.ApiError as error:
            job.state, job.error = "Failed", f"{error.code}: {error.message}"
            return
        job.header = [".".join(path) for path in found.columns]
        job.rows = [[jobs.cell_at(made, path) for path in found.columns] for made in map(found.make, found.rows)]
        job.state, job.processed = "JobComplete", len(job.rows)

    def job(self, identifier: str) -> Job:
        """A job by its id. Raises NOT_FOUND."""
        job = self.jobs.get(identifier)
        if job is None:
            raise errors.not_found()
        return job

    def read(self, call: Call, identifier: str) -> Reply:
        """``GET jobs/query/750…``."""
        return Reply(body=self.job(identifier).whole("V2Query"))

    def listed(self, call: Call) -> Reply:
        """``GET jobs/query``."""
        return Reply(body={"done": True, "records": [job.short() for job in self.jobs.values()], "nextRecordsUrl": None})

    def change(self, call: Call, identifier: str) -> Reply:
        """``PATCH jobs/query/750…`` with state Aborted."""
        job = self.job(identifier)
        if call.json_object().get("state") != "Aborted" or job.state in ("JobComplete", "Failed"):
            raise errors.ApiError(400, "INVALIDJOBSTATE", f"Job cannot be aborted in state {job.state}")
        job.state = "Aborted"
        return Reply(body=job.short())

    def delete(self, call: Call, identifier: str) -> Reply:
        """``DELETE jobs/query/750…``."""
        if self.job(identifier).state not in ("JobComplete", "Aborted", "Failed"):
            raise errors.ApiError(400, "API_ERROR", "Job cannot be deleted while it is in progress")
        del self.jobs[identifier]
        return Reply(status=204)

    def results(self, call: Call, identifier: str) -> Reply:
        """``GET jobs/query/750…/results?maxRecords=…&locator=…``."""
        job = self.job(identifier)
        if job.state != "JobComplete":
            raise errors.ApiError(400, "INVALIDJOBSTATE", f"Job is not complete: {job.state}")
        start = _offset(call.query.get("locator", ""))
        asked = call.query.get("maxRecords", "")
        size = int(asked) if asked.isdigit() and int(asked) > 0 else _PAGE
        rows = job.rows[start : start + size]
        after = start + len(rows)
        locator = base64.b64encode(str(after).encode()).decode() if after < len(job.rows) else "null"
        headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))}
        body = jobs.csv_bytes(job.header, rows, job.options)
        return Reply(body=body, headers=headers, content_type="text/csv; charset=UTF-8")


def _offset(locator: str) -> int:
    if not locator:
        return 0
    try:
        return int(base64.b64decode(locator))
    except ValueError as error:
        raise errors.ApiError(400, "INVALID_LOCATOR", "The locator is invalid") from error
