"""Places: answers that nobody was invited to give, at a till, a tablet, a shared link or a page of ours.

Called by the pages of places, kiosks and embedded surveys. One answer becomes, in one transaction at its post and never at a
GET, a touchpoint (kind ``visit``, no connector unless a record is known), a decision, an answered invitation and the answer.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import itsdangerous
import sqlalchemy as sa
import structlog

from journey import belt as belts
from journey import collect, shifts
from store import answers, people, places, touchpoints
from surveys import survey
from triggers import touchpoint

log = structlog.get_logger("journey.places")
ALPHABET = "ACDEFGHJKMNPQRTUVWXY3479"
"""Of codes: capital letters and digits that are not taken for each other (no 0/O, 1/I/L, 2/Z, 5/S, 6/G, 8/B)."""
_CODE = re.compile(f"[{ALPHABET}]{{4,12}}")
LENGTH = 6
"""Of new codes: 24^6 are 191 million, so that a guess hits one of a hundred places once in two million tries."""
KIND = "visit"
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
WAYS = ("place", "share", "embed")
REPEAT = "repeat"
"""Sign of an answer that is one of several by the same hand."""
_NONCE_LIVES = 2 * 24 * 3600
MOST_TAGS, _LONGEST_TAG = 8, 100
_TAG = re.compile(r"utm_[a-z_]{1,20}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere a survey can be answered."""

    code: str
    name: str
    way: str
    survey: survey.Survey
    language: str
    """In which it asks at first; empty: the visitor's."""
    shifts: tuple[shifts.Shift, ...]
    origins: tuple[str, ...]
    """Pages of others that may embed it."""
    made_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What an embedding page vouched for: the record that the answer is about, and the person."""

    connector: str
    object: str
    record: str
    label: str = ""
    account: str = ""
    person: touchpoint.Recipient | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Post:
    """A form as it was sent off."""

    nonce: str = field(repr=False)
    value: str
    comment: str = field(default="", repr=False)
    decoy: str = ""
    channel: str = "place"
    """How the visitor came: place, kiosk, share, embed."""
    language: str = ""
    device: str = ""
    visitor: str = field(default="", repr=False)
    """Where it came from, as ``visitor`` makes it; empty: not known, and no repeat is looked for."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """``utm_…`` parameters of a shared link; others are dropped."""
    known: Known | None = None


def find(belt: belts.Belt, code: str) -> Place | None:
    """The place with this code, closed or not; None for an unknown one, and for one whose survey the settings no longer have."""
    wanted = code.upper()
    if not _CODE.fullmatch(wanted):
        return None
    with belt.store.read() as tx:
        found = places.find(tx, wanted)
    return None if found is None or found.survey not in belt.surveys else noun(found, belt.surveys)


def noun(stored: places.Stored, surveys: Mapping[str, survey.Survey]) -> Place:
    """A stored place with its survey. Raises KeyError for a survey that is not among them."""
    options = stored.options
    return Place(
        code=stored.code,
        name=stored.name,
        way=stored.way,
        survey=surveys[stored.survey],
        language=str(options.get("language", "")),
        shifts=tuple(shifts.parse(text) for text in options.get("shifts", ())),
        origins=tuple(options.get("origins", ())),
        made_at=stored.made_at,
        closed_at=stored.closed_at,
    )


def origin(text: str) -> str | None:
    """The origin that this address names: ``https://shop.example``; None where it names none, or more than that."""
    parts = urlsplit(text.strip().rstrip("/"))
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not local) or not _HOST.fullmatch(parts.netloc):
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}" if not (parts.path or parts.query or parts.fragment) else None


def new_code() -> str:
    """A code for a new place, random."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def visitor(belt: belts.Belt, place: Place, *told: str) -> str:
    """Keyed hash of what tells one visitor from another (address, browser) at this place; another one every day."""
    text = "\n".join((place.code, f"{belt.now():%Y-%m-%d}", *told))
    return hmac.new(belt.secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def nonce(belt: belts.Belt, place: Place) -> str:
    """Fresh and signed for this place: one per rendered form, good for one answer."""
    return _signer(belt, place).dumps(secrets.token_urlsafe(9))


def _signer(belt: belts.Belt, place: Place) -> itsdangerous.URLSafeTimedSerializer:
    salt = f"place:{place.code}"
    return itsdangerous.URLSafeTimedSerializer(belt.secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


def submit(belt: belts.Belt, place: Place, post: Post) -> collect.Collected:
    """An answer was sent off; stored when this returns SAVED. The same form sent again is SAME."""
    if place.closed_at is not None:
        return collect.Collected.CLOSED
    chosen = _chosen(place.survey, post.value)
    if chosen is None:
        return collect.Collected.OUT_OF_RANGE
    try:
        occurrence = str(_signer(belt, place).loads(post.nonce.encode("ascii", "replace"), max_age=_NONCE_LIVES))
    except itsdangerous.BadData:
        return collect.Collected.STALE_NONCE
    given = answers.Given(value=chosen, comment=clean(post.comment), nonce=post.nonce, at=belt.now())
    outcome: collect.Collected = belt.writer.submit(
        _Answer(belt=belt, place=place, post=post, given=given, name=occurrence).store
    )
    log.info("answer", outcome=str(outcome), place=place.code)
    return outcome


def _chosen(asked: survey.Survey, value: str) -> int | None:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    return int(text) if int(text) in asked.definition.values else None


def clean(text: str) -> str:
    """Line ends as one kind, no NUL (PostgreSQL takes none) and no lone surrogates; at most as long as a comment may be."""
    told = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return told.encode("utf-8", "replace").decode("utf-8").strip()[: collect.LONGEST_COMMENT]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """The part of ``submit`` that runs inside the writer's transaction."""

    belt: belts.Belt
    place: Place
    post: Post
    given: answers.Given
    name: str
    """The occurrence: which visit it is."""

    def store(self, tx: sa.Connection) -> collect.Collected:
        found = self._found()
        made = places.visit(tx, self._visit(found), self.given.at)
        token = places.token_of(tx, found)
        asked = None if token is None else answers.find(tx, token)
        if made is None or asked is None:
            return collect.Collected.SAME
        if self.post.decoy:
            answers.set_aside(tx, asked, self.given, "decoy field filled")
        else:
            answers.confirm(tx, asked, self.given, [])
        return collect.Collected.SAVED

    def _visit(self, found: touchpoints.Found) -> places.Visit:
        return places.Visit(
            found=found,
            survey=self.place.survey.key,
            language=self.post.language,
            explanation=f"The visitor answered at {self.place.name}.",
            token=secrets.token_urlsafe(16),
        )

    def _found(self) -> touchpoints.Found:
        known = self.post.known
        person = None if known is None else known.person
        keys = people.keys(self.belt.secret, person)
        touch = touchpoint.Touchpoint(
            connector="" if known is None else known.connector,
            kind=KIND,
            source=places.SOURCE,
            object="" if known is None else known.object,
            record=self.place.code if known is None else known.record,
            occurrence=self.name,
            label=self.place.name if known is None or not known.label else known.label,
            happened_at=self.given.at,
            account="" if known is None else known.account,
            person=person,
            context={
                "place": self.place.name,
                "way": self.post.channel,
                "shift": shifts.at(self.place.shifts, self.given.at, self.belt.brand.time_zone),
                **tags(self.post.tags),
            },
        )
        return touchpoints.Found(touch=touch, person=keys.first, phone=keys.phone)


def tags(told: Mapping[str, str]) -> dict[str, str]:
    """The ``utm_…`` parameters among these, at most eight of at most a hundred characters."""
    kept = {name: clean(value)[:_LONGEST_TAG] for name, value in told.items() if _TAG.fullmatch(name) and value.strip()}
    return dict(sorted(kept.items())[:MOST_TAGS])
