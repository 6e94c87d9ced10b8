"""Calls to Salesforce through simple-salesforce's session seam: one token for all threads, every failure in our words."""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from simple_salesforce import api, exceptions

from connectors import settings
from connectors.salesforce import faults, signin
from wire import budget, errors, http, retry

_T = TypeVar("_T")
_USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")
_OWN_LIMIT = "Sforce-Limit-Info"
_EXPIRED = "INVALID_SESSION_ID"
_CUT_SHORT = "the answer of Salesforce is cut short or not JSON: look at what stands between"
_NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}
"""Without it an update over REST runs the assignment rules, and a score would hand the case to somebody else.
https://developer.salesforce.com/docs/platform/api-rest/guide/headers-autoassign.html"""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One subrequest of a Composite request."""

    method: str
    path: str
    """Below ``/services/data/vNN.0/``."""
    body: Any = None
    slow: bool = False
    """Whether Salesforce may take its time: it answers a write when triggers and flows of all rows have run."""

    def as_json(self, base: str, reference: str) -> dict[str, Any]:
        """As the Composite resource wants it."""
        asked: dict[str, Any] = {"method": self.method, "url": f"{base}/{self.path}", "referenceId": reference}
        return asked if self.body is None else {**asked, "httpHeaders": _NO_ASSIGNMENT, "body": self.body}


@dataclass(frozen=True, kw_only=True)
class Part:
    """What came of one subrequest."""

    status: int
    body: Any

    @property
    def fault(self) -> faults.Fault | None:
        """What went wrong, None when nothing did."""
        return None if 200 <= self.status < 300 else faults.read(self.body, self.status)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer and Salesforce's clock when it was asked for."""

    body: Any
    clock: datetime


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file, its headers, and Salesforce's clock when it was asked for."""

    body: bytes
    headers: Mapping[str, str]
    clock: datetime


class _HeardSession(http.Session):
    """Keeps the headers of each thread's last answer, which simple-salesforce does not hand on."""

    def __init__(self, network: http.Network) -> None:
        super().__init__(network)
        self.heard = threading.local()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As the session does it; refuses answers that are not JSON."""
        response = super().send(request, **kwargs)
        http.require_type(response, "Salesforce")
        self.heard.response = response
        return response


class Line:
    """The way to one org. May be used by several threads."""

    def __init__(self, chosen: settings.SalesforceSettings) -> None:
        network = chosen.network()
        self.budget = budget.Budget(chosen.call_budget)
        self.base = f"/services/data/v{chosen.api_version}"
        self._version = chosen.api_version
        self._timeout = network.timeout
        self._session = _HeardSession(network)
        self._token_session = http.Session(network)
        self._signin = signin.SignIn(chosen, self._token_session)
        self._client: tuple[signin.Grant, api.Salesforce] | None = None

    def sign_in(self) -> None:
        """Make sure that there is a token."""
        self._signin.current()

    def close(self) -> None:
        """Give back connections."""
        self._session.close()
        self._token_session.close()

    def clock(self) -> datetime:
        """Salesforce's own time, by the list of resources: a token is all it takes (``limits`` needs View Setup)."""
        return self.call(Request(method="GET", path="")).clock

    def call(self, asked: Request) -> Reply:
        """One billable call; a token that has expired is renewed once. Raises Later or NeedsPerson."""
        return self._signed_in(lambda grant: self._once(grant, asked))

    def download(self, path: str) -> Download:
        """One billable call that answers with CSV. Raises Later or NeedsPerson."""
        return self._signed_in(lambda grant: self._download(grant, path))

    def _signed_in(self, once: Callable[[signin.Grant], _T]) -> _T:
        grant = self._signin.current()
        try:
            return retry.briefly(lambda: once(grant))
        except _ExpiredError:
            grant = self._signin.renew(grant)
        try:
            return retry.briefly(lambda: once(grant))
        except _ExpiredError:
            remedy = "Look at the session settings and IP restrictions of the connected app."
            raise errors.NeedsPerson("Salesforce refuses the token it has just given", code=_EXPIRED, remedy=remedy) from None

    def composite(self, requests_: Sequence[Request]) -> tuple[Sequence[Part], datetime]:
        """Several subrequests in one billable call, none depending on another; parts in the order of the requests."""
        subrequests = [one.as_json(self.base, f"r{number}") for number, one in enumerate(requests_)]
        body = {"allOrNone": False, "compositeRequest": subrequests}
        reply = self.call(Request(method="POST", path="composite", body=body, slow=any(one.slow for one in requests_)))
        return _parts(reply.body, len(subrequests)), reply.clock

    def alone(self, asked: Request) -> Part:
        """One request outside Composite, but with its refusal as a part. Raises Later, and NeedsPerson of sign-in."""
        try:
            return Part(status=200, body=self.call(asked).body)
        except RefusedError as refused:
            return refused.part

    def _once(self, grant: signin.Grant, asked: Request) -> Reply:
        self.budget.spend()
        data = None if asked.body is None else json.dumps(asked.body)
        timeout = self._timeout * (http.PATIENCE if asked.slow else 1)
        self._session.heard.response = None
        try:
            parsed = self._client_for(grant).restful(asked.path, method=asked.method, data=data, timeout=timeout)
        except exceptions.SalesforceError as error:
            raise self._failure(error) from None
        except (ValueError, TypeError, LookupError, RecursionError):  # the library stumbles over what is none of Salesforce's
            raise errors.Later(_CUT_SHORT) from None
        finally:
            self._note_limit()
        if isinstance(parsed, list) and parsed and "errorCode" in (parsed[0] if isinstance(parsed[0], dict) else {}):
            raise faults.translate(faults.read(parsed, 200))
        return Reply(body=parsed, clock=http.server_clock(self._session.heard.response))

    def _download(self, grant: signin.Grant, path: str) -> Download:
        self.budget.spend()
        headers = {"Authorization": f"Bearer {grant.token}", "Accept": "text/csv"}
        response = self._token_session.get(f"{grant.instance_url}{self.base}/{path}", headers=headers, timeout=self._timeout)
        if response.status_code == 401:
            raise _ExpiredError(code=_EXPIRED)
        if response.status_code >= 400:
            http.require_type(response, "Salesforce")
            body = http.parse_json(response.content, "Salesforce") if response.content else None
            raise faults.translate(faults.read(body, response.status_code), http.retry_after(response.headers))
        http.require_type(response, "Salesforce", ("text/csv",))
        return Download(body=response.content, headers=response.headers, clock=http.server_clock(response))

    def _failure(self, error: exceptions.SalesforceError) -> errors.OutsideError:
        fault = faults.read(error.content, error.status)
        if error.status == 401:
            return _ExpiredError(code=fault.code)
        if not isinstance(error.content, list | dict):
            return errors.Later(_CUT_SHORT)
        heard = self._session.heard.response
        outcome = faults.translate(fault, http.retry_after(heard.headers) if heard is not None else None)
        if isinstance(outcome, errors.NeedsPerson):
            return RefusedError(outcome, Part(status=error.status, body=error.content))
        return outcome

    def _note_limit(self) -> None:
        heard = self._session.heard.response
        found = _USAGE.search(heard.headers.get(_OWN_LIMIT, "")) if heard is not None else None
        if found:
            self.budget.note(int(found[1]), int(found[2]))

    def _client_for(self, grant: signin.Grant) -> api.Salesforce:
        held = self._client
        if held is not None and held[0] is grant:
            return held[1]
        client = api.Salesforce(
            session_id=grant.token,
            instance_url=grant.instance_url,
            session=self._session,
            version=self._version,
            object_pairs_hook=None,
        )
        client.headers.pop("X-PrettyPrint")
        client.headers |= _NO_ASSIGNMENT
        self._client = grant, client
        return client


class RefusedError(errors.NeedsPerson):
    """Salesforce refuses what the call asks for."""

    def __init__(self, outcome: errors.NeedsPerson, part: Part) -> None:
        super().__init__(str(outcome), code=outcome.code, remedy=outcome.remedy)
        self.part = part


class _ExpiredError(errors.NeedsPerson):
    """Salesforce does not know this token any more."""


def query_path(soql: str, *, deleted_too: bool = False) -> str:
    """The path of a query, ``queryAll`` when deleted rows are wanted too."""
    return f"{'queryAll' if deleted_too else 'query'}?q={quote(soql, safe='')}"


def _parts(body: Any, count: int) -> list[Part]:
    parts = body.get("compositeResponse") if isinstance(body, Mapping) else None
    if not isinstance(parts, list) or len(parts) != count:
        raise errors.Later("Salesforce answers a Composite request with something else: look at what stands between")
    found: dict[str, Part] = {}
    for part in parts:
        if not isinstance(part, Mapping) or not isinstance(part.get("httpStatusCode"), int):
            raise errors.Later("Salesforce answers a Composite request with a broken part: look at what stands between")
        found[str(part.get("referenceId"))] = Part(status=part["httpStatusCode"], body=part.get("body"))
    if set(found) != {f"r{number}" for number in range(count)}:
        raise errors.Later("Salesforce answers a Composite request that is not ours: look at what stands between")
    return [found[f"r{number}"] for number in range(count)]
