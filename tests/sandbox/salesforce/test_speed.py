"""Fast enough to be measured against. The bounds are a fifth of what an idle machine does: only a wrong order of growth fails."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from sandbox import base
from sandbox.salesforce import Salesforce
from tests.sandbox.salesforce.client import CLIENT_ID, CLIENT_SECRET
from tests.sandbox.salesforce.conftest import population

CASES = 20_000


class Direct:
    """Calls the application without a socket, so that only its own work is measured."""

    def __init__(self, org: Salesforce) -> None:
        self.org = org
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        reply = self.call("POST", "/services/oauth2/token", urlencode(form).encode())
        self.head = [(b"authorization", f"Bearer {reply['access_token']}".encode())]

    def call(self, method: str, path: str, body: bytes = b"", head: Any = ()) -> Any:
        """The reply's JSON."""
        plain, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": plain, "query_string": query.encode(), "headers": list(head)}
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.org.instance_app(scope, receive, send))
        return orjson.loads(sent[1]["body"])


@pytest.fixture(scope="module")
def direct() -> Direct:
    """An org with many cases."""
    org = Salesforce(base.Clock(), client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    org.populate(population(cases=CASES, persons=400))
    return Direct(org)


def test_thousands_of_records_a_second_are_read_in_pages(direct: Direct) -> None:
    soql = "SELECT Id, Subject, Status, ClosedDate, Priority, Contact.Email, Account.Name FROM Case ORDER BY SystemModstamp, Id"
    started = time.process_time()
    page = direct.call("GET", f"/services/data/v62.0/query?{urlencode({'q': soql})}", head=direct.head)
    read = len(page["records"])
    while not page["done"]:
        page = direct.call("GET", page["nextRecordsUrl"], head=direct.head)
        read += len(page["records"])
    assert read == CASES
    assert read / (time.process_time() - started) > 4_000


def test_a_page_far_back_does_not_cost_what_the_org_holds(direct: Direct) -> None:
    last = direct.org.act("close_cases", count=1)[0]
    stamp = direct.org.records("Case", [last])[0]["SystemModstamp"].replace("+0000", "Z")
    soql = f"SELECT Id FROM Case WHERE SystemModstamp >= {stamp} AND IsClosed = true ORDER BY SystemModstamp, Id LIMIT 2000"
    started = time.process_time()
    for _ in range(20):
        page = direct.call("GET", f"/services/data/v62.0/query?{urlencode({'q': soql})}", head=direct.head)
    assert page["totalSize"] == 1
    assert (time.process_time() - started) / 20 < 0.025


def test_a_thousand_records_a_second_are_written_in_batches(direct: Direct) -> None:
    ids = [row["Id"] for row in direct.org.records("Case")[:4000]]
    values = {"attributes": {"type": "Case"}, "Palaute_Score__c": 9, "Palaute_Comment__c": "Fine", "Palaute_Metric__c": "csat"}
    bodies = [
        orjson.dumps({"records": [{**values, "id": key} for key in ids[start : start + 200]]}) for start in range(0, 4000, 200)
    ]
    started = time.process_time()
    replies = [direct.call("PATCH", "/services/data/v62.0/composite/sobjects", body, direct.head) for body in bodies]
    assert all(row["success"] for reply in replies for row in reply)
    assert 4000 / (time.process_time() - started) > 1_000
