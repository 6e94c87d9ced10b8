"""What every page shares: the belt behind it, templates, style sheet, and the choice of a language."""

import functools
import hashlib
import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio
import babel
import jinja2
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from journey import belt as belts
from surveys import catalogue, colour, survey, wording
from web import blank, embed, recent, throttle

_FOLDER = Path(__file__).parent
_THREADS = 8
"""Fewer threads were faster than anyio's 40 on two cores, with a single writer behind them."""
_LIGHT = "--ground:#f4f5f8;--paper:#fff;--ink:#161922;--soft:#545b6b;--line:#e1e4eb;--edge:#858da0;--wash:#eef1fd;--bad:#b3261e"
_DARK = "--ground:#0f1116;--paper:#171a21;--ink:#eef0f5;--soft:#a9b0bf;--line:#2a2f3a;--edge:#757e92;--wash:#20263d;--bad:#ff9d94"


_wording = functools.lru_cache(maxsize=64)(wording.Wording)


class Link(NamedTuple):
    """A link in the footer."""

    name: str
    href: str


class Tongue(NamedTuple):
    """A language that the page can be had in."""

    code: str
    name: str
    direction: str
    href: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class Site:
    """The pages' common ground; safe to use from several threads."""

    belt: belts.Belt
    root: str
    """Path that the pages stand under from outside; empty where they have the host to themselves."""
    templates: jinja2.Environment
    limiter: anyio.CapacityLimiter
    style: bytes
    light_style: bytes
    """The same for pages that stay light whatever the device prefers."""
    script: bytes
    frame: bytes
    """The script of a page that stands within one of others."""
    loader: bytes
    """The loader that such a page includes."""
    posts: throttle.Throttle = field(default_factory=throttle.Throttle)
    shown: recent.Recent = field(default_factory=recent.Recent)
    blanks: blank.Blanks = field(default_factory=blank.Blanks)
    embed_secret: bytes = field(default=b"", repr=False)
    """With which pages of others sign who is signed in there; empty: nobody does."""
    contexts: embed.Tally = field(default_factory=embed.Tally)

    @property
    def brand(self) -> survey.Brand:
        """Who asks."""
        return self.belt.brand

    @functools.cached_property
    def style_mark(self) -> str:
        """Changes with the style sheet, so that browsers may keep it."""
        return hashlib.sha256(self.style).hexdigest()[:12]

    @functools.cached_property
    def script_mark(self) -> str:
        """Likewise for the script."""
        return hashlib.sha256(self.script).hexdigest()[:12]

    @functools.cached_property
    def frame_mark(self) -> str:
        """Likewise for the script of frames."""
        return hashlib.sha256(self.frame).hexdigest()[:12]

    @functools.cached_property
    def logo_mark(self) -> str:
        """Likewise for the logo."""
        return hashlib.sha256(self.brand.logo.content if self.brand.logo else b"").hexdigest()[:12]

    def words(self, language: str) -> wording.Wording:
        """What is said in this language on behalf of the brand."""
        return _wording(language, self.brand)

    def render(self, template: str, words: wording.Wording, status: int = 200, **values: Any) -> HTMLResponse:
        """A page. ``query`` among the values is what the links to other languages carry along; None leaves them out."""
        return HTMLResponse(self.text(template, words, **values), status_code=status)

    def text(self, template: str, words: wording.Wording, **values: Any) -> str:
        """The page as HTML; as for ``render``."""
        shown = {
            "links": [],
            "button": "",
            **values,
            "site": self,
            "words": words,
            "brand": self.brand,
            "tongues": self._tongues(words.language, values.get("query", {})),
        }
        return self.templates.get_template(template).render(shown)

    def note(self, words: wording.Wording, key: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page with a heading and one sentence, both from the catalogue."""
        lines = [words.text(f"{key}.more")] if catalogue.has(f"{key}.more", catalogue.SOURCE) else []
        return self.render("note.html", words, status, heading=words.text(key), lines=lines, **values)

    def footer(self, words: wording.Wording, token: str) -> list[Link]:
        """Why, privacy, stop."""
        query = f"?lang={words.language}"
        return [
            Link(words.text("why"), f"{self.root}/why/{token}{query}"),
            Link(words.text("privacy"), f"{self.root}/privacy/{token}{query}"),
            Link(words.text("stop"), f"{self.root}/u/{token}{query}"),
        ]

    def _tongues(self, current: str, query: dict[str, str] | None) -> list[Tongue]:
        if query is None:
            return []
        spoken = [self.words(code) for code in self.brand.languages]
        return [
            Tongue(
                code=words.language,
                name=words.own_name,
                direction=words.direction,
                href="?" + urlencode({**query, "lang": words.language}),
                current=words.language == current,
            )
            for words in spoken
        ]


def open_site(belt: belts.Belt, root: str, embed_secret: bytes = b"") -> Site:
    """The site of this belt, its templates and style sheet read."""
    return Site(
        belt=belt,
        root=root,
        templates=jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        ),
        limiter=anyio.CapacityLimiter(_THREADS),
        style=_style(belt.brand),
        light_style=_style(belt.brand, dark=False),
        script=_script("page.js"),
        frame=_script("frame.js"),
        loader=_script("embed.js"),
        embed_secret=embed_secret,
    )


def language(site: Site, query: QueryParams, fallback: str) -> str:
    """The language asked for by ``?lang=``, if we speak it; else the fallback."""
    asked = query.get("lang", "")
    return asked if asked in site.brand.languages else fallback


def browser_language(site: Site, request: Request) -> str:
    """The language of a page that belongs to nobody: ``?lang=``, what the browser prefers, or the default."""
    wanted = re.findall(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?", request.headers.get("accept-language", "")[:200])
    found = babel.negotiate_locale(wanted, list(site.brand.languages), sep="-")
    return language(site, request.query_params, (found or site.brand.default_language).split("-")[0])


def icon(brand: survey.Brand) -> bytes:
    """The brand's first letter on its colour, for the tab."""
    accent = colour.light(brand.accent)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{accent.accent}"/>'
        f'<text x="16" y="23" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" '
        f'fill="{accent.on_accent}">{html.escape(brand.name[:1])}</text></svg>'
    ).encode()


def static(content: bytes, kind: str) -> Response:
    """A file whose address changes with its content."""
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


def _static(name: str) -> bytes:
    return (_FOLDER / "static" / name).read_bytes()


def _script(name: str) -> bytes:
    """Without indentation and the lines that only explain: every page is to be under 20 kB with all that it loads."""
    lines = (line.strip() for line in _static(name).splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//")) + b"\n"


def _style(brand: survey.Brand, *, dark: bool = True) -> bytes:
    def tokens(accent: colour.Accent) -> str:
        return f"--brand:{accent.accent};--on-brand:{accent.on_accent};--chosen:{accent.chosen};--on-chosen:{accent.on_chosen}"

    light, darker = tokens(colour.light(brand.accent)), tokens(colour.dark(brand.accent))
    head = f":root{{color-scheme:{'light dark' if dark else 'light'};{light};{_LIGHT}}}\n"
    if dark:
        head += f"@media screen and (prefers-color-scheme:dark){{:root{{{darker};{_DARK}}}}}\n"
    return head.encode() + _static("page.css").replace(b"\n", b"")
