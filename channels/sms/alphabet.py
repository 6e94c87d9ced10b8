"""How much fits into a text message: the GSM 7-bit alphabet, UCS-2, and the parts of a long one.

3GPP TS 23.038 section 6.2.1 (alphabet and extension table) and 23.040 section 9.2.3.24 (a long text's parts carry a header of six
octets, which leaves 153 of 160 septets, or 67 of 70 UTF-16 units). National shift tables are not used: few gateways offer them.
"""

import unicodedata
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
"""Each takes two septets: an escape and itself."""
_SEPTETS = (160, 153)
_UNITS = (70, 67)
"""In a text of one part, and in each part of a longer one."""
_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "…": "...", "•": "*", "·": "-", "™": "TM", "®": "(R)", "©": "(C)", "\t": " ",
}  # fmt: skip
"""One of these alone would turn the whole text into UCS-2 and more than halve what fits."""


class Size(NamedTuple):
    """How long a text is on the air."""

    parts: int
    """Messages that it is made of and billed as; at least one."""
    units: int
    """Septets, or UTF-16 units."""
    unicode: bool
    """UCS-2 instead of the GSM alphabet."""


def plain(text: str) -> str:
    """The text with typographic marks and spaces in their plain forms; letters stay as they are."""
    spaced = "".join(" " if unicodedata.category(mark) == "Zs" else _PLAIN.get(mark, mark) for mark in text)
    shown = "".join(mark for mark in spaced if unicodedata.category(mark) != "Cf")
    return unicodedata.normalize("NFC", shown)


def is_gsm(text: str) -> bool:
    """Whether the GSM alphabet has every letter of it."""
    return all(mark in _BASIC or mark in _EXTENSION for mark in text)


def size(text: str) -> Size:
    """How many parts the text takes. An escape is never parted from its character, nor the halves of a UTF-16 pair."""
    unicode = not is_gsm(text)
    widths = [_width(mark, unicode) for mark in text]
    whole, part = _UNITS if unicode else _SEPTETS
    total = sum(widths)
    return Size(parts=1 if total <= whole else _parts(widths, part), units=total, unicode=unicode)


def _width(mark: str, unicode: bool) -> int:
    if unicode:
        return 2 if ord(mark) > 0xFFFF else 1
    return 2 if mark in _EXTENSION else 1


def _parts(widths: list[int], room: int) -> int:
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
