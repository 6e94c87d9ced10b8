"""A server that is not what it says: no bookmark is made of what it answers, and no token leaves for elsewhere."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from connectors import base
from tests.connectors.impostor import NOW, dynamics_at, salesforce_at, say
from tests.wire.rogue import Rogue, answer, serving
from wire import errors

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MARK = base.Bookmark(stamp=START, started=START)
ID = "500000000000001AAA"
GUID = "00000000-0000-0000-0000-000000000001"
CASES = base.Watch(name="w", object="Case", fields=("Subject",))
INCIDENTS = base.Watch(name="w", object="incident", fields=("title",))


def composite_of(*rows: Mapping[str, Any], done: Any = True, reference: str = "r0") -> dict[str, Any]:
    body = {"totalSize": len(rows), "done": done, "records": list(rows)}
    return {"compositeResponse": [{"body": body, "httpStatusCode": 200, "referenceId": reference}]}


def row(stamp: Any = "2026-11-21T10:30:00.000+0000", record: Any = ID) -> dict[str, Any]:
    return {"attributes": {}, "Id": record, "SystemModstamp": stamp, "Subject": "x"}


def poll(connector: base.Connector, watch: base.Watch) -> tuple[list[base.Change], base.Bookmark]:
    mark = MARK
    changes: list[base.Change] = []
    for page in connector.read([watch], {"w": mark}):
        changes += page.changes
        mark = page.bookmarks.get("w", mark)
    return changes, mark


def marks_of(connector: base.Connector, watch: base.Watch) -> tuple[list[base.Bookmark], errors.OutsideError | None]:
    """All bookmarks that were handed out, and what ended it."""
    marks: list[base.Bookmark] = []
    try:
        for page in connector.read([watch], {"w": MARK}):
            marks += page.bookmarks.values()
    except errors.OutsideError as error:
        return marks, error
    return marks, None


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "text",
        None,
        {"compositeResponse": []},
        {"compositeResponse": [None]},
        {"compositeResponse": [{"httpStatusCode": "200", "referenceId": "r0", "body": {}}]},
        composite_of(row(), reference="r7"),
        composite_of(row(record=None)),
        composite_of(row(record="' OR Id != '")),
        composite_of(row(stamp=None)),
        composite_of(row(stamp="yesterday")),
        composite_of(row(stamp="2026-11-21T10:30:00.000+0000"), row(stamp="2026-11-21T10:29:00.000+0000")),
        composite_of(row(stamp="2001-01-01T00:00:00.000+0000")),
        composite_of(row(), done="yes"),
        composite_of(row(), None),  # type: ignore[arg-type]
        composite_of(done=False),
        composite_of(row(), done=False),
    ],
)
def test_salesforce_answers_that_make_no_sense_move_no_bookmark_past_what_was_read(rogue: Rogue, body: Any) -> None:
    connector = salesforce_at(rogue, lambda handler: say(handler, body))
    marks, refusal = marks_of(connector, CASES)
    assert all(mark.stamp <= START + timedelta(minutes=30) for mark in marks)
    assert isinstance(refusal, errors.Later)
    assert "\n" not in str(refusal)


def test_rows_stamped_in_the_future_do_not_take_the_bookmark_there(rogue: Rogue) -> None:
    connector = salesforce_at(rogue, lambda handler: say(handler, composite_of(row(stamp="2099-01-01T00:00:00.000+0000"))))
    changes, mark = poll(connector, CASES)
    assert len(changes) == 1
    assert mark.stamp <= NOW


def test_an_answer_without_a_date_moves_no_bookmark(rogue: Rogue) -> None:
    connector = salesforce_at(rogue, lambda handler: say(handler, composite_of(row()), date=None))
    with pytest.raises(errors.Later, match="Date"):
        poll(connector, CASES)


@pytest.mark.parametrize("instance", ["http://localhost", "ftp://x", "", "javascript:alert(1)"])
def test_an_instance_that_is_not_https_gets_no_token(rogue: Rogue, instance: str) -> None:
    connector = salesforce_at(rogue, lambda handler: say(handler, {}), instance_url=instance)
    with pytest.raises(errors.Later):
        connector.start([CASES])
    assert not [path for path, headers in rogue.seen if "authorization" in headers]


def test_a_redirect_of_salesforce_takes_no_token_along(rogue: Rogue, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with serving(tmp_path / "other") as other:
        connector = salesforce_at(rogue, answer(307, Location=f"{other.url}/take"))
        with pytest.raises(errors.Later, match="localhost"):
            poll(connector, CASES)
        assert other.seen == []


def test_five_gigabytes_are_not_read(rogue: Rogue) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(5 * 1024**3))
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " * 1024**2)
        except OSError:
            return

    connector = salesforce_at(rogue, endless)
    with pytest.raises(errors.Later, match="largest_answer"):
        poll(connector, CASES)


def batch_of(body: Any, status: str = "200 OK") -> bytes:
    text = body if isinstance(body, str) else json.dumps(body)
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    part = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{text}"
    return f"--batchresponse_1\r\n{head}{part}\r\n--batchresponse_1--\r\n".encode()


def incident(stamp: Any = "2026-11-21T10:30:00Z", record: Any = GUID) -> dict[str, Any]:
    return {"incidentid": record, "modifiedon": stamp, "title": "x"}


BATCH = "multipart/mixed; boundary=batchresponse_1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--batchresponse_1--",
        b"nothing of the sort",
        batch_of({"value": [incident()]})[:-30],
        batch_of("{"),
        batch_of({}),
        batch_of({"value": None}),
        batch_of({"value": [None]}),
        batch_of({"value": [incident(record="' or 1 eq 1")]}),
        batch_of({"value": [incident(stamp=None)]}),
        batch_of({"value": [incident(), incident(stamp="2026-11-21T10:29:00Z")]}),
        batch_of({"value": [incident(stamp="2001-01-01T00:00:00Z")]}),
        batch_of({"value": [incident()], "@odata.nextLink": "https://evil.example/api/data/v9.2/incidents?$skiptoken=1"}),
        batch_of({"value": [incident()], "@odata.nextLink": "http://localhost/api/data/v9.2/incidents"}),
        batch_of({"value": [incident()], "@odata.nextLink": "https://localhost:1@evil.example/"}),
        batch_of({"value": []}, status="two hundred"),
    ],
)
def test_dataverse_answers_that_make_no_sense_move_no_bookmark(rogue: Rogue, body: bytes) -> None:
    connector = dynamics_at(rogue, lambda handler: say(handler, body, BATCH))
    marks, refusal = marks_of(connector, INCIDENTS)
    assert marks == []
    assert isinstance(refusal, errors.Later)
    assert "\n" not in str(refusal)


def test_a_next_page_that_comes_again_and_again_is_given_up(rogue: Rogue) -> None:
    link = f"{rogue.url}/api/data/v9.2/incidents?$skiptoken=1"
    body = batch_of({"value": [incident()], "@odata.nextLink": link})
    connector = dynamics_at(rogue, lambda handler: say(handler, body, BATCH))
    with pytest.raises(errors.Later):
        poll(connector, INCIDENTS)
    assert len(rogue.seen) < 10


def test_an_authority_that_is_none_needs_a_person(rogue: Rogue) -> None:
    connector = dynamics_at(rogue, lambda handler: say(handler, {}))
    rogue.handle = answer(404, b"{}")
    with pytest.raises(errors.NeedsPerson, match="authority"):
        connector.start([INCIDENTS])
