"""What becomes of an answer at a place, inside the writer's transaction. Called by places.

The first of a visit is stored whole; a later one of the same visit takes its place; of several by one hand within moments one
counts, whatever the order in which they arrive.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from journey import belt as belts
from journey import collect
from journey.answering import told, visits
from journey.visiting import place as nouns
from journey.visiting import repeats, shifts
from store import answers, holding, ledger, people, place_answers, touchpoints
from triggers import touchpoint

REPEAT = "repeat"
"""Sign of an answer that is one of several by the same hand."""
_DOUBT = "it is one of several answers by the same hand within moments, of which the first counts"
_RUN = 60
"""Times the span of a run, on both sides, that is looked through for repeats."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is well-formed, by itself; what is stored decides the rest."""

    belt: belts.Belt
    place: nouns.Place
    post: collect.Post
    about: nouns.About
    given: place_answers.Given

    def store(self, tx: sa.Connection) -> collect.Collected:
        """Store it; what became of it."""
        found = self._found()
        visit = place_answers.Visit(
            found=found,
            survey=self.place.survey.key,
            explanation=f"The visitor answered at {self.place.name}.",
            token=secrets.token_urlsafe(16),
        )
        made = place_answers.visit(tx, visit, self.given, self.belt.now())
        if made is None:
            return self._again(tx, found)
        self._write(tx, made)
        self._look_for_repeats(tx, made)
        return collect.Collected.SAVED

    def _again(self, tx: sa.Connection, found: touchpoints.Found) -> collect.Collected:
        """This visit is known: the same post came again, or the visitor says more."""
        before = place_answers.newest(tx, found)
        if before is None or _revision(self.given.nonce) <= _revision(before.nonce) or before.version >= collect.MOST_VERSIONS:
            return collect.Collected.SAME
        given = replace(self.given, state=before.state, sign=before.sign, doubt=before.doubt)
        self._write(tx, place_answers.change(tx, before, given))
        return collect.Collected.CHANGED

    @property
    def _known(self) -> nouns.Known | None:
        """Whom and what it is about; nobody, where the survey is anonymous."""
        return None if self.place.survey.anonymous else self.about.known

    def _write(self, tx: sa.Connection, kept: place_answers.Kept) -> None:
        known = self._known
        if known is None or kept.state != "confirmed":
            return
        invited = holding.Invited(
            id=kept.invitation_id,
            touchpoint_id=kept.touchpoint_id,
            person_id=None,
            state="answered",
            survey=self.place.survey.key,
            language=self.given.language,
            expires_at=self.given.at,
            words={},
            connector=known.connector,
            object=known.object,
            record=known.record,
            kind=nouns.KIND,
        )
        given = answers.Given(
            value=self.given.value,
            comment=self.given.comment,
            nonce=self.given.nonce,
            at=self.given.at,
            extras=self.given.extras,
        )
        place_answers.write(tx, kept, told.targets(self.belt, invited, given), self.belt.now())

    def _look_for_repeats(self, tx: sa.Connection, made: place_answers.Kept) -> None:
        """Of answers by one hand within moments one counts: the first, in whatever order they came."""
        browser = self.post.visit.visitor
        told = self.about.hand or ("" if visits.is_shared(browser) else browser)
        if not told:
            return
        at, within = self.given.at, self.about.within or self.belt.settings.places.same_browser
        hand = _hand(self.belt, self.place, told, at)
        place_answers.tap(tx, hand, made, at, self.belt.now())
        near = [one for one in place_answers.taps(tx, hand, at, _RUN * within) if _may_be_judged(one)]
        found = repeats.among([one.at for one in near], self.about.least, within)
        fresh = [one for number, one in enumerate(near) if number in found and one.sign != REPEAT]
        cleared = [one for number, one in enumerate(near) if number not in found and one.sign == REPEAT]
        place_answers.judge(tx, fresh, "doubtful", REPEAT, _DOUBT)
        place_answers.judge(tx, cleared, "confirmed", "", "")
        now = self.belt.now()
        ledger.note(
            tx,
            (
                ledger.Line(
                    touchpoint_id=one.touchpoint_id, at=now, step="collect", what="doubtful", detail=f"{_DOUBT} ({REPEAT})"
                )
                for one in fresh
            ),
        )

    def _found(self) -> touchpoints.Found:
        known = self._known
        person = None if known is None else known.person
        keys = people.keys(self.belt.secret, person)
        touch = touchpoint.Touchpoint(
            connector="" if known is None else known.connector,
            kind=nouns.KIND,
            source=place_answers.SOURCE,
            object="" if known is None else known.object,
            record=self.place.code if known is None else known.record,
            occurrence=self.about.occurrence or hashlib.sha256(self.post.nonce.encode()).hexdigest()[:32],
            label=self.place.name if known is None or not known.label else known.label,
            happened_at=self.given.at,
            account="" if known is None else known.account,
            person=person,
            context={
                **self.about.facts,
                "place": self.place.name,
                "way": self.given.channel,
                "shift": shifts.at(self.place.shifts, self.given.at, self.belt.brand.time_zone),
                **({} if known is None else {place_answers.CODE: self.place.code}),
                **nouns.tags(self.about.tags),
            },
        )
        return touchpoints.Found(touch=touch, person=keys.first, phone=keys.phone)


def _may_be_judged(one: place_answers.Tap) -> bool:
    """Whether times decide about it: nothing else speaks against it, and no person has judged it."""
    return (one.state, one.sign) in (("confirmed", ""), ("doubtful", REPEAT))


def numbered(name: str, revision: int) -> str:
    """A nonce for what a client sends under an id of its own making; a higher revision takes the place of a lower one."""
    return f"{name}#{revision}"


def _revision(nonce: str) -> int:
    """That of a nonce made by ``numbered``; the nonces of forms have none."""
    number = nonce.rpartition("#")[2]
    return int(number) if "#" in nonce and number.isdigit() else 0


def _hand(belt: belts.Belt, place: nouns.Place, told: str, at: datetime) -> str:
    """Keyed hash, another one at every place and every day."""
    text = "\n".join((place.code, f"{at:%Y-%m-%d}", told))
    return hmac.new(belt.secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
