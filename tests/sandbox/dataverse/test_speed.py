"""Speed and size: enough for a backlog. The marks are a quarter of what one free core does, so that a busy machine passes."""

import time

import orjson
import pytest

from sandbox import base
from sandbox.dataverse import Dataverse, exchange
from tests.sandbox.dataverse.conftest import population

ROWS = 20_000


@pytest.fixture(scope="module")
def filled() -> Dataverse:
    """An organisation with many cases."""
    made = Dataverse(base.Clock(), tenant="t", client_id="c", client_secret="s")
    people = population()
    made.populate(base.Population(**{**vars(people), "cases": ROWS, "purchases": 10}))
    return made


def ask(dataverse: Dataverse, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> exchange.Answer:
    """One request without HTTP around it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    user = dataverse.app.user
    answer = dataverse.app.api.handle(exchange.Request(method=method, path=path, query=query, headers=sent, body=body, user=user))
    assert answer.status < 300, answer.body
    return answer


@pytest.mark.parametrize(
    "query",
    [
        "$select=title,statecode",
        "$select=title&$filter=modifiedon%20ge%202020-01-01&$orderby=modifiedon,incidentid",
        "$select=title&$expand=primarycontactid($select=emailaddress1,donotemail)&$orderby=modifiedon,incidentid",
    ],
)
def test_pages_are_read_fast_enough(filled: Dataverse, query: str) -> None:
    began, seen, following = time.perf_counter(), 0, query
    while following:
        page = orjson.loads(ask(filled, "GET", "incidents", following, prefer="odata.maxpagesize=5000").body)
        seen += len(page["value"])
        following = page.get("@odata.nextLink", "").partition("?")[2]
    assert seen == ROWS
    assert seen / (time.perf_counter() - began) > 1_000


def test_batches_are_written_fast_enough(filled: Dataverse) -> None:
    ids = list(filled.store.table("incident").by_id)[:1000]
    line = "PATCH incidents({}) HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: *"
    head = "--b\r\nContent-Type: application/http\r\n\r\n" + line + "\r\n\r\n{}\r\n"
    body = "".join(head.format(one, '{"palaute_score":9,"palaute_comment":"x"}') for one in ids) + "--b--\r\n"
    began = time.perf_counter()
    ask(filled, "POST", "$batch", body=body.encode(), content_type="multipart/mixed; boundary=b")
    assert len(ids) / (time.perf_counter() - began) > 250


def test_idle_poll_does_not_grow_with_what_is_stored(filled: Dataverse) -> None:
    query = "$select=title&$filter=modifiedon%20ge%202999-01-01T00:00:00Z&$orderby=modifiedon,incidentid"
    began = time.perf_counter()
    for _ in range(20):
        ask(filled, "GET", "incidents", query)
    assert (time.perf_counter() - began) / 20 < 0.1
