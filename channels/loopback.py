"""Which addresses may be posted to: https everywhere, plain http only within this machine. Used by channels over HTTP."""

import ipaddress
from urllib.parse import urlsplit


def is_near(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def guarded(address: str) -> str:
    """The address, without a slash at its end. Raises ValueError for one over which people's data would go in the clear."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or "@" in parts.netloc:
        raise ValueError('should be an address such as "https://sms.example.com/messages", without user and password')
    if parts.scheme == "http" and not is_near(parts.hostname):
        raise ValueError("should begin with https://: numbers and links would travel in the clear")
    return address.rstrip("/")
