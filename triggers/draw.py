"""Drawing lots that come out the same every time: whether a record is in the sample, and which variant it gets.

Called by decide. A record's lot is a number made from the seed and the record's own name, so that it is the same at every look,
on every machine and in preview; another seed draws other records.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any

import pydantic

from triggers import touchpoint

_SHARE = re.compile(r"^\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*$")
_WHOLE = 2**64


def _share(value: Any) -> float:
    if isinstance(value, float) and 0 < value <= 1:
        return value
    found = _SHARE.match(value) if isinstance(value, str) else None
    share = float(found[1]) / 100 if found is not None else 0.0
    if not 0 < share <= 1:
        raise ValueError('should be a share such as "25%", above 0% and at most 100%')
    return share


Share = Annotated[float, pydantic.BeforeValidator(_share, json_schema_input_type=str)]
"""A pydantic field type: written ``"25%"``, read as 0.25."""


def lot(seed: str, purpose: str, touch: touchpoint.Touchpoint) -> float:
    """A number from 0 up to but not including 1, evenly spread over records; lots for two purposes tell nothing of each other.

    The same record has the same lot at each of its occurrences.
    """
    name = "\x1f".join((purpose, touch.connector, touch.object, touch.record))
    key = hashlib.blake2b(seed.encode(), digest_size=32).digest()
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), key=key, digest_size=8).digest()) / _WHOLE


def pick(shares: Sequence[float], drawn: float) -> int:
    """Which of these shares, laid end to end from 0 to 1, a lot falls into; the last one also takes what rounding leaves."""
    end = 0.0
    for number, share in enumerate(shares):
        end += share
        if drawn < end:
            return number
    return len(shares) - 1
