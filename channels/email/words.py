"""What one mail says, in the person's language and fit to be put into HTML, plain text and a header."""

import functools
import hashlib
from dataclasses import dataclass

from channels import base
from surveys import catalogue, survey, wording

_LONGEST_NAME = 60
_LONGEST_LOOKED_AT = 1000
"""Characters of a foreign text that are looked at at all; what is shown is cut far shorter."""
_PLACE = "\ue000"
"""Stands in the opening sentence where the subject goes, so that the subject can be marked up."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One value of the scale as a link."""

    value: str
    """What stands in the tile: ``7``, ``Yes``."""
    name: str
    """What a screen reader says: ``7 of 10``, ``4 of 5, satisfied``."""
    line: str
    """What the text part says: ``0, not at all likely``."""
    link: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The brand's logo, as mail programs fetch it from our pages; the brand's name stands in for it until they do."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Words:
    """Everything in one mail. Nothing is escaped."""

    language: str
    direction: str
    brand: str
    title: str
    """The mail's subject."""
    preheader: str
    hello: str
    opening: tuple[str, str, str]
    """Before the subject, the subject, after it; without a subject all of it is in the first."""
    question: str
    ends: str
    tiles: tuple[Tile, ...]
    in_words: bool
    hint: str
    no_tiles: str
    on_the_web: str
    page: str
    because: str
    privacy: str
    links: tuple[tuple[str, str, str], ...]
    """Words, address and language of each link at the foot."""
    address: str
    logo: Picture | None = None


def words(message: base.Message, *, logo: bool = False) -> Words:
    """The words of the message; with the brand's logo where there is one that mail programs can show."""
    said = speaker(message.language, message.brand)
    subject, name = one_line(message.subject), first_name(message.name)
    ends = said.ends(message.survey)
    in_words = message.survey.definition.in_words
    return Words(
        language=said.language,
        direction=said.direction,
        brand=message.brand.name,
        title=_title(said, message, subject),
        preheader=said.say("mail.preheader", message.survey, first=ends.first, last=ends.last),
        hello=said.text("mail.hello.named", name=name) if name else said.text("mail.hello"),
        opening=_opening(said, message, subject),
        question=said.question(message.survey, message.kind),
        ends=""
        if in_words
        else said.text("mail.ends", first=ends.first, low=_inside(ends.low), last=ends.last, high=_inside(ends.high)),
        tiles=_tiles(said, message),
        in_words=in_words,
        hint=said.say("mail.page_opens", message.survey),
        no_tiles=said.say("mail.no_numbers", message.survey),
        on_the_web=said.text("mail.on_the_web"),
        page=link(message.page_url, f"lang={said.language}"),
        because=_because(said, message, subject),
        privacy=said.privacy(message.survey),
        links=_links(said, message),
        address=message.brand.address,
        logo=_logo(message) if logo else None,
    )


def _logo(message: base.Message) -> Picture | None:
    """No mail program of weight shows SVG. The address changes with the picture, for it is kept for ever."""
    picture = message.brand.logo
    if picture is None or picture.kind not in _SHOWN:
        return None
    pages = message.page_url.rpartition("/s/")[0]
    mark = hashlib.sha256(picture.content).hexdigest()[:12]
    return Picture(address=f"{pages}/static/logo?{mark}", width=picture.width, height=picture.height)


_SHOWN = ("image/png", "image/jpeg")


@functools.lru_cache(maxsize=64)
def speaker(language: str, brand: survey.Brand) -> wording.Wording:
    """The wording of a brand in a language, made once."""
    return wording.Wording(language, brand)


def one_line(text: str) -> str:
    """A foreign text on one line of at most 120 characters, without control or direction marks."""
    return wording.tidy(text[:_LONGEST_LOOKED_AT])


def first_name(name: str) -> str:
    """What to greet a person by: ``Aino`` for "Aino Virtanen" and for "Virtanen, Aino"; empty for what looks like no name."""
    given = one_line(name).rpartition(",")[2].split()
    first = next((part for part in given if not part.endswith(".")), "")
    letters = all(letter.isalpha() or letter in "-'’" or not letter.isascii() for letter in first)
    return first if letters and len(first) <= _LONGEST_NAME else ""


def link(address: str, query: str) -> str:
    """The address with the query, after its own one where it has one."""
    return f"{address}{'&' if '?' in address else '?'}{query}"


def _title(said: wording.Wording, message: base.Message, subject: str) -> str:
    title = message.title or said.for_kind("mail.subject", message.kind, subject=subject)
    title = said.text("mail.reminder", subject=title) if message.reminder else title
    return " ".join(title.split())


def _opening(said: wording.Wording, message: base.Message, subject: str) -> tuple[str, str, str]:
    day = said.day(message.happened_at).replace(" ", "\u00a0")
    sentence = said.for_kind("mail.opening", message.kind, subject=_PLACE if subject else "", day=day)
    before, place, after = sentence.partition(_PLACE)
    return before, subject if place else "", after


def _because(said: wording.Wording, message: base.Message, subject: str) -> str:
    because, label = said.because(message.kind), one_line(message.reference)
    return because if label in ("", subject) else f"{because} {said.text('reference', label=label)}"


def _tiles(said: wording.Wording, message: base.Message) -> tuple[Tile, ...]:
    in_words = message.survey.definition.in_words
    return tuple(
        Tile(
            value=point.label if in_words else str(point.value),
            name=said.score(message.survey, point.value),
            line=said.point(message.survey, point),
            link=link(message.page_url, f"v={point.value}&lang={said.language}"),
        )
        for point in said.scale(message.survey)
    )


def _links(said: wording.Wording, message: base.Message) -> tuple[tuple[str, str, str], ...]:
    links = [(said.text("stop"), message.unsubscribe_url, said.language)]
    if message.privacy_url:
        links.append((said.text("privacy"), message.privacy_url, said.language))
    for other in message.brand.languages:
        spoken = speaker(other, message.brand)
        if spoken.language == other != said.language:
            translated = catalogue.has("in_this_language", other, message.brand.catalogues)
            name = spoken.text("in_this_language") if translated else spoken.own_name
            links.append((name, link(message.page_url, f"lang={other}"), other))
    return tuple(links)


def _inside(label: str) -> str:
    """A label as it stands within a sentence."""
    return label[:1].lower() + label[1:]
