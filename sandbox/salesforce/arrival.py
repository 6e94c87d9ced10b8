"""A request as it came over the wire, before anybody knows what it is about."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from sandbox.salesforce import errors
from sandbox.salesforce.call import Reply

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
MAXIMUM_HEAD = 16_384
"""Bytes of URI and headers together (Salesforce help 000386264)."""
HTML = "text/html;charset=UTF-8"


@dataclass(frozen=True)
class Arrival:
    """One HTTP request, wholly read."""

    scope: Mapping[str, Any]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    receive: Receive

    @property
    def path(self) -> str:
        """Decoded."""
        return str(self.scope["path"])

    @cached_property
    def query(self) -> dict[str, str]:
        """What follows the question mark."""
        return dict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))

    @property
    def method(self) -> str:
        """With the two ways in which clients without PATCH ask for it."""
        wished = self.query.get("_HttpMethod", str(self.scope["method"]))
        return self.headers.get("x-http-method-override", wished).upper()

    @cached_property
    def form(self) -> dict[str, str]:
        """Query and form fields together."""
        return self.query | dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def basic(self) -> tuple[str, str] | None:
        """Name and secret of HTTP Basic, None without."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, secret = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return unquote(name), unquote(secret)

    @property
    def token(self) -> str:
        """The access token, empty without; the older bulk API has a header of its own for it."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() in ("bearer", "oauth") else self.headers.get("x-sfdc-session", "").strip()

    def content(self) -> bytes:
        """The body, unpacked. Raises ApiError."""
        if self.headers.get("content-encoding", "") != "gzip":
            return self.body
        try:
            return gzip.decompress(self.body)
        except (OSError, EOFError, zlib.error) as error:
            raise errors.ApiError(400, "INVALID_INPUT", "The request body is not in gzip format") from error

    def too_long(self) -> Reply | None:
        """414 for the URI alone, 431 for URI and headers together."""
        uri = len(self.scope.get("raw_path") or b"") + len(self.scope["query_string"])
        page = b"<html><head><title>Error</title></head><body>%s</body></html>"
        if uri > MAXIMUM_HEAD:
            return Reply(status=414, body=page % b"URI Too Long", content_type=HTML)
        if uri + sum(len(name) + len(value) + 4 for name, value in self.headers.items()) > MAXIMUM_HEAD:
            return Reply(status=431, body=page % b"Bad Message 431", content_type=HTML)
        return None


async def read(scope: Mapping[str, Any], receive: Receive) -> Arrival:
    """Read the whole request."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message["type"] != "http.disconnect" and bool(message.get("more_body"))
    return Arrival(scope, headers, b"".join(parts), receive)
