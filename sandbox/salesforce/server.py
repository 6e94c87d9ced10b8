"""The two ASGI applications: the login host, and the instance with everything under ``/services/data``."""

import base64
import binascii
import gzip
import re
import zlib
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.salesforce import describe, errors, limits, metadata_soap, misbehaviour, oauth, oauth_pages, soap
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import VERSIONS, Org, Session
from sandbox.salesforce.routes import Api

MAXIMUM_HEAD = 16_384
"""Bytes of URI and headers together (Salesforce help 000386264)."""
_DATA = re.compile(r"/services/data/v(\d+\.\d)(?:/(.*))?")
_SOAP = re.compile(r"/services/Soap/[uc]/(\d+\.\d)(?:/.*)?")
_METADATA = re.compile(r"/services/Soap/m/\d+\.\d(?:/.*)?")
_TOO_LONG = b"<html><head><title>Error</title></head><body>URI Too Long</body></html>"


class Apps:
    """What both applications share; ``login`` and ``instance`` are the ASGI callables."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.api = Api(org)
        self.grants = oauth.Grants(org)

    async def login(self, scope: Any, receive: misbehaviour.Receive, send: misbehaviour.Send) -> None:
        """The login host."""
        await self._serve(scope, receive, send, instance=False)

    async def instance(self, scope: Any, receive: misbehaviour.Receive, send: misbehaviour.Send) -> None:
        """My Domain: the API, and sign-in as well."""
        await self._serve(scope, receive, send, instance=True)

    async def _serve(self, scope: Any, receive: misbehaviour.Receive, send: misbehaviour.Send, *, instance: bool) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        too_long = _too_long(scope, headers)
        body = await _body(receive)
        self.api.settle()
        try:
            if too_long is not None:
                await self._send(send, too_long, too_long.content())
            elif instance and (found := _DATA.fullmatch(scope["path"])) is not None:
                await self._data(scope, found, headers, body, receive, send)
            else:
                reply = self._sign_in(scope, headers, body)
                await self._send(send, reply, reply.content())
        except misbehaviour.Dropped:
            await misbehaviour.cut(send)

    async def _data(
        self,
        scope: Any,
        found: re.Match[str],
        headers: dict[str, str],
        body: bytes,
        receive: misbehaviour.Receive,
        send: misbehaviour.Send,
    ) -> None:
        billed = False
        try:
            early = await misbehaviour.before(self.org, receive)
            if early is not None:
                await self._send(send, early, early.content())
                return
            call = self._call(scope, found, headers, body)
            limits.check(self.org)
            billed = True
            self.api.bill(call)
            reply = self.api.handle(call)
        except errors.ApiError as error:
            reply = misbehaviour.error_reply(error)
            billed = billed or error.code == "REQUEST_LIMIT_EXCEEDED"
        if billed:
            reply.headers["Sforce-Limit-Info"] = limits.header(self.org)
        reply, content = misbehaviour.after(self.org, reply)
        await self._send(send, reply, content)

    def _call(self, scope: Any, found: re.Match[str], headers: dict[str, str], body: bytes) -> Call:
        version, path = found.groups()
        session = self._session(headers)
        if version not in VERSIONS:
            raise errors.not_found()
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        method = headers.get("x-http-method-override", query.get("_HttpMethod", scope["method"])).upper()
        return Call(
            method=method, path=unquote(path or "").strip("/"), version=version, session=session, query=query, headers=headers,
            body=_unpacked(headers, body),
        )  # fmt: skip

    def _session(self, headers: dict[str, str]) -> Session:
        kind, _, token = headers.get("authorization", "").partition(" ")
        session = oauth.current(self.org, token.strip()) if kind.lower() in ("bearer", "oauth") else None
        if session is None:
            raise errors.ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return session

    def _sign_in(self, scope: Any, headers: dict[str, str], body: bytes) -> Reply:
        path, method = scope["path"].rstrip("/"), scope["method"]
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        form = query | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if path == "/services/data" and method == "GET":
            return describe.versions(self.org)
        if (found := _SOAP.fullmatch(path)) is not None and method == "POST":
            return soap.login(self.org, found.group(1), body)
        if _METADATA.fullmatch(path) is not None and method == "POST":
            return metadata_soap.answer(self.org, self.api.deployments, body)
        try:
            return self._oauth(path, method, form, headers)
        except oauth.OAuthError as error:
            body_out = {"error": error.error, "error_description": error.description}
            return Reply(status=error.status, body=body_out, headers={"Cache-Control": "no-cache, no-store"})

    def _oauth(self, path: str, method: str, form: dict[str, str], headers: dict[str, str]) -> Reply:
        basic = _basic(headers.get("authorization", ""))
        if self.org.faults.take("token_error"):
            return Reply(
                status=503, body=b"<html><body>Down for maintenance</body></html>", content_type="text/html;charset=UTF-8"
            )
        if path == "/services/oauth2/token" and method == "POST":
            return Reply(body=self.grants.token(form, basic), headers={"Cache-Control": "no-cache, no-store"})
        if path == "/services/oauth2/revoke":
            self.grants.revoke(form.get("token", ""))
            return Reply()
        if path == "/services/oauth2/introspect" and method == "POST":
            return Reply(body=self.grants.introspect(form, basic))
        if path == "/services/oauth2/authorize":
            return oauth_pages.authorize(self.grants, method, form)
        if path == "/services/oauth2/userinfo" or path.startswith("/id/"):
            return oauth_pages.identity(self.org, self._session(headers))
        return Reply(status=404, body=b"<html><body>URL No Longer Exists</body></html>", content_type="text/html;charset=UTF-8")

    async def _send(self, send: misbehaviour.Send, reply: Reply, content: bytes) -> None:
        headers = {"Date": format_datetime(self.org.clock.now(), usegmt=True), **reply.headers}
        if content:
            headers["Content-Type"] = reply.content_type
        if reply.status != 204:
            headers["Content-Length"] = str(len(content))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: misbehaviour.Receive, send: misbehaviour.Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: misbehaviour.Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _too_long(scope: Any, headers: dict[str, str]) -> Reply | None:
    uri = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if uri > MAXIMUM_HEAD:
        return Reply(status=414, body=_TOO_LONG, content_type="text/html;charset=UTF-8")
    if uri + sum(len(name) + len(value) + 4 for name, value in headers.items()) > MAXIMUM_HEAD:
        return Reply(
            status=431, body=_TOO_LONG.replace(b"URI Too Long", b"Bad Message 431"), content_type="text/html;charset=UTF-8"
        )
    return None


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(name), unquote(secret)


def _unpacked(headers: dict[str, str], body: bytes) -> bytes:
    if headers.get("content-encoding", "") != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise errors.ApiError(400, "INVALID_INPUT", "The request body is not in gzip format") from error
