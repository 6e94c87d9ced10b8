"""What a gateway tells us by itself: that a text arrived or failed, and what people write back.

Called by the web room with what was posted; the gateways know how to tell it is theirs and what it means.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from channels import report
from channels.sms import settings

_MOST_FIELDS = 100


class NotTheirs(Exception):
    """What was posted does not prove that it comes from the gateway."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One POST to us."""

    url: str = field(repr=False)
    """As the caller wrote it: our public address, path and query."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)

    @property
    def values(self) -> Mapping[str, Any]:
        """The body as a table, be it JSON or a form; empty for what is neither."""
        if "json" in self.headers.get("content-type", ""):
            try:
                told = json.loads(self.body)
            except (ValueError, RecursionError):
                return {}
            return told if isinstance(told, dict) else {}
        return dict(self.form)

    @property
    def form(self) -> list[tuple[str, str]]:
        """The fields of a form, in order."""
        try:
            return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            return []


@dataclass(frozen=True, kw_only=True)
class Word:
    """What the gateway says of one text that it took."""

    reference: str
    """The gateway's id of the text."""
    key: str = ""
    """Our own key of it, where the gateway tells it back."""
    fate: report.Fate | None
    """What became of it; None while it is on its way."""
    code: str = ""
    words: str = ""

    def as_report(self) -> report.Report | None:
        """The same in the words of every channel; None while there is nothing to tell."""
        if self.fate is None:
            return None
        return report.Report(reference=self.reference, fate=self.fate, code=self.code, words=self.words)


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A text that somebody wrote to us."""

    number: str = field(repr=False)
    """As the gateway has it."""
    text: str = field(repr=False)


def prove(call: Call, given: settings.HookSettings) -> None:
    """Compare the shown secret or signature in constant time. Raises NotTheirs."""
    shown = call.headers.get(given.header.lower(), "").strip()
    key = given.secret.get_secret_value().encode()
    if given.signed is None:
        bare = shown[7:].strip() if shown[:7].lower() == "bearer " else shown
        if not hmac.compare_digest(bare.encode(), key):
            raise NotTheirs
        return
    digest = hmac.new(key, call.body, hashlib.sha256).digest()
    signed = shown.removeprefix("sha256=").encode()
    by_hex = hmac.compare_digest(signed.lower(), digest.hex().encode())
    by_base64 = hmac.compare_digest(signed, b64encode(digest))
    if not (by_hex or by_base64):
        raise NotTheirs


def at(values: Any, path: str) -> str:
    """The value at ``data.attributes.status`` or ``results.0.id`` as text that a database takes; empty where there is none."""
    for part in path.split("."):
        if isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            values = values.get(part) if isinstance(values, dict) else None
    text = str(values) if isinstance(values, str | int | float) and not isinstance(values, bool) else ""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
