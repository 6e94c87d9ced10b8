"""The SMS gateway's stand-in: ``POST /messages`` with JSON ``{"to", "from", "text", "idempotency_key"?}``.

Answers 201 ``{"id"}``; the same idempotency key answers the same id and keeps nothing twice. Faults: ``defer`` (503 with
Retry-After), ``reject`` (422: no such number), ``rate_limit`` (429), ``server_error`` (500), ``drop_after_data`` (keeps the
message and hangs up), ``timeout`` (silent for ``seconds``, default 60, then hangs up).
"""

import asyncio
import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import base, lines

NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")
"""E.164: at most 15 digits after the plus sign."""
FAULTS: dict[str, tuple[int, str, dict[str, str]]] = {
    "defer": (503, "The network is busy", {"Retry-After": "1"}),
    "rate_limit": (429, "Too many messages", {"Retry-After": "1"}),
    "server_error": (500, "Internal error", {}),
    "reject": (422, "No such number", {}),
}
"""Fault → status, message and headers of the reply."""


@dataclass(frozen=True)
class Sms:
    """One text message as it was accepted."""

    id: str
    to: str
    sender: str
    text: str
    idempotency_key: str
    received_at: datetime

    def as_json(self) -> dict[str, Any]:
        """As ``GET /sms`` shows it."""
        return {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "text": self.text,
            "idempotency_key": self.idempotency_key,
            "received_at": self.received_at.isoformat(),
        }


class Gateway:
    """All messages in the order of arrival, and what the gateway is told to do wrong."""

    def __init__(self, clock: base.Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._by_key: dict[str, Sms] = {}
        self.messages: list[Sms] = []
        self.faults = base.Faults((*FAULTS, "drop_after_data", "timeout"))
        self.accepted = 0
        """Messages taken since the last clear of the counters."""
        self.app = Starlette(routes=[Route("/messages", self._post, methods=["POST"])])

    def clear(self) -> None:
        """Forget all messages and keys."""
        self.messages.clear()
        self._by_key.clear()

    async def _post(self, request: Request) -> JSONResponse:
        for kind, (status, message, headers) in FAULTS.items():
            if self.faults.take(kind):
                return JSONResponse({"error": message}, status, headers)
        if fault := self.faults.take("timeout"):
            await asyncio.sleep(float(fault.options.get("seconds", 60)))
            return _hang_up(request)
        try:
            accepted = self._accept(orjson.loads(await request.body()))
        except ValueError as error:
            return JSONResponse({"error": f"Wrong message: {error}"}, 400)
        if self.faults.take("drop_after_data"):
            return _hang_up(request)
        return JSONResponse({"id": accepted.id}, 201)

    def _accept(self, message: Any) -> Sms:
        """Keep the message unless its key is known. Raises ValueError when it is not a message."""
        if not isinstance(message, dict):
            raise ValueError("should be a JSON object")
        to, sender, text = message.get("to"), message.get("from"), message.get("text")
        if not isinstance(to, str) or not NUMBER.match(to):
            raise ValueError('"to" should be a number such as +358450123456')
        if not isinstance(sender, str) or not isinstance(text, str) or not sender or not text:
            raise ValueError('"from" and "text" should be text')
        key = str(message.get("idempotency_key") or "")
        if key and key in self._by_key:
            return self._by_key[key]
        sms = Sms(f"sms-{next(self._numbers)}", to, sender, text, key, self._clock.now())
        self.messages.append(sms)
        self.accepted += 1
        if key:
            self._by_key[key] = sms
        return sms


def _hang_up(request: Request) -> JSONResponse:
    """Cut the line; what is returned reaches nobody."""
    lines.hang_up(request.scope)
    return JSONResponse({})
