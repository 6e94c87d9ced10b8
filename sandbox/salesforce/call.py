"""One REST call and its reply, as handlers see them: the same whether it came alone or inside a Composite request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.salesforce import errors
from sandbox.salesforce.org import Session


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to ``/services/data/vNN.0/…``."""

    method: str
    path: str
    """What follows the version, without a slash at either end."""
    version: str
    session: Session
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    value: Any = None
    """The body of a Composite subrequest, already parsed."""

    def json(self) -> Any:
        """The body. Raises JSON_PARSER_ERROR."""
        if self.value is not None:
            return self.value
        kind = self.headers.get("content-type", "application/json").split(";")[0].strip()
        if kind not in ("application/json", "text/json"):
            message = f"Content-Type {kind} is not supported. Content-Type expected: application/json"
            raise errors.ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message)
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            message = f"Unexpected character or end of input at [line:{error.lineno}, column:{error.colno}]"
            raise errors.ApiError(400, "JSON_PARSER_ERROR", message) from error

    def json_object(self) -> dict[str, Any]:
        """The body, which must be an object. Raises JSON_PARSER_ERROR."""
        value = self.json()
        if not isinstance(value, dict):
            raise errors.ApiError(
                400, "JSON_PARSER_ERROR", "Cannot deserialize instance of object from START_ARRAY value [line:1, column:1]"
            )
        return value


@dataclass(kw_only=True)
class Reply:
    """What goes back; ``body`` is JSON to be, bytes as they are, or None for no body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"

    def content(self) -> bytes:
        """The body as bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
