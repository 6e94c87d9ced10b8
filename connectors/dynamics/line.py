"""Calls to Dataverse: one token for all threads, every failure in our words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from connectors import settings
from connectors.dynamics import faults, multipart, signin
from wire import budget, errors, http, place, retry

_HEADERS = {"Accept": "application/json", "OData-MaxVersion": "4.0", "OData-Version": "4.0", "If-None-Match": "null"}
_TYPES = ("application/json", "multipart/mixed")
STILL_REFUSED = "401"
"""Code of the error that says that even a fresh token is refused."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer and Dataverse's clock when it was asked for."""

    body: Any
    clock: datetime


@dataclass(frozen=True, kw_only=True)
class _Call:
    method: str
    path: str
    data: bytes | None
    headers: Mapping[str, str]
    slow: bool
    """Whether Dataverse may take its time: it answers a write when plug-ins of all rows have run."""


class Line:
    """The way to one environment. May be used by several threads."""

    def __init__(self, chosen: settings.DynamicsSettings) -> None:
        network = chosen.network()
        self.budget = budget.Budget(chosen.call_budget)
        self.root = f"/api/data/v{chosen.api_version}"
        self._url = chosen.url
        self._timeout = network.timeout
        self._session = http.Session(network)
        self._token_session = http.Session(network)
        self._signin = signin.SignIn(chosen, self._token_session)

    def sign_in(self) -> None:
        """Make sure that there is a token."""
        self._signin.current()

    def close(self) -> None:
        """Give back connections."""
        self._session.close()
        self._token_session.close()

    def clock(self) -> datetime:
        """Dataverse's own time, by the lightest call."""
        return self.call("GET", "WhoAmI").clock

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        """One billable call below ``/api/data/v9.2/``. Raises Later or NeedsPerson."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        response = self._send(_Call(method=method, path=path, data=data, headers=headers, slow=method == "POST"))
        if response.status_code >= 400:
            raise faults.translate(_fault(response))
        parsed = http.parse_json(response.content, "Dataverse") if response.content else None
        return Reply(body=parsed, clock=http.server_clock(response))

    def batch(self, parts: Sequence[multipart.Request], *, slow: bool = False) -> tuple[Sequence[multipart.Part], datetime]:
        """Several operations in one billable call, none depending on another; parts in the order of the requests."""
        content_type, body = multipart.encode(parts)
        headers = {"Content-Type": content_type, "Prefer": "odata.continue-on-error"}
        response = self._send(_Call(method="POST", path="$batch", data=body, headers=headers, slow=slow))
        kind = response.headers.get("content-type", "")
        if not kind.lower().startswith("multipart/mixed"):
            raise (
                faults.translate(_fault(response))
                if response.status_code >= 400
                else errors.Later("Dataverse answers a batch with something else: look at what stands between")
            )
        found = multipart.decode(kind, response.content)
        if len(found) != len(parts):
            raise errors.Later(f"Dataverse answers {len(found)} of {len(parts)} operations: look at what stands between")
        return found, http.server_clock(response)

    def own(self, link: str) -> str:
        """The link, when it leads to this very environment; raises Later otherwise, for the token would go along."""
        if place.origin(link) != place.origin(self._url):
            raise errors.Later("Dataverse's next page lies on another host, where no token of ours may go: look at the proxy")
        return link

    def _send(self, call: _Call) -> requests.Response:
        token = self._signin.current()
        for attempt in range(2):
            response = retry.briefly(lambda: self._once(call, token))  # noqa: B023 (called at once)
            if response.status_code != 401:
                return response
            if attempt == 0:
                token = self._signin.renew(token)
        remedy = "Make the app registration an application user of this environment; compare url with it."
        raise errors.NeedsPerson("Dataverse refuses the token it was just given", code=STILL_REFUSED, remedy=remedy)

    def _once(self, call: _Call, token: str) -> requests.Response:
        self.budget.spend()
        response = self._session.request(
            call.method,
            f"{self._url}{self.root}/{call.path}",
            data=call.data,
            headers={**_HEADERS, **call.headers, "Authorization": f"Bearer {token}"},
            timeout=self._timeout * (http.PATIENCE if call.slow else 1),
        )
        http.require_type(response, "Dataverse", _TYPES)
        if response.status_code in {502, 503, 504}:
            raise faults.translate(_fault(response))
        return response


def _fault(response: requests.Response) -> faults.Fault:
    body = http.parse_json(response.content, "Dataverse") if response.content else None
    return faults.read(body, response.status_code, http.retry_after(response.headers))


def fault_of(part: multipart.Part) -> faults.Fault | None:
    """What went wrong with one operation of a batch, None when nothing did."""
    if 200 <= part.status < 300:
        return None
    return faults.read(part.body, part.status, http.retry_after(part.headers))
