"""Record ids: 15 characters that count, and the 3-character checksum that makes them safe where case is lost."""

from collections import Counter
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_INSTANCE = "Qy"


def checksum(short: str) -> str:
    """The three characters that say which of the 15 are capitals (five per character, lowest bit first)."""
    return "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )


@lru_cache(maxsize=65_536)
def extend(identifier: str) -> str | None:
    """The 18-character form of a 15- or 18-character id, None when it is no id at all or its checksum is wrong.

    A well-formed 18-character id whose case was changed on its way is repaired, as the real service does.
    """
    if len(identifier) not in (15, 18) or not identifier.isascii() or not identifier.isalnum():
        return None
    if len(identifier) == 15:
        return identifier + checksum(identifier)
    tail = identifier[15:].upper()
    if any(letter not in _CHECK for letter in tail):
        return None
    if checksum(identifier[:15]) == tail:
        return identifier[:15] + tail
    return _repair(identifier[:15], tail)


def _repair(short: str, tail: str) -> str | None:
    letters = []
    for place, letter in enumerate(short):
        capital = _CHECK.index(tail[place // 5]) >> place % 5 & 1
        letters.append(letter.upper() if capital else letter.lower())
    repaired = "".join(letters)
    return repaired + tail if checksum(repaired) == tail else None


class Maker:
    """Hands out ids in rising order, one series per key prefix."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def make(self, prefix: str) -> str:
        """A new 18-character id that begins with the object's three-character ``prefix``."""
        self._made[prefix] += 1
        number, digits = self._made[prefix], ""
        while number:
            number, digit = divmod(number, 62)
            digits = _DIGITS[digit] + digits
        short = prefix + _INSTANCE + digits.rjust(10, "0")
        return short + checksum(short)
