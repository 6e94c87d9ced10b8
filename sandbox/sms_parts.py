"""How many messages a text is billed as: packed octet by octet and unit by unit, the way an SMSC does it.

3GPP TS 23.038 sections 6.1.2.1 and 6.2.1, 23.040 section 9.2.3.24.1 (header of six octets for concatenation).
"""

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Position is the seven-bit code; 0x1B is the escape."""
ESCAPED = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
OCTETS = 140
"""What one message carries."""
HEADER = 6
"""Octets of a part that says which part of which message it is."""


def count(text: str) -> int:
    """Messages that the text takes."""
    try:
        widths, size = [len(_septets(mark)) for mark in text], 7
    except ValueError:
        widths, size = [len(mark.encode("utf-16-be")) // 2 for mark in text], 16
    if sum(widths) <= OCTETS * 8 // size:
        return 1
    room = (OCTETS - HEADER) * 8 // size
    parts = [0]
    for width in widths:
        if parts[-1] + width > room:
            parts.append(0)
        parts[-1] += width
    return len(parts)


def _septets(mark: str) -> list[int]:
    """One code, or the escape and another. Raises ValueError for what the alphabet has not."""
    if mark in ESCAPED:
        return [27, ESCAPED[mark]]
    if mark == "\x1b":
        raise ValueError(mark)
    return [ALPHABET.index(mark)]
