"""Both bodies of a mail: HTML with the scale in it, and plain text with one line per value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import css_inline
import jinja2

from channels.email import words

_TEMPLATE = Path(__file__).parent / "template.html"
_PADDING = "\u2007\u034f" * 40
"""Invisible: keeps what follows out of the line that a mail program shows beside the subject."""
_GAP = 4
_BORDERS = 2
_ROOM = 288
"""CSS pixels for one row of tiles on the narrowest phones (320 wide)."""


@dataclass(frozen=True)
class Part:
    """Tiles that always stay in one row; parts stand side by side where there is room, else below each other."""

    tiles: Sequence[words.Tile]
    width: int
    """CSS pixels, for Word, which needs to be told."""


@dataclass(frozen=True)
class Layout:
    """The scale on the page: low left, high right, in rows of equal length (PAGES: 0-10 is 6 + 5)."""

    tile: int
    """Inner width of a tile in CSS pixels."""
    parts: Sequence[Part]


def layout(tiles: Sequence[words.Tile], *, in_words: bool) -> Layout:
    """Tiles 42 wide in rows of up to six; seven, which any break would split at the edge of a band, narrower in one row."""
    most = 2 if in_words else 7 if len(tiles) == 7 else 6
    rows = math.ceil(len(tiles) / most)
    length = math.ceil(len(tiles) / rows)
    tile = (_ROOM - _GAP) // length - _BORDERS - _GAP if in_words or length > 6 else 42
    parts = [tiles[start : start + length] for start in range(0, len(tiles), length)]
    return Layout(tile, [Part(part, length * (tile + _BORDERS + _GAP)) for part in parts])


def html(said: words.Words) -> str:
    """The HTML part. Nothing is fetched when the mail is opened, but for the logo where settings want it."""
    side = "right" if said.direction == "rtl" else "left"
    return _template.render(said=said, side=side, padding=_PADDING, layout=layout(said.tiles, in_words=said.in_words))


def text(said: words.Words) -> str:
    """The plain text part."""
    before, subject, after = said.opening
    lines = [said.hello, f"{before}{subject}{after}", "", said.question, ""]
    lines += [f"{tile.line}: {tile.link}" for tile in said.tiles]
    lines += ["", said.hint, f"{said.on_the_web}: {said.page}", "", f"{said.because} {said.privacy}", ""]
    lines += [f"{name}: {address}" for name, address, _ in said.links]
    lines += ["", said.address] if said.address else []
    return "\n".join(lines) + "\n"


def _load() -> jinja2.Template:
    """The template with its styles written into the elements, once. Its statements look like HTML comments to the inliner."""
    source = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False).inline(
        _TEMPLATE.read_text(encoding="utf-8")
    )
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        block_start_string="<!--%",
        block_end_string="%-->",
        trim_blocks=True,
    )
    return environment.from_string(source.replace(' data-css-inline="keep"', ""))


_template = _load()
