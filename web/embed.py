"""What a page of others vouches for about its signed-in visitor: signed by their server, read here.

Called by pages_embed. A context is ``PAYLOAD.SIGNATURE``: the payload is JSON in base64url, the signature HMAC-SHA256 of the
payload's text in hexadecimal, keyed with ``[web.embed] secret``. docs/embed.md has the recipe in three languages.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LONGEST = 4_096
"""Characters of a context."""
MOST_FACTS, _LONGEST_TEXT = 20, 320
LONGEST_LIFE = timedelta(days=2)
"""How far ahead a context may expire: a page that was open for longer is loaded anew."""
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class Refused(Exception):
    """The context is not believed, and its bearer is treated as anonymous. The message is the reason in one word."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who answers and about what, as the other page's server knows it. Personal data."""

    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    connector: str = ""
    object: str = ""
    record: str = ""
    label: str = ""
    account: str = ""
    language: str = ""
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict, repr=False)

    @property
    def names_record(self) -> bool:
        """Whether it says which CRM record the answer is about."""
        return bool(self.connector and self.object and self.record)


def sign(secret: bytes, payload: Mapping[str, Any]) -> str:
    """The payload as a context, as the other page's server does it."""
    text = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
    return f"{text.decode()}.{_signature(secret, text)}"


def _signature(secret: bytes, payload: bytes) -> str:
    return hmac.new(secret, payload, hashlib.sha256).hexdigest()


def read(secret: bytes, text: str, now: datetime, place: str) -> Context:
    """What the context says. Raises Refused: ``unasked`` (no secret is configured), ``malformed``, ``forged``, ``expired`` or
    ``elsewhere`` (made for another place)."""
    if not secret:
        raise Refused("unasked")
    payload, _, signature = text.strip().partition(".")
    if len(text) > LONGEST or not text.isascii() or not signature:
        raise Refused("malformed")
    if not hmac.compare_digest(signature.lower(), _signature(secret, payload.encode())):
        raise Refused("forged")
    told = _told(payload)
    expires = told.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise Refused("malformed")
    if not now.timestamp() < expires <= (now + LONGEST_LIFE).timestamp():
        raise Refused("expired")
    if told.get("place", place) != place:
        raise Refused("elsewhere")
    texts = ("email", "phone", "name", "connector", "object", "record", "label", "account", "language")
    return Context(**{name: _text(told.get(name)) for name in texts}, facts=_facts(told.get("facts")))


def _told(payload: str) -> dict[str, Any]:
    try:
        padded = payload.replace("+", "-").replace("/", "_").rstrip("=")
        told = json.loads(base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise Refused("malformed") from None
    if not isinstance(told, dict):
        raise Refused("malformed")
    return told


def _text(value: Any) -> str:
    """One line of at most 320 characters; numbers become text, anything else is as if it were not there."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = str(value).encode("utf-8", "replace").decode()
    return " ".join("".join(mark if mark.isprintable() else " " for mark in plain).split())[:_LONGEST_TEXT]


def _facts(value: Any) -> dict[str, str | int | float | bool]:
    found: dict[str, str | int | float | bool] = {}
    for name, fact in list(value.items())[:MOST_FACTS] if isinstance(value, dict) else ():
        if _FACT.fullmatch(name) and isinstance(fact, str | int | float | bool):
            found[name] = _text(fact) if isinstance(fact, str) else fact
    return found


class Tally:
    """How many contexts were believed and how many not, by reason, since this process began. For several threads."""

    def __init__(self) -> None:
        self._lock, self._counts = threading.Lock(), Counter[str]()

    def add(self, what: str) -> int:
        """One more; how many there are now."""
        with self._lock:
            self._counts[what] += 1
            return self._counts[what]

    def counts(self) -> dict[str, int]:
        """Reason (or ``believed``) → how many."""
        with self._lock:
            return dict(self._counts)
