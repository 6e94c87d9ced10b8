"""Who fetches a link or sends a form off, as far as that is kept: no address, no user agent, only keyed hashes.

Made by the pages (web/visitor.py) and handed to collect; the signs compare visitors through here.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

_LENGTH = 6
"""Bytes of each half: 48 bits keep the visitors of one invitation, or of one minute, apart."""
_SHARED = "~"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request by somebody or something."""

    visitor: str = field(default="", repr=False)
    """Keyed hash, as ``visitor`` makes it; empty where nothing is known."""
    device: str = ""
    """``phone``, ``desktop`` or ``kiosk``; empty where the browser did not tell."""
    robot: str = ""
    """What the client calls itself, when that is the name of a program and of nobody's browser; else empty."""
    language: str = ""
    """In which the page was shown."""
    channel: str = ""
    """Over which the person came; empty: that of the message."""
    at: datetime | None = None
    """When the request came; None: now."""


UNKNOWN = Visit()
"""Nothing is known: no sign speaks against it."""


def visitor(secret: bytes, address: str, shared: bool, agent: tuple[str, ...]) -> str:
    """``ADDRESS.AGENT``, each a keyed hash: equal halves tell an equal address, an equal browser.

    ``shared``: the address is no one visitor's (loopback or private: most likely a proxy of ours); ``agent``: what tells one
    browser from another. Whoever has neither the key nor the database learns nothing from it.
    """
    mark = _SHARED if shared else ""
    return f"{mark}{_hash(secret, 'address', address)}.{_hash(secret, 'agent', *agent)}"


def _hash(secret: bytes, *parts: str) -> str:
    text = "\n".join(parts).encode("utf-8", "replace")
    digest = hmac.digest(secret, text, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:_LENGTH]).decode().rstrip("=")


def is_shared(known: str) -> bool:
    """Whether nothing follows from this visitor's address."""
    return known == "" or known.startswith(_SHARED)


def related(one: str, other: str) -> bool:
    """Whether two visitors may be the same program: an equal browser, or an equal address that is not shared."""
    if not one or not other:
        return False
    address, _, agent = one.partition(".")
    other_address, _, other_agent = other.partition(".")
    return agent == other_agent or (address == other_address and not is_shared(one))
