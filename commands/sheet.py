"""QR codes of places: as an image, and on a sheet to print. Called by the ``place`` command.

Sizes: a quiet zone of 4 modules, modules of at least 0.4 mm, and a code a tenth as wide as the distance it is read from. The
link is written in capitals where nothing in it minds, since QR then needs 5.5 bits a character instead of 8.
"""

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import segno
from reportlab.lib import pagesizes
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas

QUIET_ZONE = 4
"""Modules on each side (https://www.denso-wave.com/qrcode/qrgene4-e.html)."""
SMALLEST_MODULE = 0.4
"""Millimetres: what phones in the hand read reliably."""
READ_FROM = 10
"""Times its width, the distance that a code is read from."""
PNG_DOTS = 600
"""Dots per inch, at least."""
PAPERS = {"a4": (pagesizes.A4, 100.0), "a6": (pagesizes.A6, 52.0)}
"""Paper → its size, and the width of the code on it in millimetres, quiet zone and all."""


class TooSmall(ValueError):
    """The code would have modules that phones do not read."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A code of a certain size. Lengths in millimetres."""

    qr: segno.QRCode
    width: float
    """With the quiet zone."""

    @property
    def modules(self) -> int:
        """Along one side, without the quiet zone."""
        return int(self.qr.symbol_size(border=0)[0])

    @property
    def module(self) -> float:
        """The side of one module."""
        return self.width / (self.modules + 2 * QUIET_ZONE)

    @property
    def distance(self) -> float:
        """From how far it can be read."""
        return self.width * READ_FROM


def draw(link: str, width: float, level: str = "m") -> Drawn:
    """The link as a QR code of this width. ``level``: m, or q where it gets dirty. Raises TooSmall."""
    one = Drawn(qr=segno.make_qr(written(link), error=level, boost_error=False), width=width)
    if one.module < SMALLEST_MODULE:
        least = math.ceil(SMALLEST_MODULE * (one.modules + 2 * QUIET_ZONE))
        raise TooSmall(f"its modules would be {one.module:.2f} mm wide: make it at least {least} mm")
    return one


def written(link: str) -> str:
    """The link as the code holds it: in capitals, unless it stands under a path of its own, whose case may matter."""
    parts = urlsplit(link)
    return link.upper() if parts.path.count("/") == 2 and link.isascii() and not parts.query else link


def svg(drawn: Drawn) -> bytes:
    """A picture without a size in dots, for print."""
    out = io.BytesIO()
    drawn.qr.save(out, kind="svg", unit="mm", scale=drawn.module, border=QUIET_ZONE, light="#fff", xmldecl=True)
    return out.getvalue()


def png(drawn: Drawn) -> bytes:
    """A picture of whole dots a module, at least 600 an inch; it says how large it is to be printed."""
    scale = math.ceil(drawn.module / 25.4 * PNG_DOTS)
    out = io.BytesIO()
    drawn.qr.save(out, kind="png", scale=scale, border=QUIET_ZONE, dpi=round(scale / drawn.module * 25.4))
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands on a sheet."""

    brand: str
    question: str
    invitation: str
    """One line over the link."""
    link: str
    name: str
    note: str
    """Who sees the answer."""
    language: str


_PLAIN, _BOLD = "Vera", "VeraBd"
_OWN = "PalauteOwn"


class NoSuchLetter(ValueError):
    """The font lacks a letter of what is to be written."""


class NoSuchFont(ValueError):
    """The file is no TrueType font."""


def pdf(drawn: Drawn, words: Words, paper: str, font: Path | None = None) -> bytes:
    """One page to print, in the font that comes along (Latin letters) or in that of a TrueType file. Raises NoSuchLetter."""
    plain, bold = _fonts(font)
    _check_letters(words, plain)
    out = io.BytesIO()
    size, _ = PAPERS[paper]
    page = canvas.Canvas(out, pagesize=size, pageCompression=1, lang=words.language)
    page.setTitle(f"{words.brand} – {words.name}")
    page.setCreator("Palaute")
    _lay_out(page, size, drawn, words, (plain, bold))
    page.showPage()
    page.save()
    return out.getvalue()


def _fonts(font: Path | None) -> tuple[str, str]:
    if font is not None:
        try:
            pdfmetrics.registerFont(ttfonts.TTFont(_OWN, str(font)))
        except (ttfonts.TTFError, OSError):
            raise NoSuchFont(f"{font} is no TrueType font that can be read") from None
        return _OWN, _OWN
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(ttfonts.TTFont(name, f"{name}.ttf"))
    return _PLAIN, _BOLD


def _check_letters(words: Words, font: str) -> None:
    known = cast(ttfonts.TTFont, pdfmetrics.getFont(font)).face.charToGlyph
    said = "".join((words.brand, words.question, words.invitation, words.link, words.name, words.note))
    missing = sorted({letter for letter in said if ord(letter) not in known and not letter.isspace()})
    if missing:
        raise NoSuchLetter(f"the font has no {' '.join(missing)}: give one that has with --font FILE.ttf")


def _lay_out(page: canvas.Canvas, size: tuple[float, float], drawn: Drawn, words: Words, fonts: tuple[str, str]) -> None:
    """From top to bottom: brand, question, code, link, and at the foot the note and the name. In points, from below."""
    (width, height), (plain, bold) = size, fonts
    unit = width / 210  # a hundredth and a bit of the page: sizes go with the paper
    code = drawn.width * mm
    page.setFont(bold, 9 * unit)
    page.drawCentredString(width / 2, height - 20 * unit, words.brand)
    top = _paragraph(page, words.question, (bold, 13 * unit), (width / 2, height - 46 * unit), width * 0.82)
    _squares(page, drawn, (width - code) / 2, (height - code) / 2 - 8 * unit)
    below = (height - code) / 2 - 8 * unit
    if top < below + code:
        raise TooSmall("the question is too long for this paper: choose a larger one")
    page.setFont(plain, 6 * unit)
    page.drawCentredString(width / 2, below - 6 * unit, words.invitation)
    page.setFont(bold, _fitting(words.link, bold, 8 * unit, width * 0.9))
    page.drawCentredString(width / 2, below - 18 * unit, words.link)
    foot = _paragraph(page, words.note, (plain, 4.4 * unit), (width / 2, 22 * unit), width * 0.86)
    page.setFont(plain, 4.4 * unit)
    page.drawCentredString(width / 2, foot - 2 * unit, words.name)


def _paragraph(page: canvas.Canvas, text: str, font: tuple[str, float], at: tuple[float, float], width: float) -> float:
    """Centred lines, the first at this height; the height of the next line."""
    name, size = font
    x, y = at
    page.setFont(name, size)
    for line in simpleSplit(text, name, size, width):
        page.drawCentredString(x, y, line)
        y -= size * 1.3
    return y


def _fitting(text: str, font: str, size: float, width: float) -> float:
    return min(size, size * width / max(pdfmetrics.stringWidth(text, font, size), 1))


def _squares(page: canvas.Canvas, drawn: Drawn, left: float, bottom: float) -> None:
    """The dark modules, those that touch in one row as one box, so that no hairlines show between them."""
    module = drawn.module * mm
    page.setFillGray(0)
    matrix = list(drawn.qr.matrix)
    for number, row in enumerate(matrix):
        y = bottom + (len(matrix) - 1 - number + QUIET_ZONE) * module
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                page.rect(left + (start + QUIET_ZONE) * module, y, (x - start) * module, module, stroke=0, fill=1)
                start = None
