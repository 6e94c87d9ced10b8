"""Asks the Dataverse stand-in without HTTP around it, so that only its own work counts.

For the tests of growth and ``bench/stand_ins.py``.
"""

from collections.abc import Sequence

import orjson

from sandbox import base
from sandbox.dataverse import Dataverse, exchange

READS = (
    "$select=title,statecode",
    "$select=title&$filter=modifiedon%20ge%202020-01-01&$orderby=modifiedon,incidentid",
    "$select=title&$expand=primarycontactid($select=emailaddress1,donotemail)&$orderby=modifiedon,incidentid",
)
"""All cases, as a daemon and others would read them."""
IDLE = "$select=title&$filter=modifiedon%20ge%202999-01-01T00:00:00Z&$orderby=modifiedon,incidentid"
"""What a daemon that has read everything asks."""
_PART = (
    "--b\r\nContent-Type: application/http\r\n\r\n"
    "PATCH incidents({}) HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: *\r\n\r\n{}\r\n"
)


class Direct:
    """An organisation, asked by its administrator."""

    def __init__(self, population: base.Population) -> None:
        self.org = Dataverse(base.Clock(), tenant="t", client_id="c", client_secret="s")
        self.org.populate(population)

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> exchange.Answer:
        """One request."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        request = exchange.Request(method=method, path=path, query=query, headers=sent, body=body, user=self.org.app.user)
        answer = self.org.app.api.handle(request)
        assert answer.status < 300, answer.body
        return answer

    def read(self, query: str) -> int:
        """How many cases a query has, read page by page."""
        seen, following = 0, query
        while following:
            page = orjson.loads(self.ask("GET", "incidents", following, prefer="odata.maxpagesize=5000").body)
            seen += len(page["value"])
            following = page.get("@odata.nextLink", "").partition("?")[2]
        return seen

    def cases(self, count: int) -> list[str]:
        """The ids of so many cases."""
        return list(self.org.store.table("incident").by_id)[:count]

    def write(self, cases: Sequence[str]) -> None:
        """Write a score into each of these cases, 1,000 a batch."""
        for start in range(0, len(cases), 1000):
            parts = (_PART.format(key, '{"palaute_score":9,"palaute_comment":"x"}') for key in cases[start : start + 1000])
            body = "".join(parts) + "--b--\r\n"
            self.ask("POST", "$batch", body=body.encode(), content_type="multipart/mixed; boundary=b")
