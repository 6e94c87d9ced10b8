"""$batch: parts in order, change sets as a whole, stopping and going on."""

import json
import re
from typing import Any

import pytest
import requests

from tests.sandbox.dataverse.conftest import Organization

Operation = tuple[str, str, Any]


def part(operation: Operation, content_id: str = "", headers: str = "") -> str:
    """One operation as a part."""
    method, path, body = operation
    known = f"Content-ID: {content_id}\r\n" if content_id else ""
    text = json.dumps(body) if body is not None else ""
    kind = "Content-Type: application/json\r\n" if body is not None else ""
    return (
        f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{known}\r\n"
        f"{method} {path} HTTP/1.1\r\n{kind}{headers}\r\n{text}\r\n"
    )


def change_set(*operations: Operation) -> str:
    """Operations that hold together."""
    inner = "".join(f"--changeset_1\r\n{part(one, str(number))}" for number, one in enumerate(operations, 1))
    return f"Content-Type: multipart/mixed; boundary=changeset_1\r\n\r\n{inner}--changeset_1--\r\n\r\n"


def send(org: Organization, *parts: str, keep_on: bool = False) -> requests.Response:
    """Send a batch."""
    body = "".join(f"--batch_1\r\n{one}" for one in parts) + "--batch_1--\r\n"
    headers = {"Content_Type": "multipart/mixed; boundary=batch_1"}
    if keep_on:
        headers["Prefer"] = "odata.continue-on-error"
    return org.call("POST", "$batch", body.encode(), **headers)


def statuses(answer: requests.Response) -> list[int]:
    """Status codes of the parts."""
    return [int(code) for code in re.findall(r"HTTP/1.1 (\d+)", answer.text)]


def test_reads_and_writes_are_answered_in_order(org: Organization) -> None:
    account = org.create("accounts", name="A")
    answer = send(
        org,
        part(("GET", f"/api/data/v9.2/accounts({account})?$select=name", None)),
        part(("PATCH", f"{org.root}accounts({account})", {"name": "B"}), headers="If-Match: *\r\n"),
        part(("GET", f"accounts({account})?$select=name", None)),
    )
    assert (answer.status_code, statuses(answer)) == (200, [200, 204, 200])
    assert answer.text.index('"name":"A"') < answer.text.index('"name":"B"')
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert f"OData-EntityId: {org.root}accounts({account})" in answer.text


def test_first_failure_stops_the_batch(org: Organization) -> None:
    answer = send(
        org, part(("GET", "accounts(00000000-0000-0000-0000-000000000001)", None)), part(("POST", "accounts", {"name": "A"}))
    )
    assert (answer.status_code, statuses(answer)) == (404, [404])
    assert not org.rows("accounts")


def test_failure_does_not_stop_a_batch_that_goes_on(org: Organization) -> None:
    failing = part(("PATCH", "accounts(00000000-0000-0000-0000-000000000001)", {"name": "x"}), headers="If-Match: *\r\n")
    answer = send(
        org, part(("POST", "accounts", {"name": "A"})), failing, part(("POST", "accounts", {"name": "B"})), keep_on=True
    )
    assert (answer.status_code, statuses(answer)) == (200, [204, 404, 204])
    assert len(org.rows("accounts")) == 2


def test_change_set_is_kept_whole(org: Organization) -> None:
    bind = {"lastname": "X", "parentcustomerid_account@odata.bind": "$1"}
    answer = send(org, change_set(("POST", "accounts", {"name": "A"}), ("POST", "contacts", bind)))
    assert statuses(answer) == [204, 204]
    assert "boundary=changesetresponse_" in answer.text
    assert "Content-ID: 2" in answer.text
    row = org.rows("contacts?$select=lastname&$expand=parentcustomerid_account($select=name)")[0]
    assert row["parentcustomerid_account"]["name"] == "A"


def test_failed_change_set_leaves_nothing_and_answers_once(org: Organization) -> None:
    account = org.create("accounts", name="old")
    operations: list[Operation] = [
        ("POST", "accounts", {"name": "A"}),
        ("PATCH", f"accounts({account})", {"name": "new"}),
        ("DELETE", f"accounts({account})", None),
        ("POST", "accounts", {"nope": 1}),
    ]
    answer = send(org, change_set(*operations), part(("POST", "accounts", {"name": "C"})), keep_on=True)
    assert statuses(answer) == [400, 204]
    assert sorted(row["name"] for row in org.rows("accounts")) == ["C", "old"]
    assert [row["name"] for row in org.rows("accounts?$orderby=modifiedon,accountid&$filter=name eq 'old'")] == ["old"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"nothing", "closing boundary"),
        (b"--batch_1\nContent-Type: application/http\n\nGET accounts HTTP/1.1\n\n--batch_1--\n", "CRLF"),
        (f"--batch_1\r\n{part(('GET', 'accounts', None))}".encode(), "closing boundary"),
        (f"--batch_1\r\n{change_set(('GET', 'accounts', None))}--batch_1--\r\n".encode(), "GET requests are not supported"),
    ],
)
def test_malformed_batch_is_refused(org: Organization, body: bytes, words: str) -> None:
    status, _, message = org.refused("POST", "$batch", body, Content_Type="multipart/mixed; boundary=batch_1")
    assert status == 400
    assert words in message


def test_more_than_a_thousand_operations_are_refused(org: Organization) -> None:
    answer = send(org, *[part(("GET", "accounts", None))] * 1001)
    assert (answer.status_code, "1000" in answer.text) == (400, True)


def test_long_addresses_fit_into_a_batch(org: Organization) -> None:
    long = f"accounts?$select=name&$filter=name%20eq%20'{'x' * 40_000}'"
    assert org.call("GET", long).status_code == 414
    assert statuses(send(org, part(("GET", long, None)))) == [200]
    assert send(org, part(("GET", long + "x" * 40_000, None))).status_code == 414


def test_batch_is_one_call_and_many_operations(org: Organization) -> None:
    send(org, *[part(("GET", "accounts?$select=name", None))] * 3)
    assert org.dataverse.counters.as_json()["endpoints"] == {"POST $batch": 1}
    assert org.dataverse.operations == 3
