"""``$batch``: multipart requests with change sets that are kept as a whole or not at all."""

import dataclasses
import http
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.dataverse import exchange, refusal
from sandbox.dataverse.rows import records

MAX_OPERATIONS = 1000
MAX_ADDRESS = 65_536
"""Characters of an address inside a batch."""
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_REFERENCE = re.compile(rb"\$(\d+)")
Perform = Callable[[exchange.Request], exchange.Answer]


@dataclass(frozen=True)
class Operation:
    """One request inside a batch."""

    request: exchange.Request
    content_id: str


class _Failed(Exception):
    """An operation of a change set was refused."""

    def __init__(self, answer: exchange.Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class Outcome:
    """The answer and how many operations it took."""

    answer: exchange.Answer
    operations: int


def run(outer: exchange.Request, perform: Perform, store: records.Store, *, keep_on: bool) -> Outcome:
    """Carry out a batch; stops at the first failure unless ``keep_on``."""
    boundary = _boundary(outer.headers.get("content-type", ""))
    parts = [_part(part, outer) for part in _pieces(outer.body, boundary)]
    number = sum(len(part) if isinstance(part, list) else 1 for part in parts)
    if number > MAX_OPERATIONS:
        raise refusal.bad_query(
            f"The number of requests in the batch ({number}) exceeds the maximum number allowed ({MAX_OPERATIONS}). "
            "The maximum number of operations per batch is 1000."
        )
    mark = "batchresponse_" + store.new_id()
    pieces: list[bytes] = []
    status = 200
    for part in parts:
        failed = (
            _change_set(part, perform, store, pieces, mark) if isinstance(part, list) else _alone(part, perform, pieces, mark)
        )
        if failed is not None and not keep_on:
            status = failed
            break
    pieces.append(b"--" + mark.encode() + b"--\r\n")
    return Outcome(
        exchange.Answer(status=status, body=b"".join(pieces), headers={"Content-Type": f"multipart/mixed; boundary={mark}"}),
        number,
    )


def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or match is None:
        raise refusal.bad_query("The content type of a batch request must be multipart/mixed with a boundary.")
    return match.group(1).encode()


def _pieces(body: bytes, boundary: bytes) -> list[tuple[dict[str, str], bytes]]:
    made = []
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(chunks) < 2 or not chunks[-1].startswith(b"--"):
        raise refusal.bad_query("The batch request is malformed: its closing boundary is missing. Lines must end with CRLF.")
    for chunk in chunks[1:-1]:
        head, _, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        made.append((_headers(head), content))
    return made


def _headers(head: bytes) -> dict[str, str]:
    made = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            made[name.strip().lower()] = value.strip()
    return made


def _part(piece: tuple[dict[str, str], bytes], outer: exchange.Request) -> Operation | list[Operation]:
    headers, content = piece
    kind = headers.get("content-type", "")
    if kind.lower().startswith("multipart/mixed"):
        inner = [_part(one, outer) for one in _pieces(content, _boundary(kind))]
        operations = [one for one in inner if isinstance(one, Operation)]
        if len(operations) != len(inner):
            raise refusal.bad_query("Change sets cannot be nested.")
        if any(one.request.method == "GET" for one in operations):
            raise refusal.bad_query("GET requests are not supported in a change set.")
        if any(not one.content_id for one in operations):
            raise refusal.bad_query("Content-ID is missing: every operation of a change set needs one.")
        return operations
    if not kind.lower().startswith("application/http"):
        raise refusal.bad_query(f"The content type '{kind}' of a part is not application/http or multipart/mixed.")
    return _operation(headers, content, outer)


def _operation(outer_headers: Mapping[str, str], content: bytes, outer: exchange.Request) -> Operation:
    head, _, body = content.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    words = line.decode("utf-8", "replace").split(" ")
    if len(words) < 3 or not words[-1].startswith("HTTP/"):
        raise refusal.bad_query("The request line of a part is malformed.")
    headers = _headers(rest)
    url = "%20".join(words[1:-1])
    path = re.sub(r"^(https?://[^/]+)?/api/data/v\d+\.\d+/", "", url)
    if len(path) > MAX_ADDRESS:
        raise refusal.Refusal(414, "0x80060888", "The length of the URL for this request exceeds the maximum allowed length.")
    path, _, query = path.partition("?")
    request = exchange.Request(
        method=words[0],
        path=records.unquoted(path.replace("+", "%2B")),
        query=query,
        headers={**{name: outer.headers[name] for name in ("authorization",) if name in outer.headers}, **headers},
        body=body.rstrip(b"\r\n"),
        version=outer.version,
        user=outer.user,
    )
    return Operation(request, outer_headers.get("content-id", headers.get("content-id", "")))


def _alone(operation: Operation, perform: Perform, pieces: list[bytes], mark: str) -> int | None:
    answer = perform(operation.request)
    pieces.append(_wrapped(answer, mark, operation.content_id))
    return answer.status if answer.status >= 400 else None


def _change_set(
    operations: list[Operation], perform: Perform, store: records.Store, pieces: list[bytes], mark: str
) -> int | None:
    inner_mark = "changesetresponse_" + store.new_id()
    inner: list[bytes] = []
    made: dict[str, str] = {}
    try:
        with store.transaction():
            for operation in operations:
                answer = perform(_resolved(operation.request, made))
                if answer.status >= 400:
                    raise _Failed(answer)
                if "OData-EntityId" in answer.headers:
                    made[operation.content_id] = answer.headers["OData-EntityId"]
                inner.append(_wrapped(answer, inner_mark, operation.content_id))
    except _Failed as failure:
        pieces.append(_wrapped(failure.answer, mark, ""))
        return failure.answer.status
    head = f"--{mark}\r\nContent-Type: multipart/mixed; boundary={inner_mark}\r\n\r\n".encode()
    pieces.append(head + b"".join(inner) + b"--" + inner_mark.encode() + b"--\r\n")
    return None


def _resolved(request: exchange.Request, made: Mapping[str, str]) -> exchange.Request:
    """References like ``$1`` replaced by the address of what that operation made."""
    if not made or (b"$" not in request.body and not request.path.startswith("$")):
        return request
    body = _REFERENCE.sub(lambda match: made.get(match[1].decode(), match[0].decode()).encode(), request.body)
    path = request.path
    match = re.match(r"\$(\d+)", path)
    if match and match[1] in made:
        path = made[match[1]].split("/api/data/", 1)[1].split("/", 1)[1] + path[match.end() :]
    return dataclasses.replace(request, path=path, body=body)


def _wrapped(answer: exchange.Answer, mark: str, content_id: str) -> bytes:
    lines = [f"--{mark}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    lines += ["", f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}"]
    headers = dict(answer.headers)
    if "OData-EntityId" in headers:
        headers.setdefault("Location", headers["OData-EntityId"])
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["OData-Version: 4.0", "", ""]
    return "\r\n".join(lines).encode() + answer.body + b"\r\n"
