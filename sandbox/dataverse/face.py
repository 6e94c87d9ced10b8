"""The HTTP face of the Web API: sign-in, limits, counters and misbehaviours around the service."""

import time
import uuid
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from sandbox import base
from sandbox.dataverse import entra, exchange, misbehaving, protection, refusal, service

_PREFIX = "/api/data/v"
MAX_ADDRESS = 32_768
"""Characters of a GET's address; longer ones travel in a batch. Source: the Web API's page on batch operations."""
Settle = Callable[[], None]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Face:
    """ASGI application of the organisation's address."""

    def __init__(
        self, clock: base.Clock, faults: base.Faults, counters: base.Counters, api: service.Service, tokens: entra.TokenHost
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._counters = counters
        self.api = api
        self._tokens = tokens
        self.limits = protection.Limits()
        self.settle: Settle = lambda: None
        """Called before each request: commits what has become due."""
        self.user = ""
        """The application user whom tokens stand for."""
        self._guard = protection.Guard(self.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        self.settle()
        request = self._request(scope, body)
        if request is None:
            await self._send(
                send, exchange.Answer(status=404, body=b"<html><body>404</body></html>", headers={"Content-Type": "text/html"})
            )
            return
        if await misbehaving.before(self._faults, scope):
            self._count(request)
            return
        answer = self._admitted(request)
        if misbehaving.lost(self._faults, scope):
            return
        await self._send(send, misbehaving.after(self._faults, answer))

    def _request(self, scope: Scope, body: bytes) -> exchange.Request | None:
        path = unquote((scope.get("raw_path") or scope["path"].encode()).split(b"?")[0].decode("latin-1"))
        if not path.startswith(_PREFIX):
            return None
        version, _, rest = path[len(_PREFIX) - 1 :].partition("/")
        if version not in ("v9.0", "v9.1", "v9.2"):
            return None
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return exchange.Request(
            method=str(headers.get("x-http-method-override") or scope["method"]),
            path=rest,
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            version=version,
            user=self._impersonated(headers) or self.user,
        )

    def _impersonated(self, headers: dict[str, str]) -> str:
        """On whose behalf: ``CallerObjectId`` names a user by Entra ID's object id, the older ``MSCRMCallerID`` by its own."""
        entra_id = headers.get("callerobjectid", "").lower()
        if not entra_id:
            return headers.get("mscrmcallerid", "").lower()
        users = self.api.store.table("systemuser").by_id
        found = (key for key, user in users.items() if user.get("azureactivedirectoryobjectid") == entra_id)
        return next(found, f"azureactivedirectoryobjectid={entra_id}")

    def _admitted(self, request: exchange.Request) -> exchange.Answer:
        try:
            self._sign_in(request)
            self._check(request)
            misbehaving.refuse(self._faults)
            self._guard.enter()
        except refusal.Refusal as no:
            return exchange.error_answer(no, request.headers.get("prefer", ""))
        self._count(request)
        began = time.perf_counter()
        try:
            answer = self.api.handle(request)
        finally:
            self._guard.leave(time.perf_counter() - began)
        answer.headers |= self._guard.headers()
        return answer

    def _sign_in(self, request: exchange.Request) -> None:
        if self._faults.take("expire_token"):
            self._tokens.expire_all()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._tokens.good(token):
            return
        challenge = f"Bearer authorization_uri={self._tokens.authority}/oauth2/authorize, resource_id={self._tokens.resource}/"
        if self._tokens.known(token):
            words = "ExpiredAuthTicket: The ticket specified for authentication is expired."
            raise refusal.Refusal(401, "0x8004a101", words, {"WWW-Authenticate": challenge + ', error="invalid_token"'})
        words = "BadAuthTicket: The ticket specified for authentication didn't pass validation."
        raise refusal.Refusal(401, "0x8004a102", words, {"WWW-Authenticate": challenge})

    def _check(self, request: exchange.Request) -> None:
        if len(request.path) + len(request.query) > MAX_ADDRESS:
            raise refusal.Refusal(414, "0x80060888", "The length of the URL for this request exceeds the maximum allowed length.")
        if request.user != self.user and self.api.store.get("systemuser", request.user) is None:
            raise refusal.no_record("systemuser", request.user)

    def _count(self, request: exchange.Request) -> None:
        first = request.path.strip("/").partition("/")[0].partition("(")[0]
        self._counters.add(f"{request.method} {first}")

    async def _send(self, send: Send, answer: exchange.Answer) -> None:
        headers = {
            "Date": format_datetime(self._clock.now(), usegmt=True),
            "OData-Version": "4.0",
            "x-ms-service-request-id": str(uuid.uuid4()),
            "Cache-Control": "no-cache",
            **answer.headers,
        }
        if answer.status not in (204, 304):
            headers["Content-Length"] = str(len(answer.body))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
