"""Calls the Salesforce stand-in without a socket, so that only its own work counts.

For the tests of growth and ``bench/stand_ins.py``.
"""

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import urlencode

import orjson

from sandbox import base
from sandbox.salesforce import Salesforce
from tests.sandbox.salesforce.client import CLIENT_ID, CLIENT_SECRET

QUERY = "/services/data/v62.0/query?"
READ = "SELECT Id, Subject, Status, ClosedDate, Priority, Contact.Email, Account.Name FROM Case ORDER BY SystemModstamp, Id"


class Direct:
    """An org and somebody who is signed in."""

    def __init__(self, population: base.Population) -> None:
        self.org = Salesforce(base.Clock(), client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        self.org.populate(population)
        self._head: list[tuple[bytes, bytes]] = []
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        reply = self.call("POST", "/services/oauth2/token", urlencode(form).encode())
        self._head = [(b"authorization", f"Bearer {reply['access_token']}".encode())]

    def call(self, method: str, path: str, body: bytes = b"") -> Any:
        """The reply's JSON."""
        plain, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": plain, "query_string": query.encode(), "headers": self._head}
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.org.instance_app(scope, receive, send))
        return orjson.loads(sent[1]["body"])

    def read(self, soql: str) -> int:
        """How many records a query has, read page by page."""
        page = self.call("GET", QUERY + urlencode({"q": soql}))
        read = len(page["records"])
        while not page["done"]:
            page = self.call("GET", page["nextRecordsUrl"])
            read += len(page["records"])
        return read

    def cases(self, count: int) -> list[str]:
        """The ids of so many cases."""
        return [row["Id"] for row in self.org.records("Case")[:count]]

    def write(self, cases: Iterable[str]) -> None:
        """Write a score into each of these cases, 200 a call."""
        ids, values = list(cases), {"Palaute_Score__c": 9, "Palaute_Comment__c": "Fine", "Palaute_Metric__c": "csat"}
        for start in range(0, len(ids), 200):
            records = [{"attributes": {"type": "Case"}, "id": key, **values} for key in ids[start : start + 200]]
            reply = self.call("PATCH", "/services/data/v62.0/composite/sobjects", orjson.dumps({"records": records}))
            assert all(row["success"] for row in reply)

    def poll(self) -> str:
        """The query of a daemon that has read all but the case closed now."""
        last = self.org.act("close_cases", count=1)[0]
        stamp = self.org.records("Case", [last])[0]["SystemModstamp"].replace("+0000", "Z")
        return f"SELECT Id FROM Case WHERE SystemModstamp >= {stamp} AND IsClosed = true ORDER BY SystemModstamp, Id LIMIT 2000"
