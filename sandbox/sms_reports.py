"""What a gateway tells its customer by itself: that a text arrived or did not, and what people write back.

In the generic shape JSON with ``Authorization: Bearer SECRET``: ``{"id", "status", "code"?}`` and ``{"from", "to", "text"}``. In
Twilio's shape forms with ``X-Twilio-Signature``, to the StatusCallback of each message
(https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks,
https://www.twilio.com/docs/usage/security#validating-requests). Each call is tried a few times while nobody answers.
"""

import base64
import dataclasses
import hashlib
import heapq
import hmac
import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

TRIES = 3
PAUSE = 0.3
"""Seconds between a text's taking and its fate, and between two tries."""
_TIMEOUT = 10
_PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A text whose fate is to be reported."""

    id: str
    to: str
    sender: str
    report_to: str = ""
    """Twilio's StatusCallback."""
    failed: str = ""
    """The code with which it fails; empty: it arrives."""


class Reports:
    """Calls back, from a thread of its own, each call when it is due."""

    def __init__(self, secret: str, auth_token: str) -> None:
        self._secret, self._auth_token = secret, auth_token
        self.reports_to = ""
        """Where reports in the generic shape go; empty: nowhere."""
        self.inbound_to = ""
        """Where people's texts go."""
        self.calls: list[dict[str, Any]] = []
        """What was posted where, and what came back; newest last."""
        self._due: list[tuple[float, int, _Call]] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._under_way = 0
        self._closed = False
        self._session = requests.Session()
        self._session.trust_env = False
        threading.Thread(target=self._run, name="gateway", daemon=True).start()

    def follow(self, text: Followed) -> None:
        """Report on this text, a moment later."""
        last = "undelivered" if text.failed else "delivered"
        if text.report_to:
            self._form(text.report_to, _status(text, "sent"), PAUSE)
            self._form(text.report_to, _status(text, last), PAUSE)
        elif self.reports_to:
            self._json(self.reports_to, {"id": text.id, "status": last} | ({"code": text.failed} if text.failed else {}), PAUSE)

    def inbound(self, sender: str, to: str, text: str, *, twilio: bool = False) -> None:
        """Somebody wrote a text to us."""
        if self.inbound_to and twilio:
            sid = "SM" + hashlib.sha256(f"{sender}{text}".encode()).hexdigest()[:32]
            self._form(self.inbound_to, {"MessageSid": sid, "From": sender, "To": to, "Body": text, "NumMedia": "0"}, 0)
        elif self.inbound_to:
            self._json(self.inbound_to, {"from": sender, "to": to, "text": text}, 0)

    def wait(self) -> None:
        """Until everything that was to be told has been told."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not (self._due or self._under_way), _PATIENCE)

    def close(self) -> None:
        """Tell no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _json(self, address: str, told: Mapping[str, Any], pause: float) -> None:
        headers = {"Authorization": f"Bearer {self._secret}"}
        self._put(_Call(to=address, what={"json": told}, headers=headers, told=told), pause)

    def _form(self, address: str, form: Mapping[str, str], pause: float) -> None:
        headers = {"X-Twilio-Signature": signature(self._auth_token, address, form)}
        self._put(_Call(to=address, what={"data": form}, headers=headers, told=form), pause)

    def _put(self, call: "_Call", pause: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + pause, next(self._numbers), call))
            self._changed.notify_all()

    def _run(self) -> None:
        while (call := self._next()) is not None:
            status = self._post(call)
            self.calls.append({"to": call.to, "status": status, "told": dict(call.told)})
            if not (200 <= status < 300 or 400 <= status < 500) and call.tries < TRIES:
                self._put(dataclasses.replace(call, tries=call.tries + 1), PAUSE * call.tries)
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _next(self) -> "_Call | None":
        """The next call when it is due; None at the end."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    self._under_way += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - now if self._due else None)
        return None

    def _post(self, call: "_Call") -> int:
        """The status that came back; 0 where nobody answered."""
        try:
            answer = self._session.post(call.to, headers=call.headers, timeout=_TIMEOUT, allow_redirects=False, **call.what)
        except requests.RequestException:
            return 0
        return answer.status_code


@dataclass(frozen=True, kw_only=True)
class _Call:
    to: str
    what: Mapping[str, Any]
    headers: Mapping[str, str]
    told: Mapping[str, Any]
    tries: int = 1


def _status(text: Followed, status: str) -> dict[str, str]:
    told = {"MessageSid": text.id, "SmsSid": text.id, "MessageStatus": status, "SmsStatus": status, "To": text.to}
    told |= {"From": text.sender, "ApiVersion": "2010-04-01"}
    return told | ({"ErrorCode": text.failed} if status == "undelivered" else {})


def signature(auth_token: str, address: str, form: Mapping[str, str]) -> str:
    """The address with every field appended in the order of the names, HMAC-SHA1 with the auth token, base64."""
    text = address + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()
