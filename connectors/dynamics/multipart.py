"""``$batch`` requests and replies: multipart/mixed with one HTTP message a part.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wire import errors, http

_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")


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
    pieces = body.split(b"--" + found[1].encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise errors.Later("the answer of Dataverse is cut short: look at what stands between")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    sections = _BLANK_LINE.split(piece, 2)
    status = _STATUS.search(sections[1]) if len(sections) > 1 else None
    if status is None:
        raise errors.Later("Dataverse answers a batch with a broken part: look at what stands between")
    lines = sections[1].decode("latin-1").splitlines()[1:]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if ":" in line)}
    text = sections[2].strip() if len(sections) > 2 else b""
    return Part(status=int(status[1]), headers=headers, body=http.parse_json(text, "Dataverse") if text else None)
