"""``$batch`` requests and replies: multipart/mixed with one HTTP message a part.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api
"""

import itertools
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wire import errors, http

_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")
_ANYTHING = re.compile(rb"\S")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One operation of a batch."""

    method: str
    url: str
    """Absolute, or the path from the root on."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What came of one operation."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any


def encode(requests: Sequence[Request]) -> tuple[str, bytes]:
    """Content type and body of a batch."""
    boundary = f"batch_{uuid.uuid4().hex}"
    lines: list[str] = []
    for one in requests:
        lines += [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary", ""]
        lines += [f"{one.method} {one.url} HTTP/1.1", *(f"{name}: {value}" for name, value in one.headers.items()), "", one.body]
    lines += [f"--{boundary}--", ""]
    return f'multipart/mixed; boundary="{boundary}"', "\r\n".join(lines).encode()


def decode(content_type: str, body: bytes) -> list[Part]:
    """The parts of a reply; raises Later when it cannot be taken apart."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise errors.Later("Dataverse answers a batch without a boundary: look at what stands between")
    boundaries = [one.span() for one in re.finditer(re.escape(b"--" + found[1].encode()), body)]
    if not boundaries or not body.startswith(b"--", boundaries[-1][1]):
        raise errors.Later("the answer of Dataverse is cut short: look at what stands between")
    return [_part(body, begin, end) for (_, begin), (end, _) in itertools.pairwise(boundaries)]


def _part(body: bytes, begin: int, end: int) -> Part:
    """The part between these places; a page of rows takes megabytes, so it is looked at where it lies and copied once."""
    outer = _BLANK_LINE.search(body, begin, end)
    begin = outer.end() if outer is not None else end
    inner = _BLANK_LINE.search(body, begin, end)
    head_end, begin_text = inner.span() if inner is not None else (end, end)
    status = _STATUS.search(body, begin, head_end)
    if status is None:
        raise errors.Later("Dataverse answers a batch with a broken part: look at what stands between")
    lines = body[begin:head_end].decode("latin-1").splitlines()[1:]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if ":" in line)}
    there = _ANYTHING.search(body, begin_text, end) is not None
    return Part(
        status=int(status[1]), headers=headers, body=http.parse_json(body[begin_text:end], "Dataverse") if there else None
    )
