"""A logo is looked at before anybody sees it."""

import struct
import zlib

import hypothesis
import pytest
from hypothesis import strategies as st

from surveys import logo


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app + frame + b"\xff\xd9"


def svg(inside: str = "<path d='M0 0h9v9z'/>", attributes: str = 'viewBox="0 0 200 50"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (png(400, 100), "image/png", (128, 32)),
        (png(16, 16), "image/png", (32, 32)),
        (png(2000, 100), "image/png", (240, 12)),
        (jpeg(640, 320), "image/jpeg", (64, 32)),
        (svg(), "image/svg+xml", (128, 32)),
        (svg(attributes='width="300px" height="100"'), "image/svg+xml", (96, 32)),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n' + svg(), "image/svg+xml", (128, 32)),
        (svg('<style>.a{fill:url(#g)}</style><use href="#a"/>'), "image/svg+xml", (128, 32)),
        (svg('<x:namedview xmlns:x="http://www.inkscape.org" showgrid="false"/>'), "image/svg+xml", (128, 32)),
    ],
)
def test_a_picture_is_shown_32_pixels_high_or_240_wide(content: bytes, kind: str, size: tuple[int, int]) -> None:
    found = logo.read(content)
    assert (found.kind, (found.width, found.height), found.content) == (kind, size, content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"GIF89a" + bytes(20), "should be a picture as PNG, JPEG or SVG"),
        (b"", "should be a picture"),
        (b"<html><script>alert(1)</script></html>", "should be a picture"),
        (png(1, 1) + bytes(logo.LARGEST), "a logo may have 100,000"),
        (png(9000, 10), "at most 4000 either way"),
        (jpeg(0, 10), "does not tell its size"),
        (jpeg(10, 10)[:25], "does not tell its size"),
        (svg(attributes=""), "needs a viewBox"),
        (svg(attributes='width="100%" height="auto"'), "needs a viewBox"),
        (svg("<script>alert(1)</script>"), "with <script>"),
        (svg("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>"), "with <foreignObject>"),
        (svg("<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>"), "with <script>"),
        (svg("<image href='https://elsewhere.example/x.png'/>"), "with <image>"),
        (svg("<animate attributeName='href' to='x'/>"), "with <animate>"),
        (svg("<a href='https://elsewhere.example'><path/></a>"), "with <a>"),
        (svg("<path onclick='alert(1)'/>"), "the attribute onclick"),
        (svg("<use href='https://elsewhere.example/#a'/>"), "href that leads elsewhere"),
        (svg("<use xlink:href='data:x' xmlns:xlink='http://www.w3.org/1999/xlink'/>"), "href that leads elsewhere"),
        (svg("<path style='fill:url(https://elsewhere.example)'/>"), "style that leads elsewhere"),
        (svg("<style>@import 'https://elsewhere.example/x.css'</style>"), "a style that loads something"),
        (svg("<style>.a{fill:\\75rl(x)}</style>"), "a style that loads something"),
        (b"<!DOCTYPE svg [<!ENTITY a 'aaa'>]>" + svg("&a;"), "with a DOCTYPE"),
        (svg("<path"), "cannot be read"),
    ],
)
def test_what_is_no_harmless_picture_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        logo.read(content)


@hypothesis.given(st.sampled_from([png(40, 10), jpeg(40, 10), svg()]), st.integers(0, 60), st.binary(max_size=8))
def test_broken_files_are_refused_and_never_a_crash(content: bytes, at: int, noise: bytes) -> None:
    try:
        found = logo.read(content[:at] + noise + content[at + len(noise) :])
    except ValueError:
        return
    assert 1 <= found.width <= 240
    assert 1 <= found.height <= 32
