"""What Bulk API 2.0 query and ingest jobs share: their JSON, their CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import errors, moments

DELAY = timedelta(seconds=0.4)
"""How long a job is in progress."""
_DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(frozen=True)
class Options:
    """How the CSV is written."""

    delimiter: str = "COMMA"
    ending: str = "LF"

    @property
    def separator(self) -> str:
        """Between cells."""
        return _DELIMITERS[self.delimiter]

    @property
    def newline(self) -> str:
        """Between rows."""
        return _ENDINGS[self.ending]


@dataclass(kw_only=True)
class Job:
    """One job of either kind."""

    id: str
    operation: str
    entity: str
    user_id: str
    created: str
    version: str
    state: str
    due: datetime | None = None
    processed: int = 0
    error: str | None = None
    options: Options = field(default_factory=Options)

    def short(self) -> dict[str, Any]:
        """As creating or changing the job answers."""
        return {
            "id": self.id, "operation": self.operation, "object": self.entity, "createdById": self.user_id,
            "createdDate": self.created, "systemModstamp": self.created, "state": self.state, "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": float(self.version), "lineEnding": self.options.ending,
            "columnDelimiter": self.options.delimiter,
        }  # fmt: skip

    def whole(self, kind: str) -> dict[str, Any]:
        """As asking for the job answers."""
        more: dict[str, Any] = {
            "jobType": kind, "numberRecordsProcessed": self.processed, "retries": 0, "totalProcessingTime": 120,
            "isPkChunkingSupported": False,
        }  # fmt: skip
        if self.error is not None:
            more["errorMessage"] = self.error
        shown = "InProgress" if self.state == "UploadComplete" and self.due is not None else self.state
        return {**self.short(), **more, "state": shown}


def options(body: Mapping[str, Any]) -> Options:
    """Delimiter and line ending of a new job. Raises INVALID_INPUT."""
    delimiter, ending = str(body.get("columnDelimiter", "COMMA")), str(body.get("lineEnding", "LF"))
    if body.get("contentType", "CSV") != "CSV" or delimiter not in _DELIMITERS or ending not in _ENDINGS:
        raise errors.ApiError(400, "INVALID_INPUT", "contentType, columnDelimiter or lineEnding is not supported")
    return Options(delimiter, ending)


def cell(value: Any) -> str:
    """A value as CSV has it; null and the empty text look the same, moments end in Z."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and len(value) == 28 and moments.normalise(value) == value:
        return value[:-5] + "Z"
    return str(value)


def cell_at(made: Mapping[str, Any], path: Sequence[str]) -> str:
    """A column of a written record, through its parents."""
    value: Any = made
    for name in path:
        value = value.get(name) if value is not None else None
    return cell(value)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]], chosen: Options) -> bytes:
    """A CSV file with every cell in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=chosen.separator, lineterminator=chosen.newline, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()
