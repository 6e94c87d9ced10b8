"""The SMS gateway's stand-in: ``POST /messages`` with JSON ``{"to", "from", "text", "idempotency_key"?}``.

Answers 201 ``{"id"}``; the same idempotency key answers the same id and keeps nothing twice. ``Authorization: Bearer TOKEN`` may
be left out, but a wrong one is refused (401). ``GET /account`` wants it. The same address speaks Twilio's language, too
(sms_twilio.py). What becomes of a text is reported, and what people write is handed on, by sms_reports.py.

Faults: ``defer`` (503 with Retry-After), ``reject`` (422: no such number), ``rate_limit`` (429), ``server_error`` (500),
``unauthorized`` (401), ``drop_after_data`` (keeps the message and hangs up), ``timeout`` (silent for ``seconds``, default 60,
then hangs up), ``undelivered`` (takes the message and reports that it did not arrive; ``code`` is told along, default 30005).
"""

import asyncio
import hmac
import itertools
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import base, lines, sms_parts, sms_reports, sms_twilio

NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")
"""E.164: at most 15 digits after the plus sign."""
FAULTS: dict[str, tuple[int, str, dict[str, str]]] = {
    "defer": (503, "The network is busy", {"Retry-After": "1"}),
    "rate_limit": (429, "Too many messages", {"Retry-After": "1"}),
    "server_error": (500, "Internal error", {}),
    "reject": (422, "No such number", {}),
    "unauthorized": (401, "Unknown token", {}),
}
"""Fault → status, message and headers of the reply."""
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"})
"""After one of these Twilio itself refuses further texts: https://help.twilio.com/articles/223134027."""


@dataclass(frozen=True)
class Sms:
    """One text message as it was accepted."""

    id: str
    to: str
    sender: str
    text: str
    idempotency_key: str
    received_at: datetime
    report_to: str = ""
    """Where Twilio's way of reporting goes (StatusCallback)."""
    arrived: float = field(default_factory=time.monotonic)
    """As ``received_at``, on the machine's monotonic clock."""

    def as_json(self) -> dict[str, Any]:
        """As ``GET /sms`` shows it."""
        return {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "text": self.text,
            "idempotency_key": self.idempotency_key,
            "received_at": self.received_at.isoformat(),
            "parts": sms_parts.count(self.text),
        }


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a customer of this gateway signs in with, and what signs its calls back to them."""

    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    hook_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """Shown in ``Authorization: Bearer`` when the gateway calls back."""
    account_sid: str = field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    auth_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)


class Gateway:
    """All messages in the order of arrival, and what the gateway is told to do wrong."""

    def __init__(self, clock: base.Clock, account: Account | None = None) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._by_key: dict[str, Sms] = {}
        self.account = account or Account()
        self.messages: list[Sms] = []
        self.stopped: set[str] = set()
        """Numbers that wrote STOP: texts to them are refused, as Twilio does it."""
        self.faults = base.Faults((*FAULTS, "drop_after_data", "timeout", "undelivered"))
        self.accepted = 0
        """Messages taken since the last clear of the counters."""
        self.reports = sms_reports.Reports(self.account.hook_secret, self.account.auth_token)
        twilio = sms_twilio.Twilio(self, self.account.account_sid, self.account.auth_token)
        own = [Route("/messages", self._post, methods=["POST"]), Route("/account", self._account, methods=["GET"])]
        self.app = Starlette(routes=[*own, *twilio.routes()])

    def clear(self) -> None:
        """Forget all messages and keys, and who wrote STOP."""
        self.messages.clear()
        self._by_key.clear()
        self.stopped.clear()

    def keep(self, to: str, sender: str, text: str, *, key: str = "", id: str = "", report_to: str = "") -> Sms:
        """Take a message unless its key is known, and report on it by and by."""
        if key and key in self._by_key:
            return self._by_key[key]
        sms = Sms(id or f"sms-{next(self._numbers)}", to, sender, text, key, self._clock.now(), report_to)
        self.messages.append(sms)
        self.accepted += 1
        if key:
            self._by_key[key] = sms
        fault = self.faults.take("undelivered")
        code = "" if fault is None else str(fault.options.get("code", "30005"))
        self.reports.follow(sms_reports.Followed(id=sms.id, to=to, sender=sender, report_to=report_to, failed=code))
        return sms

    def hear(self, number: str, text: str) -> bool:
        """Somebody writes a text, as an answer to the latest one they got; False for a number that got none."""
        got = next((one for one in reversed(self.messages) if one.to == number), None)
        if got is None:
            return False
        twilio = got.id.startswith("SM")
        if twilio and text.strip().upper() in STOP_WORDS:
            self.stopped.add(number)
        self.reports.inbound(number, got.sender, text, twilio=twilio)
        return True

    async def hung(self, request: Request) -> bool:
        """Whether the fault ``timeout`` was on: after its time, the line is cut."""
        if fault := self.faults.take("timeout"):
            await asyncio.sleep(float(fault.options.get("seconds", 60)))
            lines.hang_up(request.scope)
            return True
        return False

    async def _account(self, request: Request) -> JSONResponse:
        if not request.headers.get("authorization") or not self._knows(request):
            return JSONResponse({"error": "Unknown token"}, 401)
        return JSONResponse({"balance": "1000.00", "currency": "EUR"})

    def _knows(self, request: Request) -> bool:
        shown = request.headers.get("authorization", "")
        return not shown or hmac.compare_digest(shown.encode(), f"Bearer {self.account.token}".encode())

    async def _post(self, request: Request) -> JSONResponse:
        if not self._knows(request):
            return JSONResponse({"error": "Unknown token"}, 401)
        for kind, (status, message, headers) in FAULTS.items():
            if self.faults.take(kind):
                return JSONResponse({"error": message}, status, headers)
        if await self.hung(request):
            return JSONResponse({})
        try:
            accepted = self._accept(orjson.loads(await request.body()))
        except ValueError as error:
            return JSONResponse({"error": f"Wrong message: {error}"}, 400)
        if self.faults.take("drop_after_data"):
            lines.hang_up(request.scope)
        return JSONResponse({"id": accepted.id}, 201)

    def _accept(self, message: Any) -> Sms:
        """Keep the message. Raises ValueError when it is not a message."""
        if not isinstance(message, dict):
            raise ValueError("should be a JSON object")
        to, sender, text = message.get("to"), message.get("from"), message.get("text")
        if not isinstance(to, str) or not NUMBER.match(to):
            raise ValueError('"to" should be a number such as +358450123456')
        if not isinstance(sender, str) or not isinstance(text, str) or not sender or not text:
            raise ValueError('"from" and "text" should be text')
        return self.keep(to, sender, text, key=str(message.get("idempotency_key") or ""))
