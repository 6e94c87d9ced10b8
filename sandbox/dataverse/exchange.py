"""One request and one answer of the Web API, as plain values: the HTTP face and ``$batch`` both make and send these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.dataverse import preferences, refusal

JSON = "application/json; odata.metadata=minimal"
_HELP = "http://go.microsoft.com/fwlink/?LinkID=398563"


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


def error_answer(no: refusal.Refusal, prefer: str = "") -> Answer:
    """The error body of the Web API; with the details for which ``prefer``, the request's own header, asks as annotations."""
    body = {"code": no.code, "message": no.message}
    details = {
        "@Microsoft.PowerApps.CDS.HelpLink": f"{_HELP}&error=Microsoft.Crm.CrmException%3a{no.code[2:]}&client=platform",
        "@Microsoft.PowerApps.CDS.InnerError.Message": no.message,
    }
    wishes = preferences.read(prefer).wishes
    body |= {name: text for name, text in details.items() if wishes.wants(name)}
    return json_answer({"error": body}, status=no.status, headers=no.headers)
