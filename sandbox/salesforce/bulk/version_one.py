"""Bulk API 1.0 (``/services/async``), the older one that many programs still use: jobs of batches, in XML or JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import errors
from sandbox.salesforce.bulk import formats, ingests, jobs
from sandbox.salesforce.call import Reply
from sandbox.salesforce.org import OLDEST, VERSIONS, Org, Session
from sandbox.salesforce.rest import query, sobjects
from sandbox.salesforce.saving import dml
from sandbox.salesforce.soql import run

_DELAY = timedelta(seconds=0.3)
_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll")
_PATH = re.compile(r"job(?:/(\w+)(?:/(batch)(?:/(\w+)(?:/(result|request)(?:/(\w+))?)?)?)?)?")
MAXIMUM_ROWS = 10_000
"""Records in one batch (Bulk API limits)."""


@dataclass
class Batch:
    """One batch and what became of it."""

    id: str
    body: bytes
    due: datetime
    state: str = "Queued"
    message: str | None = None
    processed: int = 0
    failed: int = 0
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    found: run.Found | None = None
    result: str = ""


@dataclass
class Job:
    """One job."""

    id: str
    session: Session
    info: dict[str, Any]
    version: str
    batches: dict[str, Batch] = field(default_factory=dict)

    @property
    def json(self) -> bool:
        """Whether its content, and with it what is told about its batches, is JSON; else CSV and XML."""
        return bool(self.info["contentType"] == "JSON")


class Jobs:
    """All jobs of the older API."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.jobs: dict[str, Job] = {}

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, who: tuple[str, Session]) -> Reply:
        """Any call below ``/services/async/NN.0/`` by ``who`` (API version and session)."""
        try:
            return self._answer(method, path, headers, body, who)
        except errors.ApiError as error:
            shown = {"exceptionCode": error.code, "exceptionMessage": error.message}
            return formats.written("error", shown, as_json=formats.asks_json(headers), status=error.status)

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, who: tuple[str, Session]) -> Reply:
        if who[0] not in VERSIONS:
            raise errors.ApiError(400, "InvalidVersion", errors.retired(who[0], OLDEST))
        found = _PATH.fullmatch(path)
        if found is None:
            raise errors.not_found()
        job_id, batch, batch_id, part, result = found.groups()
        self.org.counters.add(f"{method} async/job{'/batch' if batch else ''}{'/result' if part else ''}")
        job = self.jobs.get(job_id or "")
        if job_id is None and method == "POST":
            return self._create(headers, body, who)
        if job is None:
            raise errors.ApiError(400, "InvalidJob", "Unable to find job")
        if batch is None:
            return self._job(job, method, headers, body)
        if batch_id is None:
            return self._add(job, body) if method == "POST" else self._list(job)
        if batch_id not in job.batches:
            raise errors.ApiError(400, "InvalidBatch", "Unable to find batch")
        if part is None:
            return formats.written("batchInfo", self._info(job, job.batches[batch_id]), as_json=job.json)
        return self._result(job, job.batches[batch_id], result)

    def _create(self, headers: Mapping[str, str], body: bytes, who: tuple[str, Session]) -> Reply:
        version, session = who
        given = formats.parsed(headers, body)
        entity = self.org.schema.find(str(given.get("object", "")))
        if entity is None or given.get("operation") not in _OPERATIONS:
            raise errors.ApiError(400, "InvalidJob", "object or operation is not supported")
        if given.get("contentType", "XML") not in ("CSV", "JSON"):
            raise errors.ApiError(400, "InvalidJob", "contentType must be CSV or JSON")
        info: dict[str, Any] = {
            "id": self.org.identifiers.make("750"), "operation": given["operation"], "object": entity.name,
            "createdById": session.user_id,
            "createdDate": jobs.cell(self.org.stamp()), "systemModstamp": jobs.cell(self.org.stamp()), "state": "Open",
            "contentType": given["contentType"],
            "concurrencyMode": given.get("concurrencyMode", "Parallel"), "apiVersion": float(version),
        }  # fmt: skip
        if given.get("externalIdFieldName"):
            sobjects.key_column(entity, str(given["externalIdFieldName"]))
            info["externalIdFieldName"] = given["externalIdFieldName"]
        job = self.jobs[info["id"]] = Job(info["id"], session, info, version)
        return formats.written("jobInfo", self._job_info(job), as_json=formats.asks_json(headers), status=201)

    def _job_info(self, job: Job) -> dict[str, Any]:
        batches = job.batches.values()
        counts = {
            f"numberBatches{state}": sum(1 for batch in batches if batch.state == state)
            for state in ("Queued", "InProgress", "Completed", "Failed")
        }
        processed = sum(batch.processed for batch in batches)
        failed = sum(batch.failed for batch in batches)
        numbers = {
            "numberBatchesTotal": len(batches),
            "numberRecordsProcessed": processed,
            "numberRecordsFailed": failed,
            "numberRetries": 0,
        }
        return {**job.info, **counts, **numbers}

    def _job(self, job: Job, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if method == "POST":
            state = formats.parsed(headers, body).get("state")
            if state not in ("Closed", "Aborted"):
                raise errors.ApiError(400, "InvalidJobState", "state must be Closed or Aborted")
            job.info["state"] = state
            self._hurry(job)
        return formats.written("jobInfo", self._job_info(job), as_json=formats.asks_json(headers) or job.json)

    def _hurry(self, job: Job) -> None:
        """Do what a closed job still has to do: programs poll right after closing, and then not for 5 or even 20 seconds."""
        for batch in job.batches.values():
            batch.due = min(batch.due, self.org.clock.now())
        self.settle()

    def _add(self, job: Job, body: bytes) -> Reply:
        if job.info["state"] != "Open":
            raise errors.ApiError(400, "InvalidJobState", "Job is not open")
        batch = Batch(self.org.identifiers.make("751"), body, self.org.clock.now() + _DELAY)
        job.batches[batch.id] = batch
        return formats.written("batchInfo", self._info(job, batch), as_json=job.json, status=201)

    def _list(self, job: Job) -> Reply:
        batches = {"batchInfo": [self._info(job, batch) for batch in job.batches.values()]}
        return formats.written("batchInfoList", batches, as_json=job.json)

    def _info(self, job: Job, batch: Batch) -> dict[str, Any]:
        info = {
            "id": batch.id, "jobId": job.id, "state": batch.state, "createdDate": job.info["createdDate"],
            "systemModstamp": jobs.cell(self.org.stamp()),
            "numberRecordsProcessed": batch.processed, "numberRecordsFailed": batch.failed, "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0, "apexProcessingTime": 0,
        }  # fmt: skip
        return info if batch.message is None else {**info, "stateMessage": batch.message}

    def settle(self) -> None:
        """Do the batches that are due."""
        now = self.org.clock.now()
        for job in self.jobs.values():
            for batch in job.batches.values():
                if batch.state == "Queued" and batch.due <= now and job.info["state"] != "Aborted":
                    self._work(job, batch)

    def _work(self, job: Job, batch: Batch) -> None:
        try:
            if job.info["operation"].startswith("query"):
                context = query.context(self.org, job.session.user_id, job.version)
                batch.found = run.run(context, batch.body.decode("utf-8", "replace"), deleted=job.info["operation"] == "queryAll")
                batch.result = self.org.identifiers.make("752")
                batch.processed = batch.found.total
            else:
                self._load(job, batch)
            batch.state = "Completed"
        except errors.ApiError as error:
            batch.state, batch.message = "Failed", f"InvalidBatch : {error.code}: {error.message}"

    def _load(self, job: Job, batch: Batch) -> None:
        rows = formats.rows(batch.body, as_json=job.json)
        if len(rows) > MAXIMUM_ROWS:
            raise errors.ApiError(400, "InvalidBatch", f"Records limit of {MAXIMUM_ROWS} exceeded")
        writer = dml.Writer(self.org, job.session.user_id)
        entity = self.org.schema.entities[job.info["object"]]
        for row in rows:
            try:
                outcome = ingests.write(writer, entity, job.info["operation"], job.info.get("externalIdFieldName"), row)
                batch.outcomes.append({"success": True, "created": bool(outcome.created), "id": outcome.id, "errors": []})
            except errors.RowRefused as refused:
                batch.failed += 1
                batch.outcomes.append({"success": False, "created": False, "id": None, "errors": [refused.error.as_row()]})
        batch.processed = len(rows)

    def _result(self, job: Job, batch: Batch, result: str | None) -> Reply:
        if batch.state != "Completed":
            raise errors.ApiError(400, "InvalidBatch", "Batch not completed")
        if batch.found is None:
            return self._outcomes(job, batch)
        if result is None:
            return formats.result_list(batch.result, as_json=job.json)
        made = [batch.found.make(row) for row in batch.found.rows]
        if job.json:
            return Reply(body=made)
        header = [".".join(path) for path in batch.found.columns]
        cells = [[jobs.cell_at(one, path) for path in batch.found.columns] for one in made]
        return Reply(body=jobs.csv_bytes(header, cells, jobs.Options()), content_type="text/csv; charset=UTF-8")

    def _outcomes(self, job: Job, batch: Batch) -> Reply:
        """What became of each row; the content type stands alone here, and clients (salesforce-bulk) compare it so."""
        if job.json:
            return Reply(body=batch.outcomes, content_type="application/json")
        cells = [
            [one["id"] or "", str(one["success"]).lower(), str(one["created"]).lower(), formats.row_error(one["errors"])]
            for one in batch.outcomes
        ]
        body = jobs.csv_bytes(("Id", "Success", "Created", "Error"), cells, jobs.Options())
        return Reply(body=body, content_type="text/csv")
