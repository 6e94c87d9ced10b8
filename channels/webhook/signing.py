"""Signatures as Standard Webhooks makes them, so that receivers check them with a library that exists.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac

_PREFIX = "whsec_"
_BYTES = (24, 64)


def key(secret: str) -> bytes:
    """The key in a secret such as ``whsec_C2FV…``. Raises ValueError that says what would be right and holds none of it."""
    wrong = f'should hold "{_PREFIX}" and the base64 of {_BYTES[0]} to {_BYTES[1]} random bytes'
    try:
        made = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(wrong) from None
    if not _BYTES[0] <= len(made) <= _BYTES[1]:
        raise ValueError(wrong)
    return made


def headers(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers. ``timestamp``: seconds since 1970, of this attempt."""
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
