"""collect: answer → score. Called by the web pages, not by the clock. What it stores is durable when it returns."""

import enum
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import itsdangerous
import sqlalchemy as sa
import structlog

from journey import belt as belts
from journey import links, variants
from mapping import outward
from store import answers, ledger, people, touchpoints, updates
from surveys import questions, survey

log = structlog.get_logger("journey.collect")
CHANGEABLE = timedelta(days=7)
"""How long an answer can be changed by the person who gave it, unless the invitation expires later than that."""
_NONCE_LIVES = timedelta(days=2)
LONGEST_COMMENT = 4000
_LONGEST_TOKEN = 100
MOST_VERSIONS = 50
"""Answers that are kept for one invitation; a program that posts for ever fills no disk."""


class Standing(enum.StrEnum):
    """What a link leads to."""

    OPEN = "open"
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


class Collected(enum.StrEnum):
    """What became of a post."""

    SAVED = "saved"
    SAME = "same"
    """The same post again, or a second answer that did not say it was a change: the first one counts."""
    CHANGED = "changed"
    OUT_OF_RANGE = "out_of_range"
    STALE_NONCE = "stale_nonce"
    """The form is not one of ours or lay open for too long: show a fresh one."""
    CLOSED = "closed"


def find(belt: belts.Belt, token: str) -> Question | None:
    """What the link leads to; None for a made-up or altered one."""
    asked = _asked(belt, token)
    if asked is None or asked.survey not in belt.surveys:
        return None
    touch = touchpoints.as_noun(dict(asked.touch))
    until = None if asked.answered_at is None else _changeable_until(asked)
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
    )


def _asked(belt: belts.Belt, token: str) -> answers.Asked | None:
    if not token.isascii() or "\x00" in token or len(token) > _LONGEST_TOKEN:
        return None
    with belt.store.read() as tx:
        return answers.find(tx, token)


def _standing(belt: belts.Belt, asked: answers.Asked) -> Standing:
    if asked.value is not None:
        return Standing.ANSWERED
    return Standing.OPEN if asked.state == "open" and belt.now() < asked.expires_at else Standing.CLOSED


def _changeable_until(asked: answers.Asked) -> datetime:
    answered = asked.answered_at or asked.expires_at
    return max(answered + CHANGEABLE, asked.expires_at)


def opened(belt: belts.Belt, token: str, value: int | None) -> None:
    """A GET of the page: an open, and a provisional value when one was tapped in the mail. Counts for nothing."""
    asked = _asked(belt, token)
    if asked is None or asked.survey not in belt.surveys or _standing(belt, asked) is Standing.CLOSED:
        return
    chosen = value if value is not None and value in belt.surveys[asked.survey].definition.values else None
    if asked.opened_at is not None and (chosen is None or asked.value is not None):
        return  # nothing that is not known already

    def note(tx: sa.Connection) -> None:
        current = answers.find(tx, token)  # an answer may have come since
        if current is not None:
            answers.opened(tx, current, chosen, belt.now())

    belt.writer.submit(note)


def nonce(belt: belts.Belt, token: str) -> str:
    """Fresh and signed for this link: one per rendered form, good for one answer."""
    return _signer(belt, token).dumps(secrets.token_urlsafe(9))


def _signer(belt: belts.Belt, token: str) -> itsdangerous.URLSafeTimedSerializer:
    return itsdangerous.URLSafeTimedSerializer(belt.secret, salt=f"form:{token}", signer_kwargs={"digest_method": hashlib.sha256})


def submit(
    belt: belts.Belt,
    token: str,
    *,
    nonce: str,
    value: str,
    comment: str,
    change: bool,
    decoy: str,
    extras: Mapping[str, questions.Value] | None = None,
) -> Collected:
    """An answer was sent off. Stored, and queued for the CRM, when this returns SAVED or CHANGED.

    ``value`` is what the form said; ``change``: the person pressed "change my answer"; ``decoy``: a field that people leave
    empty; ``extras``: what was said to the further questions, from ``questions.cleaned``.
    """
    asked = _asked(belt, token)
    if asked is None or asked.survey not in belt.surveys or _standing(belt, asked) is Standing.CLOSED:
        return Collected.CLOSED
    chosen = _in_range(belt.surveys[asked.survey], value)
    if chosen is None:
        return Collected.OUT_OF_RANGE
    if not _is_ours(belt, token, nonce):
        return Collected.STALE_NONCE
    given = answers.Given(value=chosen, comment=_clean(comment), nonce=nonce, at=belt.now(), extras=extras or {})
    work = _Submission(belt=belt, token=token, given=given, change=change, decoy=bool(decoy))
    outcome: Collected = belt.writer.submit(work.store)
    log.info("answer", outcome=str(outcome), touchpoint=asked.touchpoint_id)
    return outcome


def _in_range(asked: survey.Survey, value: str) -> int | None:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    return int(text) if int(text) in asked.definition.values else None


def _is_ours(belt: belts.Belt, token: str, nonce: str) -> bool:
    if not nonce.isascii():
        return False
    try:
        _signer(belt, token).loads(nonce, max_age=int(_NONCE_LIVES.total_seconds()))
    except itsdangerous.BadData:
        return False
    return True


def _clean(comment: str) -> str:
    """Line ends as one kind, no NUL (PostgreSQL takes none) and no lone surrogates; at most 4,000 characters."""
    text = comment.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()[:LONGEST_COMMENT]


@dataclass(frozen=True, kw_only=True)
class _Submission:
    """The part of ``submit`` that runs inside the writer's transaction, where the answers that came before are certain."""

    belt: belts.Belt
    token: str
    given: answers.Given
    change: bool
    decoy: bool

    def store(self, tx: sa.Connection) -> Collected:
        asked = answers.find(tx, self.token)
        if asked is None or answers.known_nonce(tx, self.given.nonce) or answers.versions(tx, asked) >= MOST_VERSIONS:
            return Collected.SAME
        if self.decoy:
            answers.set_aside(tx, asked, self.given, "decoy field filled")
            return Collected.SAVED
        if asked.value is None:
            answers.confirm(tx, asked, self.given, self._targets(asked))
            return Collected.SAVED
        if self.change and self.given.at <= _changeable_until(asked):
            answers.confirm(tx, asked, self.given, self._targets(asked))
            return Collected.CHANGED
        if (asked.value, asked.comment, asked.extras) != (self.given.value, self.given.comment, self.given.extras):
            answers.set_aside(tx, asked, self.given, "came after an answer that counts")
        return Collected.SAME

    def _targets(self, asked: answers.Asked) -> list[updates.Target]:
        touch = touchpoints.as_noun(dict(asked.touch))
        if not outward.takes_answers(self.belt.targets.get(touch.connector, {}).get(touch.object, {})):
            return []
        definition = self.belt.surveys[asked.survey].definition
        kept = {
            "score": self.given.value,
            "comment": self.given.comment,
            "answered_at": self.given.at.isoformat(),
            "metric": definition.key,
            "band": definition.band(self.given.value).key,
            "normalised": definition.normalised(self.given.value),
            **outward.extras(self.given.extras),
        }
        return [updates.Target(connector=touch.connector, object=touch.object, record=touch.record, fields=kept)]


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
