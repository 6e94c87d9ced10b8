"""The parts of the Dynamics connector: faults, addresses, batches, and whatever may come back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import base
from connectors.dynamics import faults, multipart, odata, tables
from tests.connectors.test_dynamics import RESOLUTIONS
from wire import errors, retry


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "0x80072322", errors.Later),
        (400, "0x80044150", errors.Later),
        (500, "", errors.Later),
        (503, "", retry.Brief),
        (403, "0x80040220", errors.NeedsPerson),
        (400, "0x80060888", errors.NeedsPerson),
        (404, "", errors.NeedsPerson),
    ],
)
def test_a_fault_of_a_call_becomes(status: int, code: str, kind: type[errors.OutsideError]) -> None:
    assert type(faults.translate(faults.read({"error": {"code": code, "message": "words"}}, status))) is kind


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": None}, {"error": {"code": None, "message": None}}])
def test_an_error_without_words_is_read_too(body: Any) -> None:
    assert faults.read(body, 400) == faults.Fault(code="", message="", status=400)


def test_paths_become_nested_expansions() -> None:
    table = tables.Table(entity_set="incidentresolutions", key="activityid")
    since = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert odata.changes(table, RESOLUTIONS, since, frozenset()) == (
        "incidentresolutions?$select=activityid,modifiedon,createdon,_incidentid_value"
        "&$expand=incidentid($select=statecode;$expand=primarycontactid($select=emailaddress1))"
        "&$filter=modifiedon%20ge%202026-11-21T10:00:00Z%20and%20(incidentid/statecode%20eq%201)"
        "&$orderby=modifiedon%20asc,activityid%20asc"
    )


def test_a_condition_cannot_break_out_of_its_address() -> None:
    watch = base.Watch(name="w", object="incident", fields=("title",), where="title eq 'R&D #1 + 100%'")
    address = odata.changes(tables.Table(entity_set="incidents", key="incidentid"), watch, datetime.now(UTC), frozenset())
    assert "R%26D%20%231%20%2B%20100%25" in address


@given(
    st.lists(st.tuples(st.integers(200, 599), st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3)), max_size=6)
)
def test_a_reply_is_taken_apart_as_it_was_put_together(parts: list[tuple[int, dict[str, str]]]) -> None:
    pieces = [
        f"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status} X\r\nRetry-After: 3\r\n\r\n{json.dumps(body)}\r\n"
        for status, body in parts
    ]
    found = multipart.decode("multipart/mixed; boundary=b", "".join([*pieces, "--b--\r\n"]).encode())
    assert [(part.status, part.body, part.headers["retry-after"]) for part in found] == [(*part, "3") for part in parts]


@given(st.binary(max_size=300) | st.text('-bHTP/1. 20\r\n{}"', max_size=300).map(str.encode))
def test_whatever_comes_as_a_reply_is_parts_or_later(body: bytes) -> None:
    try:
        assert all(100 <= part.status <= 999 for part in multipart.decode("multipart/mixed; boundary=b", body))
    except errors.Later:
        return


def test_a_request_is_written_as_the_documentation_shows() -> None:
    kind, body = multipart.encode(
        [
            multipart.Request(method="GET", url="/api/data/v9.2/incidents?$top=1", headers={"Accept": "application/json"}),
            multipart.Request(method="PATCH", url="/api/data/v9.2/incidents(1)", headers={"If-Match": "*"}, body='{"a":1}'),
        ]
    )
    boundary = kind.split('"')[1]
    assert body.decode().split(f"--{boundary}") == [
        "",
        "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        "GET /api/data/v9.2/incidents?$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n",
        "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        'PATCH /api/data/v9.2/incidents(1) HTTP/1.1\r\nIf-Match: *\r\n\r\n{"a":1}\r\n',
        "--\r\n",
    ]
