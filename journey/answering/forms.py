"""The forms that a person gets: each carries a signed one-time nonce that tells when it was shown, and what for.

Called by collect alone. The signature binds the nonce to its link, so that a form of one invitation sends off no other.
"""

import enum
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import itsdangerous

LIVES = timedelta(days=2)
"""How long a form may lie open."""
_RANDOM = 9
"""Bytes, 72 bits."""
_LONGEST = 200


class Purpose(enum.StrEnum):
    """What a form was shown for."""

    ANSWER = "a"
    CHANGE = "c"
    """"Change my answer": the only form that takes the place of an answer that counts."""
    CONFIRM = "y"
    """"Yes, that was me": the second step after an answer that a sign speaks against."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A form as it was shown."""

    at: datetime
    purpose: Purpose = Purpose.ANSWER


def nonce(secret: bytes, token: str, shown: Shown) -> str:
    """Fresh and signed for this link: one per form that is shown, good for one answer."""
    moment = int(shown.at.timestamp() * 1000)
    return _signer(secret, token).sign(f"{secrets.token_urlsafe(_RANDOM)}.{moment:x}.{shown.purpose}").decode()


def read(secret: bytes, token: str, nonce: str, now: datetime) -> Shown | None:
    """The form that carries this nonce; None when it is not one of ours for this link, or lay open for too long."""
    if not nonce.isascii() or len(nonce) > _LONGEST:
        return None
    try:
        _, moment, why = _signer(secret, token).unsign(nonce).decode().split(".")
    except itsdangerous.BadSignature:
        return None
    at = datetime.fromtimestamp(int(moment, 16) / 1000, UTC)
    if now - at > LIVES:
        return None
    return Shown(at=at, purpose=Purpose(why))


def _signer(secret: bytes, token: str) -> itsdangerous.Signer:
    return itsdangerous.Signer(secret, salt=f"form:{token}", digest_method=hashlib.sha256)
