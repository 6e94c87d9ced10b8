"""Places: answers that nobody was invited to give, at a till, a tablet, a shared link or a page of ours.

Called by the pages of places, kiosks and embedded surveys. One answer becomes, in one transaction at its post and never at a
GET, a touchpoint (kind ``visit``, no connector unless a record is known), a decision, an answered invitation and the answer.
"""

from datetime import datetime, timedelta

import structlog

from journey import belt as belts
from journey import collect
from journey.answering import forms, signs, told
from journey.visiting import place as nouns
from journey.visiting import place_answers
from store import place_answers as store_answers
from store import places as store_places
from surveys import questions, survey

log = structlog.get_logger("journey.places")
Place = nouns.Place
Known = nouns.Known
About = nouns.About
KIND = nouns.KIND
asked_as = nouns.asked_as
REPEAT = place_answers.REPEAT


def find(belt: belts.Belt, code: str) -> Place | None:
    """The place with this code, closed or not; None for an unknown one, and for one whose survey the settings no longer have."""
    wanted = code.upper()
    if not nouns.CODE.fullmatch(wanted):
        return None
    with belt.store.read() as tx:
        found = store_places.find(tx, wanted)
    return None if found is None or found.survey not in belt.surveys else nouns.noun(found, belt.surveys)


def nonce(belt: belts.Belt, place: Place) -> str:
    """Fresh and signed for this place: one per rendered form, good for one answer."""
    return forms.nonce(belt.secret, _salt(place), forms.Shown(at=belt.now(), purpose=forms.Purpose.ANSWER))


def _salt(place: Place) -> str:
    return f"place {place.code}"


def submit(belt: belts.Belt, place: Place, post: collect.Post, about: About = nouns.NOTHING) -> collect.Collected:
    """An answer was sent off by a form with a ``nonce``; stored when this returns SAVED. The same form sent again is SAME."""
    shown = forms.read(belt.secret, _salt(place), post.nonce, belt.now())
    if place.closed_at is not None:
        return collect.Collected.CLOSED
    if _chosen(place.survey, post.value) is None:
        return collect.Collected.OUT_OF_RANGE
    if shown is None:
        return collect.Collected.STALE_NONCE
    return store(belt, place, post, about, shown)


def store(
    belt: belts.Belt, place: Place, post: collect.Post, about: About, shown: forms.Shown | None = None
) -> collect.Collected:
    """An answer came whose form, if it had one, is ours. The same ``nonce`` again is SAME; another one for an ``occurrence``
    that is stored takes its place, if it is newer."""
    chosen = _chosen(place.survey, post.value)
    if chosen is None:
        return collect.Collected.OUT_OF_RANGE
    at = about.at or belt.now()
    form = shown or forms.Shown(at=at - timedelta(hours=1), purpose=forms.Purpose.ANSWER)
    posted = signs.Posted(at=at, shown=form, visit=post.visit, decoy=bool(post.decoy), automated=post.automated, invited=False)
    hit = signs.look(posted, signs.NO_TRAFFIC, belt.settings.signs)
    answer = place_answers.Answer(
        belt=belt, place=place, post=post, about=about, given=_given(belt, place, post, (chosen, at, hit))
    )
    outcome: collect.Collected = belt.writer.submit(answer.store)
    log.info("answer", outcome=str(outcome), place=place.code)
    return outcome


def _chosen(asked: survey.Survey, value: str) -> int | None:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    return int(text) if int(text) in asked.definition.values else None


def _given(
    belt: belts.Belt, place: Place, post: collect.Post, judged: tuple[int, datetime, signs.Hit | None]
) -> store_answers.Given:
    value, at, hit = judged
    language = post.visit.language or belt.brand.default_language
    return store_answers.Given(
        nonce=post.nonce,
        value=value,
        comment=questions.readable(post.comment)[: collect.LONGEST_COMMENT],
        extras=post.extras,
        at=at,
        state="confirmed" if hit is None else "doubtful",
        sign="" if hit is None else hit.sign,
        doubt="" if hit is None else hit.sentence,
        language=language,
        channel=post.visit.channel or place.way,
        device=post.visit.device,
        wording=told.wording_of(belt.brand, place.survey, language, asked_as(place.way)),
    )
