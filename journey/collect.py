"""collect: answer → score. Called by the web pages, not by the clock. What it stores is durable when it returns.

A GET stores nothing but that it came. A post is an answer that counts, unless a sign speaks against it (signs.py): then it is
kept apart. What becomes of posts is decided in taking.py, for one and for many alike: ``prepare`` needs no database,
``store_all`` takes a whole batch inside the writer's transaction, ``submit`` is both for one post.
"""

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from journey import belt as belts
from journey.answering import forms, taking, visits
from journey.reaching import links, variants
from store import anonymous, answers, fetches, ledger, openings, people, touchpoints
from surveys import questions, survey

log = structlog.get_logger("journey.collect")
CHANGEABLE = taking.CHANGEABLE
MOST_VERSIONS = taking.MOST_VERSIONS
LONGEST_COMMENT = 4000
_LONGEST_TOKEN = 100
Collected = taking.Collected
Submission = taking.Submission
Given = answers.Given
Purpose = forms.Purpose
store_all = taking.store_all


class Standing(enum.StrEnum):
    """What a link leads to."""

    OPEN = "open"
    CHECKED = "checked"
    """An answer came that a sign speaks against; the form is still open, for a person may be meant to fill it in."""
    ANSWERED = "answered"
    CLOSED = "closed"
    """Expired or cancelled."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the survey page shows."""

    token: str = field(repr=False)
    survey: survey.Survey
    language: str
    kind: str
    subject: str = field(repr=False)
    happened_at: datetime
    standing: Standing
    value: int | None
    """The answer that counts, when there is one."""
    comment: str = field(repr=False)
    changeable_until: datetime | None
    rule: str = ""
    extras: Mapping[str, questions.Value] = field(default_factory=dict, repr=False)
    """What the answer says to the survey's further questions, by their keys."""
    invitation_id: int = 0
    touchpoint_id: int = 0
    was_opened: bool = False
    """Whether the page was fetched before."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A form as it was sent off."""

    nonce: str = field(repr=False)
    value: str
    """What the form said."""
    comment: str = field(default="", repr=False)
    decoy: str = ""
    """A field that people leave empty."""
    automated: bool = False
    """The browser said that a program steers it."""
    extras: Mapping[str, questions.Value] = field(default_factory=dict, repr=False)
    """What was said to the further questions, from ``questions.cleaned``."""
    visit: visits.Visit = visits.UNKNOWN


def find(belt: belts.Belt, token: str) -> Question | None:
    """What the link leads to; None for a made-up or altered one."""
    asked = _asked(belt, token)
    if asked is None or asked.survey not in belt.surveys:
        return None
    touch = touchpoints.as_noun(dict(asked.touch))
    until = None if asked.answered_at is None else taking.changeable_until(asked.answered_at, asked.expires_at)
    return Question(
        token=token,
        survey=variants.survey_of(belt.surveys[asked.survey], asked.words),
        language=asked.language,
        kind=touch.kind,
        subject=links.subject(touch),
        happened_at=touch.happened_at,
        standing=_standing(belt, asked),
        value=asked.value,
        comment=asked.comment,
        changeable_until=until,
        extras=asked.extras,
        invitation_id=asked.id,
        touchpoint_id=asked.touchpoint_id,
        was_opened=asked.opened_at is not None,
    )


def _asked(belt: belts.Belt, token: str) -> answers.Asked | None:
    if not _is_token(token):
        return None
    with belt.store.read() as tx:
        return answers.find(tx, token)


def _is_token(token: str) -> bool:
    return token.isascii() and "\x00" not in token and len(token) <= _LONGEST_TOKEN


def _standing(belt: belts.Belt, asked: answers.Asked) -> Standing:
    if asked.value is not None:
        return Standing.ANSWERED
    if asked.state == "answered" and belt.surveys[asked.survey].anonymous:
        return Standing.ANSWERED
    if asked.state != "open" or belt.now() >= asked.expires_at:
        return Standing.CLOSED
    return Standing.CHECKED if asked.doubted else Standing.OPEN


def doubted(belt: belts.Belt, asked: Question) -> answers.Given | None:
    """The latest answer that is being checked; None when there is none."""
    with belt.store.read() as tx:
        return answers.doubted(tx, asked.invitation_id)


def opened(belt: belts.Belt, asked: Question, value: int | None, visit: visits.Visit = visits.UNKNOWN) -> None:
    """A GET of the page: an open, and a provisional value when one was tapped in the mail. Counts for nothing, so nobody waits
    for it; a post that comes later stands behind it in the queue."""
    if asked.standing is Standing.CLOSED:
        return
    chosen = value if value is not None and value in asked.survey.definition.values else None
    fetched(belt, asked.invitation_id, visit, "page" if chosen is None else "value", chosen, apart=asked.survey.anonymous)
    if asked.survey.anonymous:
        return  # who opened the page, or tapped what, is not kept
    if asked.was_opened and (chosen is None or asked.value is not None):
        return  # nothing that is not known already
    opening = openings.Opening(
        invitation_id=asked.invitation_id, touchpoint_id=asked.touchpoint_id, at=visit.at or belt.now(), value=chosen
    )
    belt.writer.join(openings.note, opening).add_done_callback(_complain)


def fetched(
    belt: belts.Belt, invitation_id: int, visit: visits.Visit, link: str, value: int | None = None, *, apart: bool = False
) -> None:
    """Note that one of the invitation's links was fetched: ``page``, ``value``, ``stop`` or ``why``.

    Nobody waits for it either: a fetch that a crash loses is a sign less.
    ``apart``: the survey is anonymous, and nothing is noted once it is answered.
    """
    if not visit.visitor:
        return
    at = visit.at or belt.now()
    fetch = fetches.Fetch(
        invitation_id=invitation_id, at=at, link=link, value=value, visitor=visit.visitor, sign=visit.robot and "named"
    )
    belt.writer.join(anonymous.note_open if apart else fetches.note, fetch).add_done_callback(_complain)


def _complain(noted: Future[Any]) -> None:
    error = noted.exception()
    if error is not None:
        log.warning("a visit was not noted", error=type(error).__name__)


def nonce(belt: belts.Belt, token: str, purpose: forms.Purpose = forms.Purpose.ANSWER, at: datetime | None = None) -> str:
    """Fresh and signed for this link: one per rendered form, good for one answer. ``at``: when the form was asked for."""
    return forms.nonce(belt.secret, token, forms.Shown(at=at or belt.now(), purpose=purpose))


def prepare(belt: belts.Belt, token: str, post: Post) -> Collected | Submission:
    """What can be told of a post without the database: not to be taken, or what ``store_all`` takes."""
    if not _is_token(token):
        return Collected.CLOSED
    text = post.value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return Collected.OUT_OF_RANGE
    now = belt.now()
    shown = forms.read(belt.secret, token, post.nonce, now)
    if shown is None:
        return Collected.STALE_NONCE
    return Submission(
        token=token,
        nonce=post.nonce,
        shown=shown,
        value=int(text),
        comment=_clean(post.comment),
        extras=post.extras,
        decoy=bool(post.decoy),
        automated=post.automated,
        visit=post.visit,
        at=now,
    )


def submit(belt: belts.Belt, token: str, post: Post) -> Collected:
    """An answer was sent off. Stored, and queued for the CRM when it counts, when this returns SAVED, CHANGED or CHECKED."""
    prepared = prepare(belt, token, post)
    if isinstance(prepared, Submission):
        outcome: Collected = belt.writer.join(_store, (belt, prepared)).result()
        return outcome
    asked = _asked(belt, token)
    gone = asked is None or asked.survey not in belt.surveys or _standing(belt, asked) is Standing.CLOSED
    return Collected.CLOSED if gone else prepared


async def submitted(belt: belts.Belt, token: str, post: Post) -> Collected:
    """``submit`` for the event loop: waits for the commit, but in no thread. Made-up links are not told from closed ones."""
    prepared = prepare(belt, token, post)
    if not isinstance(prepared, Submission):
        return prepared
    outcome: Collected = await belt.writer.joined(_store, (belt, prepared))
    return outcome


def _store(tx: sa.Connection, handed_in: Sequence[tuple[belts.Belt, Submission]]) -> list[Collected]:
    """``store_all`` for posts of several belts: while the settings are reloaded there are two."""
    belt_of = {id(belt): belt for belt, _ in handed_in}
    collected: dict[int, Collected] = {}
    for key, belt in belt_of.items():
        places = [place for place, (one, _) in enumerate(handed_in) if id(one) == key]
        outcomes = store_all(belt, tx, [handed_in[place][1] for place in places])
        collected.update(zip(places, outcomes, strict=True))
    log.info("answers", **Counter(map(str, collected.values())))
    return [collected[place] for place in range(len(handed_in))]


def _clean(comment: str) -> str:
    """Line ends as one kind, no NUL (PostgreSQL takes none) and no lone surrogates; at most 4,000 characters."""
    text = comment.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()[:LONGEST_COMMENT]


def unsubscribe(belt: belts.Belt, token: str) -> bool:
    """The person behind this link said no; False for an unknown link. May be repeated."""
    asked = _asked(belt, token)
    if asked is None:
        return False

    def say_no(tx: sa.Connection) -> None:
        person_id = asked.person_id
        if person_id is not None and people.opt_out(tx, person_id, belt.now(), "page"):
            line = ledger.Line(touchpoint_id=asked.touchpoint_id, at=belt.now(), step="collect", what="opted_out")
            ledger.note(tx, [line])

    belt.writer.submit(say_no)
    return True
