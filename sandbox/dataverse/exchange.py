"""One request and one answer of the Web API, as plain values: the HTTP face and ``$batch`` both make and send these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json; odata.metadata=minimal"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One operation on the Web API."""

    method: str
    path: str
    """Percent-decoded, after ``/api/data/v9.2/``."""
    query: str = ""
    """As sent, without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    version: str = "v9.2"
    user: str = ""
    """The systemuser who calls."""


@dataclass(kw_only=True)
class Answer:
    """What one operation comes to."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status=status, body=orjson.dumps(body), headers={"Content-Type": JSON, **(headers or {})})


def error_answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The error body of the Web API."""
    return json_answer({"error": {"code": code, "message": message}}, status=status, headers=headers)
