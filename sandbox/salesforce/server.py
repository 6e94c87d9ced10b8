"""The two ASGI applications: the login host, and the instance with everything under ``/services``."""

import re
from collections.abc import Callable
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

from sandbox.salesforce import arrival, errors, misbehaviour
from sandbox.salesforce.arrival import Arrival, Receive, Send
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.metadata import soap_api
from sandbox.salesforce.org import OLDEST, VERSIONS, Org, Session
from sandbox.salesforce.rest import describe, limits
from sandbox.salesforce.routes import Api
from sandbox.salesforce.signin import oauth, pages, soap

_DATA = re.compile(r"/services/data/v(\d+\.\d)(?:/(.*))?")
_ASYNC = re.compile(r"/services/async/(\d+\.\d)/(.*?)/?")
_SOAP = re.compile(r"/services/Soap/[uc]/(\d+\.\d)(?:/.*)?")
_METADATA = re.compile(r"/services/Soap/m/\d+\.\d(?:/.*)?")
_NO_STORE = {"Cache-Control": "no-cache, no-store"}


class Apps:
    """What both applications share; ``login`` and ``instance`` are the ASGI callables."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.api = Api(org)
        self.grants = oauth.Grants(org)

    async def login(self, scope: Any, receive: Receive, send: Send) -> None:
        """The login host."""
        await self._serve(scope, receive, send, instance=False)

    async def instance(self, scope: Any, receive: Receive, send: Send) -> None:
        """My Domain: the API, and sign-in as well."""
        await self._serve(scope, receive, send, instance=True)

    async def _serve(self, scope: Any, receive: Receive, send: Send, *, instance: bool) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = await arrival.read(scope, receive)
        self.api.settle()
        try:
            too_long = request.too_long()
            if too_long is not None:
                await self._send(send, too_long, too_long.content())
            elif instance and (found := _DATA.fullmatch(request.path)) is not None:
                await self._api(send, request, partial(self._data, request, *found.groups()))
            elif instance and (found := _ASYNC.fullmatch(request.path)) is not None:
                await self._api(send, request, partial(self._async, request, *found.groups()))
            else:
                reply = self._sign_in(request)
                await self._send(send, reply, reply.content())
        except misbehaviour.Dropped:
            await misbehaviour.cut(send)

    async def _api(self, send: Send, request: Arrival, do: Callable[[], Reply]) -> None:
        """A call of the API, with all that can go wrong on its way; who is signed in is told the call budget."""
        signed_in = False
        try:
            reply = await misbehaviour.before(self.org, request.receive)
            if reply is None:
                self._session(request)
                signed_in = True
                limits.check(self.org)
                reply = do()
        except errors.ApiError as error:
            reply = misbehaviour.error_reply(error)
            signed_in = signed_in or error.code == "REQUEST_LIMIT_EXCEEDED"
        if signed_in:
            reply.headers["Sforce-Limit-Info"] = limits.header(self.org)
        reply, content = misbehaviour.after(self.org, reply)
        await self._send(send, reply, content)

    def _data(self, request: Arrival, version: str, path: str | None) -> Reply:
        if float(version) < OLDEST:
            raise errors.ApiError(410, "GONE", errors.retired(version, OLDEST))
        if version not in VERSIONS:
            raise errors.not_found()
        call = Call(
            method=request.method,
            path=unquote(path or "").strip("/"),
            version=version,
            session=self._session(request),
            query=request.query,
            headers=request.headers,
            body=request.content(),
        )
        self.api.bill(call)
        return self.api.handle(call)

    def _async(self, request: Arrival, version: str, path: str) -> Reply:
        return self.api.bulk_one.answer(
            request.method, path, request.headers, request.content(), (version, self._session(request))
        )

    def _session(self, request: Arrival) -> Session:
        session = oauth.current(self.org, request.token) if request.token else None
        if session is None:
            raise errors.ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return session

    def _sign_in(self, request: Arrival) -> Reply:
        path = request.path.rstrip("/")
        if path == "/services/data" and request.method == "GET":
            return describe.versions(self.org)
        if (found := _SOAP.fullmatch(path)) is not None and request.method == "POST":
            return soap.login(self.org, found.group(1), request.body)
        if _METADATA.fullmatch(path) is not None and request.method == "POST":
            return soap_api.answer(self.org, self.api.deployments, request.body)
        try:
            return self._oauth(path, request)
        except errors.ApiError as error:
            return misbehaviour.error_reply(error)
        except oauth.OAuthError as error:
            body = {"error": error.error, "error_description": error.description}
            return Reply(status=error.status, body=body, headers=dict(_NO_STORE))

    def _oauth(self, path: str, request: Arrival) -> Reply:
        post = request.method == "POST"
        if self.org.faults.take("token_error"):
            return Reply(status=503, body=b"<html><body>Down for maintenance</body></html>", content_type=arrival.HTML)
        if path == "/services/oauth2/token" and not post:
            raise oauth.OAuthError("invalid_request", "must use HTTP POST")
        if path == "/services/oauth2/token":
            return Reply(body=self.grants.token(request.form, request.basic), headers=dict(_NO_STORE))
        if path == "/services/oauth2/revoke":
            self.grants.revoke(request.form.get("token", ""))
            return Reply()
        if path == "/services/oauth2/introspect" and post:
            return Reply(body=self.grants.introspect(request.form, request.basic))
        if path == "/services/oauth2/authorize":
            return pages.authorize(self.grants, request.method, request.form)
        if path == "/services/oauth2/userinfo" or path.startswith("/id/"):
            return self._identity(request)
        return Reply(status=404, body=b"<html><body>URL No Longer Exists</body></html>", content_type=arrival.HTML)

    def _identity(self, request: Arrival) -> Reply:
        """Who the token stands for; it may come in the address, too, and what is wrong with it is told in a word of its own."""
        token = request.token or request.query.get("oauth_token", request.query.get("access_token", ""))
        session = oauth.current(self.org, token) if token else None
        if session is None:
            word = b"Bad_OAuth_Token" if token else b"Missing_OAuth_Token"
            return Reply(status=403, body=word, content_type=arrival.HTML)
        return pages.identity(self.org, session)

    async def _send(self, send: Send, reply: Reply, content: bytes) -> None:
        headers = {"Date": format_datetime(self.org.clock.now(), usegmt=True), **reply.headers}
        if content:
            headers["Content-Type"] = reply.content_type
        if reply.status != 204:
            headers["Content-Length"] = str(len(content))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
