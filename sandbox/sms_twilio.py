"""The gateway in Twilio's shape: ``/2010-04-01/Accounts/SID/Messages.json`` and the account itself.

https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/usage/twilios-response: basic
authentication with SID and auth token; 201 with the message, errors as ``{"code", "message", "more_info", "status"}``. There is
no idempotency key. A number that wrote STOP is refused with 21610.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import base, lines, sms_parts

_NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")
_SENDER = re.compile(r"^(\+?\d{3,15}|[A-Za-z0-9 ]{1,11})$")
_FAULTS = {
    "defer": (503, 20503, "Service unavailable"),
    "rate_limit": (429, 20429, "Too Many Requests"),
    "server_error": (500, 20500, "Internal Server Error"),
    "reject": (400, 21211, "The 'To' number {to} is not a valid phone number."),
    "unauthorized": (401, 20003, "Authenticate"),
}
"""Fault → status, code and message."""
_LONGEST = 1600


class Text(Protocol):
    """A text as the gateway keeps it."""

    @property
    def received_at(self) -> Any:
        """When it was taken."""


class Gateway(Protocol):
    """What takes the texts."""

    faults: base.Faults
    stopped: set[str]

    def keep(self, to: str, sender: str, text: str, *, key: str = "", id: str = "", report_to: str = "") -> Text:
        """Take a message."""

    async def hung(self, request: Request) -> bool:
        """Whether the line was cut after a silence."""


class Twilio:
    """One account."""

    def __init__(self, gateway: Gateway, sid: str, auth_token: str) -> None:
        self._gateway, self.sid, self._auth_token = gateway, sid, auth_token

    def routes(self) -> list[Route]:
        """The addresses that it answers."""
        return [
            Route("/2010-04-01/Accounts/{sid}/Messages.json", self._create, methods=["POST"]),
            Route("/2010-04-01/Accounts/{sid}.json", self._account, methods=["GET"]),
        ]

    async def _account(self, request: Request) -> JSONResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        uri = f"/2010-04-01/Accounts/{self.sid}.json"
        return JSONResponse({"sid": self.sid, "friendly_name": "Havu", "status": "active", "type": "Full", "uri": uri})

    async def _create(self, request: Request) -> JSONResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        for kind, (status, code, message) in _FAULTS.items():
            if self._gateway.faults.take(kind):
                return _error(status, code, message.format(to=form.get("To", "")))
        if await self._gateway.hung(request):
            return JSONResponse({})
        wrong = self._wrong(form)
        if wrong is not None:
            return wrong
        sid = f"SM{secrets.token_hex(16)}"
        sender = form.get("From") or "+15005550006"
        kept = self._gateway.keep(form["To"], sender, form["Body"], id=sid, report_to=form.get("StatusCallback", ""))
        if self._gateway.faults.take("drop_after_data"):
            lines.hang_up(request.scope)
        return JSONResponse(self._message(sid, form, sender, format_datetime(kept.received_at)), 201)

    def _refusal(self, request: Request) -> JSONResponse | None:
        given = _credentials(request.headers.get("authorization", ""))
        right = hmac.compare_digest(given.encode(), f"{self.sid}:{self._auth_token}".encode())
        if not right:
            return _error(401, 20003, "Authenticate")
        if request.path_params["sid"] != self.sid:
            return _error(404, 20404, f"The requested resource {request.url.path} was not found")
        return None

    def _wrong(self, form: Mapping[str, str]) -> JSONResponse | None:
        """https://www.twilio.com/docs/api/errors"""
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not _NUMBER.match(to):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to[:6]}XXXX")
        if not sender and not form.get("MessagingServiceSid"):
            return _error(400, 21603, "A 'From' phone number is required.")
        if sender and not _SENDER.match(sender):
            return _error(400, 21212, f"Invalid From Number (caller ID): {sender}")
        if not body:
            return _error(400, 21602, "Message body is required.")
        if len(body) > _LONGEST:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if form.get("StatusCallback") and urlsplit(form["StatusCallback"]).scheme not in ("http", "https"):
            return _error(400, 21609, "The 'StatusCallback' URL is not a valid URL.")
        if to in self._gateway.stopped:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        return None

    def _message(self, sid: str, form: Mapping[str, str], sender: str, at: str) -> dict[str, Any]:
        service = form.get("MessagingServiceSid")
        return {
            "account_sid": self.sid,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "date_created": at,
            "date_sent": None,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": None if service else sender,
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": "0" if service else str(sms_parts.count(form["Body"])),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "accepted" if service else "queued",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{self.sid}/Messages/{sid}/Media.json"},
            "to": form["To"],
            "uri": f"/2010-04-01/Accounts/{self.sid}/Messages/{sid}.json",
        }


def _credentials(header: str) -> str:
    kind, _, packed = header.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(packed, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _error(status: int, code: int, message: str) -> JSONResponse:
    told = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return JSONResponse(told, status)
