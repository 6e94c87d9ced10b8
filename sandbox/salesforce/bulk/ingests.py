"""Bulk API 2.0 ingest jobs: open, upload CSV once, close, and fetch what succeeded and what did not."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce import errors, schema
from sandbox.salesforce.bulk import jobs
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import sobjects
from sandbox.salesforce.saving import dml

MAXIMUM_UPLOAD = 100 * 1024 * 1024
"""Bytes of CSV in one job (Bulk API 2.0 limits: 150 MB base64-encoded, 100 MB before)."""
_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_NULL = "#N/A"


@dataclass(kw_only=True)
class Job(jobs.Job):
    """An ingest job."""

    key: str | None = None
    content: bytes | None = None
    header: list[str] = field(default_factory=list)
    succeeded: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)

    def ingest(self) -> dict[str, Any]:
        """The job's JSON."""
        made = self.whole("V2Ingest") | {
            "numberRecordsFailed": len(self.failed),
            "apexProcessingTime": 0,
            "apiActiveProcessingTime": 100,
        }
        if self.state == "Open":
            made["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        return made if self.key is None else {**made, "externalIdFieldName": self.key}


class Ingests:
    """All ingest jobs."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.jobs: dict[str, Job] = {}

    def create(self, call: Call) -> Reply:
        """``POST jobs/ingest``."""
        body = call.json_object()
        operation, key = str(body.get("operation", "")), body.get("externalIdFieldName")
        if operation not in _OPERATIONS:
            raise errors.ApiError(400, "INVALIDOPERATION", f"The operation {operation} is not supported")
        entity = self.org.schema.find(str(body.get("object", "")))
        if entity is None:
            raise errors.ApiError(400, "INVALIDENTITY", f"Unable to find object: {body.get('object')}")
        if operation == "upsert" and not key:
            raise errors.ApiError(400, "INVALIDJOB", "externalIdFieldName is required for upsert")
        if operation == "upsert":
            sobjects.key_column(entity, str(key))
        job = Job(
            id=self.org.identifiers.make("750"), operation=operation, entity=entity.name, user_id=call.session.user_id,
            created=self.org.stamp(), version=call.version, state="Open", options=jobs.options(body), key=key,
        )  # fmt: skip
        self.jobs[job.id] = job
        return Reply(body=job.ingest())

    def job(self, identifier: str) -> Job:
        """A job by its id. Raises NOT_FOUND."""
        job = self.jobs.get(identifier)
        if job is None:
            raise errors.not_found()
        return job

    def upload(self, call: Call, identifier: str) -> Reply:
        """``PUT jobs/ingest/750…/batches``: once."""
        job = self.job(identifier)
        if job.state != "Open" or job.content is not None:
            raise errors.ApiError(400, "INVALIDJOBSTATE", f"Invalid job state for upload: {job.state}")
        if call.headers.get("content-type", "").split(";")[0].strip() != "text/csv":
            raise errors.ApiError(400, "INVALIDCONTENTTYPE", "Content-Type must be text/csv")
        if len(call.body) > MAXIMUM_UPLOAD:
            raise errors.ApiError(413, "REQUEST_ENTITY_TOO_LARGE", "The upload is larger than 100 MB")
        job.content = call.body
        return Reply(status=201)

    def change(self, call: Call, identifier: str) -> Reply:
        """``PATCH jobs/ingest/750…`` with UploadComplete or Aborted."""
        job = self.job(identifier)
        wanted = call.json_object().get("state")
        if wanted not in ("UploadComplete", "Aborted") or job.state != "Open":
            raise errors.ApiError(400, "INVALIDJOBSTATE", f"Invalid job state {job.state} for change to {wanted}")
        job.state = str(wanted)
        if wanted == "UploadComplete":
            job.due = self.org.clock.now() + jobs.DELAY
        return Reply(body=job.short())

    def read(self, call: Call, identifier: str) -> Reply:
        """``GET jobs/ingest/750…``."""
        return Reply(body=self.job(identifier).ingest())

    def listed(self, call: Call) -> Reply:
        """``GET jobs/ingest``."""
        return Reply(body={"done": True, "records": [job.short() for job in self.jobs.values()], "nextRecordsUrl": None})

    def delete(self, call: Call, identifier: str) -> Reply:
        """``DELETE jobs/ingest/750…``."""
        self.job(identifier)
        del self.jobs[identifier]
        return Reply(status=204)

    def results(self, call: Call, identifier: str, which: str) -> Reply:
        """``successfulResults``, ``failedResults`` and ``unprocessedrecords`` as CSV."""
        job = self.job(identifier)
        heads = {
            "successfulResults": ["sf__Id", "sf__Created"],
            "failedResults": ["sf__Id", "sf__Error"],
            "unprocessedrecords": [],
        }
        rows = {"successfulResults": job.succeeded, "failedResults": job.failed, "unprocessedrecords": job.unprocessed}[which]
        body = jobs.csv_bytes([*heads[which], *job.header], rows, job.options)
        return Reply(body=body, content_type="text/csv; charset=UTF-8")

    def settle(self) -> None:
        """Do the jobs that are due."""
        now = self.org.clock.now()
        for job in self.jobs.values():
            if job.state == "UploadComplete" and job.due is not None and job.due <= now:
                self._work(job)

    def _work(self, job: Job) -> None:
        text = (job.content or b"").decode("utf-8-sig", "replace")
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=job.options.separator) if row]
        if not rows:
            job.state, job.error = "Failed", "InvalidBatch : Field name not found : header row is missing"
            return
        job.header = rows[0]
        entity = self.org.schema.entities[job.entity]
        unknown = [name for name in job.header if "." not in name and entity.find(name) is None]
        if unknown:
            job.state, job.error = "Failed", f"InvalidBatch : Field name not found : {unknown[0]}"
            job.unprocessed = rows[1:]
            return
        writer = dml.Writer(self.org, job.user_id)
        for row in rows[1:]:
            self._row(job, writer, row)
        job.state, job.processed = "JobComplete", len(rows) - 1

    def _row(self, job: Job, writer: dml.Writer, row: Sequence[str]) -> None:
        given = values(job.header, row)
        try:
            outcome = write(writer, self.org.schema.entities[job.entity], job.operation, job.key, given)
        except (errors.RowRefused, errors.ApiError) as refused:
            error = refused.error if isinstance(refused, errors.RowRefused) else errors.RowError(refused.code, refused.message)
            text = f"{error.code}:{error.message}:{','.join(error.fields or ())} --"
            job.failed.append([str(given.get("Id") or ""), text, *row])
            return
        job.succeeded.append([outcome.id or "", "true" if outcome.created else "false", *row])


def write(
    writer: dml.Writer, entity: schema.Entity, operation: str, key_name: str | None, given: Mapping[str, Any]
) -> dml.Outcome:
    """One row of a job of any operation. Raises RowRefused."""
    if operation == "insert":
        return dml.Outcome(writer.create(entity, given), created=True)
    if operation == "upsert":
        key = sobjects.key_column(entity, str(key_name))
        found = next((value for name, value in given.items() if name.lower() == key.name.lower()), None)
        return writer.upsert(entity, key, found, given)
    identifier = next((str(value) for name, value in given.items() if name.lower() == "id" and value), "")
    if operation == "update":
        writer.update(entity, identifier, given)
    else:
        writer.delete(entity, identifier)
    return dml.Outcome(identifier)


def values(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """Cells as values: an empty one says nothing, ``#N/A`` says null, ``Account.Key__c`` names a parent."""
    made: dict[str, Any] = {}
    for name, text in zip(header, row, strict=False):
        if text == "":
            continue
        given = None if text == _NULL else text
        if "." in name:
            relationship, key = name.split(".", 1)
            made[relationship] = {key: given}
        else:
            made[name] = given
    return made
