"""The place: somewhere a survey can be answered without an invitation, and what is known of a visit there. Pure, but for codes.

Called by places, place_answers, kiosk and the ``place`` command.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from journey.visiting import shifts
from store import places
from surveys import questions, survey
from triggers import touchpoint

ALPHABET = "ACDEFGHJKMNPQRTUVWXY3479"
"""Of codes: capital letters and digits that are not taken for each other (no 0/O, 1/I/L, 2/Z, 5/S, 6/G, 8/B)."""
LENGTH = 6
"""Of new codes: 24^6 are 191 million, so that a guess hits one of a hundred places once in two million tries."""
CODE = re.compile(f"[{ALPHABET}]{{4,12}}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
KIND = "visit"
WAYS = ("place", "share", "embed")
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
class About:
    """What is known of a visit besides the answer."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """``utm_…`` parameters of a shared link; others are dropped."""
    known: Known | None = None
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict, repr=False)
    """What else the embedding page vouched for; kept with the touchpoint, as the facts of other kinds are."""
    occurrence: str = ""
    """The answer's own id, where whoever sends it made one; empty: that of the form."""
    at: datetime | None = None
    """When it was given; None: now."""
    hand: str = field(default="", repr=False)
    """Which device gave it; empty: the visitor's browser. What comes from one hand may be a repeat."""
    least: int = 2
    """So many answers by this hand ..."""
    within: timedelta | None = None
    """... within this time are one and repeats; None: as settings say for browsers."""


NOTHING = About()


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


def asked_as(way: str) -> str:
    """The kind of touchpoint in whose words it asks: of a visit where somebody is there, of none behind a link or on a page."""
    return KIND if way == "place" else ""


def new_code() -> str:
    """A code for a new place, random."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tags(told: Mapping[str, str]) -> dict[str, str]:
    """The ``utm_…`` parameters among these, at most eight of at most a hundred characters."""
    found = {name: questions.readable(value)[:_LONGEST_TAG] for name, value in told.items() if _TAG.fullmatch(name)}
    return dict(sorted((name, value) for name, value in found.items() if value)[:MOST_TAGS])
