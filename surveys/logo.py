"""The brand's logo: a picture from settings, looked at once when they are read, so that nothing else is ever served.

Called by surveys.settings. PNG and JPEG are known by their first bytes; an SVG may hold shapes, colours and words, nothing that
runs, loads or links.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

LARGEST = 100_000
"""Bytes."""
HEIGHT, _WIDEST = 32, 240
"""Pixels on the page: every logo is shown this high, and no wider than that."""
_MOST_PIXELS = 4_000
_ELEMENTS = re.compile(
    "svg|g|defs|title|desc|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|linearGradient|radialGradient|stop|clipPath|"
    "mask|use|symbol|style|metadata"
)
_SVG, _HTML = "{http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xhtml"
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*", re.ASCII)
_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|javascript:|expression\(|\\", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Logo:
    """A picture that is fit to be shown, with the size that it takes on the page."""

    content: bytes = field(repr=False)
    kind: str
    """Media type."""
    width: int
    height: int


def read(content: bytes) -> Logo:
    """The logo in a file. Raises ValueError that says what is wrong with it and what would be right."""
    if len(content) > LARGEST:
        raise ValueError(f"has {len(content):,} bytes: a logo may have {LARGEST:,}, so make the picture smaller")
    kind, size = _recognised(content)
    if size is None or min(size) <= 0:
        raise ValueError("does not tell its size: an SVG needs a viewBox, or width and height in pixels")
    if kind != "image/svg+xml" and max(size) > _MOST_PIXELS:
        raise ValueError(f"is {size[0]:.0f} × {size[1]:.0f} pixels: at most {_MOST_PIXELS} either way, and 64 high is plenty")
    scale = min(HEIGHT / size[1], _WIDEST / size[0])
    return Logo(content=content, kind=kind, width=max(1, round(size[0] * scale)), height=max(1, round(size[1] * scale)))


def _recognised(content: bytes) -> tuple[str, tuple[float, float] | None]:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", struct.unpack(">II", content[16:24]) if len(content) > 24 else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", _jpeg(content)
    if b"<svg" in content[:2_000]:
        return "image/svg+xml", _svg(content)
    raise ValueError("should be a picture as PNG, JPEG or SVG")


def _jpeg(content: bytes) -> tuple[float, float] | None:
    """Width and height from the frame header, ITU-T T.81 section B.2.2; None where the file breaks off before."""
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return None
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _svg(content: bytes) -> tuple[float, float] | None:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("is an SVG with a DOCTYPE: save it as plain or optimised SVG, without one")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    except ElementTree.ParseError as error:
        raise ValueError(f"is an SVG that cannot be read: {error}") from None
    for wrong in _dangers(root):
        raise ValueError(f"is an SVG with {wrong}, which a logo may not have: save it as plain or optimised SVG")
    box = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox", ""))]
    width, height = (_NUMBER.fullmatch(root.get(name, "")) for name in ("width", "height"))
    if width and height:
        return float(width[1]), float(height[1])
    return (box[2], box[3]) if len(box) == 4 else None


def _dangers(root: ElementTree.Element) -> Iterator[str]:
    """What could run, load or lead somewhere, in words."""
    for element in root.iter():
        space, _, name = str(element.tag).rpartition("}")
        if space == _HTML or (space in (_SVG, "") and not _ELEMENTS.fullmatch(name)):
            yield f"<{name}>"
        if name == "style" and _OUTSIDE.search(element.text or ""):
            yield "a style that loads something"
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].casefold()
            if plain.startswith("on"):
                yield f"the attribute {plain}"
            elif (plain in ("href", "src") and not value.startswith("#")) or _OUTSIDE.search(value):
                yield f"the attribute {plain} that leads elsewhere"
