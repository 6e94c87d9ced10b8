"""Kiosk: answers that a tablet at a place collected, online or not, and sends in batches when it can.

Called by web/pages_kiosk. Every answer has an id that the tablet made, so that sending it twice stores it once; a comment that
comes later for the same answer has a higher revision and takes its place. The tablet's clock is not trusted: it says when an
answer was given and when the batch was sent, and only the time between counts, back from when the batch came here.
"""

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import pydantic

from journey import belt as belts
from journey import collect
from journey.answering import visits
from journey.visiting import place_answers, places

MOST = 50
"""Answers of one batch."""
LONGEST_COMMENT = 1000
_MOST_REVISIONS = 20


class Outcome(enum.StrEnum):
    """What the tablet does with an answer from now on."""

    SAVED = "saved"
    SAME = "same"
    """It was here already."""
    CHANGED = "changed"
    CLOSED = "closed"
    """It was given after the place was closed, and is not kept."""
    REFUSED = "refused"
    """It makes no sense, now and later."""


class _Told(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, hide_input_in_errors=True)


class Answer(_Told):
    """One answer as the tablet tells it. Instants are milliseconds since 1970 by the tablet's clock."""

    id: uuid.UUID
    revision: Annotated[int, pydantic.Field(ge=0, le=_MOST_REVISIONS)] = 0
    value: int
    comment: Annotated[str, pydantic.Field(max_length=LONGEST_COMMENT * 2)] = ""
    language: Annotated[str, pydantic.Field(max_length=10)] = ""
    answered: float


class Batch(_Told):
    """What the tablet sends. The answers are read one by one, so that a bad one holds up no other."""

    device: uuid.UUID
    sent: float
    answers: Annotated[list[Mapping[str, Any]], pydantic.Field(max_length=MOST)]


def take(belt: belts.Belt, place: places.Place, batch: Batch, visit: visits.Visit) -> Sequence[Mapping[str, Any]]:
    """Store these answers; for each what became of it: ``{"id", "revision", "outcome"}``. Durable when this returns."""
    received = belt.now()
    return [_take(belt, place, batch, told, (visit, received)) for told in batch.answers]


def _take(
    belt: belts.Belt, place: places.Place, batch: Batch, told: Mapping[str, Any], known: tuple[visits.Visit, datetime]
) -> Mapping[str, Any]:
    visit, received = known
    named = {"id": str(told.get("id", ""))[:40], "revision": told.get("revision", 0)}
    try:
        one = Answer.model_validate(told)
    except pydantic.ValidationError:
        return {**named, "outcome": Outcome.REFUSED}
    told_at = given_at(one.answered, batch.sent, received, place.made_at)
    at = told_at or received
    if place.closed_at is not None and at >= place.closed_at:
        return {**named, "outcome": Outcome.CLOSED}
    language = one.language if one.language in belt.brand.languages else place.language
    post = collect.Post(
        nonce=place_answers.numbered(f"kiosk {one.id}", one.revision + 1),
        value=str(one.value),
        comment=one.comment[:LONGEST_COMMENT],
        visit=replace(visit, language=language, channel="kiosk", device="kiosk"),
    )
    about = places.About(
        occurrence=str(one.id),
        at=at,
        hand=str(batch.device) if told_at is not None else "",
        least=belt.settings.places.taps,
        within=belt.settings.places.within,
    )
    return {**named, "outcome": _OUTCOMES.get(places.store(belt, place, post, about), Outcome.REFUSED)}


_OUTCOMES = {
    collect.Collected.SAVED: Outcome.SAVED,
    collect.Collected.SAME: Outcome.SAME,
    collect.Collected.CHANGED: Outcome.CHANGED,
}


def given_at(answered: float, sent: float, received: datetime, opened: datetime) -> datetime | None:
    """When an answer was given, by our clock: as long before the batch came as it waited on the tablet.

    None where the tablet's clock was set meanwhile, so that nothing follows from it: the answer would have been given after it
    was sent, or before there was the place.
    """
    try:
        at = received - timedelta(milliseconds=sent - answered)
    except (OverflowError, ValueError):
        return None
    return at if opened <= at <= received else None
