"""What becomes of posts: which counts, which is kept apart, which came before. Called by collect in the writer's transaction.

A batch is read in a few statements, judged post by post in memory, and written in a few statements. That is right because the
invitations are held against other writers meanwhile, and because posts of one batch see each other.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from journey import belt as belts
from journey.answering import anonymous, forms, signs, told, visits
from journey.reaching import variants
from store import answers, fetches, holding, ledger, taking
from surveys import questions

CHANGEABLE = timedelta(days=7)
"""How long an answer can be changed by the person who gave it, unless the invitation expires later than that."""
MOST_VERSIONS = 50
"""Answers beyond which none is kept apart for one invitation: a program that posts for ever fills no disk. A person's answer is
stored all the same, and changed until there are twice as many."""
_LOOK_BACK = timedelta(hours=1)
"""Fetches older than this tell nothing about a post."""


class Collected(enum.StrEnum):
    """What became of a post."""

    SAVED = "saved"
    SAME = "same"
    """The same post again, or a second answer that did not say it was a change: the first one counts."""
    CHANGED = "changed"
    CHECKED = "checked"
    """Kept, and counts for nothing until a person confirms it or an admin releases it: a sign speaks against it."""
    ONCE_MORE = "once_more"
    """Not kept: a sign speaks against it, and what is anonymous cannot be confirmed afterwards. Ask for the same once more."""
    OUT_OF_RANGE = "out_of_range"
    STALE_NONCE = "stale_nonce"
    """The form is not one of ours or lay open for too long: show a fresh one."""
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A post that is well-formed, by itself; what is stored decides the rest."""

    token: str = field(repr=False)
    nonce: str = field(repr=False)
    shown: forms.Shown
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, questions.Value] = field(repr=False)
    decoy: bool
    automated: bool
    visit: visits.Visit
    at: datetime


def store_all(belt: belts.Belt, tx: sa.Connection, submissions: Sequence[Submission]) -> list[Collected]:
    """Store these posts, in their order; what became of each. Durable once the transaction is."""
    batch = _Batch(belt, tx, submissions)
    collected = [batch.take(one) for one in submissions]
    taking.keep(tx, batch.outcome())
    return collected


class _Batch:
    """What is stored about the invitations of some posts, and what is to be stored on their account."""

    def __init__(self, belt: belts.Belt, tx: sa.Connection, submissions: Sequence[Submission]) -> None:
        self._belt = belt
        self._tx = tx
        self._apart = set[int]()
        """Invitations whose anonymous answer is stored."""
        self._signs = belt.settings.signs
        self._invited = holding.invited(tx, (one.token for one in submissions))
        ids = sorted(one.id for one in self._invited.values())
        earliest = min((one.at for one in submissions), default=belt.now())
        self._versions = holding.versions(tx, ids)
        self._sends = holding.sends(tx, ids)
        self._fetches = fetches.of_invitations(tx, ids, earliest - _LOOK_BACK)
        self._posted_by = self._gateways(tx, submissions, earliest)
        self._new: dict[int, list[taking.New]] = {}
        """Invitation → answers to store."""
        self._replaced: set[int] = set()
        self._changed: list[int] = []
        self._settled: set[int] = set()
        self._lines: list[ledger.Line] = []
        self._posts: list[fetches.Fetch] = []

    def _gateways(self, tx: sa.Connection, submissions: Sequence[Submission], earliest: datetime) -> dict[str, set[str]]:
        visitors = {one.visit.visitor for one in submissions if not visits.is_shared(one.visit.visitor)}
        if not visitors or not self._signs.gateway:
            return {}
        return fetches.posted_by(tx, sorted(visitors), earliest - self._signs.gateway_within)

    def outcome(self) -> taking.Outcome:
        """Everything that is to be stored."""
        return taking.Outcome(
            new=[one for some in self._new.values() for one in some],
            replaced=sorted(self._replaced),
            changed=self._changed,
            settled=sorted(self._settled),
            lines=self._lines,
            posts=self._posts,
        )

    def take(self, one: Submission) -> Collected:
        """Judge one post and note what is to be stored of it."""
        invited = self._invited.get(one.token)
        if invited is None or invited.survey not in self._belt.surveys:
            return Collected.CLOSED
        if self._belt.surveys[invited.survey].anonymous:
            return self._take_apart(invited, one)
        known = self._known(invited)
        counting = next((version for version in known if version.state == "confirmed"), None)
        if counting is None and not (invited.state == "open" and one.at < invited.expires_at):
            return Collected.CLOSED
        if one.value not in self._belt.surveys[invited.survey].definition.values:
            return Collected.OUT_OF_RANGE
        says = (one.value, one.comment, one.extras)
        twin = next((version for version in known if version.nonce == one.nonce), None)
        if twin is not None and twin.says == says:
            return Collected.SAME if counting is not None else Collected.CHECKED
        return self._judge(invited, one if twin is None else replace(one, nonce=""), known, counting)

    def _take_apart(self, invited: holding.Invited, one: Submission) -> Collected:
        """An answer to an anonymous survey: only the first counts, and one that shows a sign is asked for once more."""
        if invited.state == "answered" or invited.id in self._apart:
            return Collected.SAME
        if invited.state != "open" or one.at >= invited.expires_at:
            return Collected.CLOSED
        if one.value not in self._belt.surveys[invited.survey].definition.values:
            return Collected.OUT_OF_RANGE
        if signs.look(self._posted(one), self._traffic(invited, one), self._signs) is not None:
            return Collected.ONCE_MORE
        said = anonymous.Said(value=one.value, comment=one.comment, extras=one.extras, at=one.at)
        anonymous.keep(self._belt, self._tx, invited, said)
        self._apart.add(invited.id)
        return Collected.SAVED

    def _judge(
        self, invited: holding.Invited, one: Submission, known: Sequence[holding.Version], counting: holding.Version | None
    ) -> Collected:
        says = (one.value, one.comment, one.extras)
        changes = counting is not None and self._changes(invited, one, counting)
        if counting is not None and not changes and any(v.says == says for v in known if v is counting or v.state == "doubtful"):
            return Collected.SAME
        hit = signs.look(self._posted(one), self._traffic(invited, one), self._signs)
        if hit is None and counting is not None and not changes:
            hit = signs.CAME_AFTER
        if hit is not None:
            if len(known) < MOST_VERSIONS:
                self._set_aside(invited, one, hit)
            return Collected.CHECKED if counting is None or changes else Collected.SAME
        if counting is not None and len(known) >= 2 * MOST_VERSIONS:
            return Collected.SAME
        self._confirm(invited, one, known)
        return Collected.SAVED if counting is None else Collected.CHANGED

    def _changes(self, invited: holding.Invited, one: Submission, counting: holding.Version) -> bool:
        return one.shown.purpose is forms.Purpose.CHANGE and one.at <= changeable_until(counting.at, invited.expires_at)

    def _known(self, invited: holding.Invited) -> list[holding.Version]:
        """Every answer so far, those of this batch included."""
        stored = [one for one in self._versions.get(invited.id, ()) if one.id not in self._replaced]
        gone = [replace(one, state="replaced") for one in self._versions.get(invited.id, ()) if one.id in self._replaced]
        return stored + gone + [_as_version(one) for one in self._new.get(invited.id, ())]

    def _posted(self, one: Submission) -> signs.Posted:
        return signs.Posted(at=one.at, shown=one.shown, visit=one.visit, decoy=one.decoy, automated=one.automated)

    def _traffic(self, invited: holding.Invited, one: Submission) -> signs.Traffic:
        whom = fetches.of_whom(invited.id, invited.person_id)
        return signs.Traffic(
            fetches=[
                signs.Fetched(at=fetch.at, link=fetch.link, value=fetch.value, visitor=fetch.visitor)
                for fetch in self._fetches.get(invited.id, ())
            ],
            handed=[handed for send in self._sends.get(invited.id, ()) if (handed := _handed(send)) is not None],
            others=len(self._posted_by.get(one.visit.visitor, set()) - {whom}),
        )

    def _set_aside(self, invited: holding.Invited, one: Submission, hit: signs.Hit) -> None:
        self._add(invited, one, "doubtful", hit)
        self._note(invited, one, "doubtful", f"{hit.sentence} ({hit.sign})")

    def _confirm(self, invited: holding.Invited, one: Submission, known: Sequence[holding.Version]) -> None:
        says = (one.value, one.comment, one.extras)
        for version in known:
            is_confirmed_now = version.state == "doubtful" and version.says == says and _same_hand(version, one)
            if version.state in ("confirmed", "provisional") or is_confirmed_now:
                self._give_way(invited, version)
        changed = any(version.state == "confirmed" for version in known)
        self._add(invited, one, "confirmed", None)
        if changed:
            self._changed.append(invited.touchpoint_id)
        if any(send.state in ("due", "unsure") for send in self._sends.get(invited.id, ())):
            self._settled.add(invited.id)
        self._note(invited, one, "changed" if changed else "answered", "")

    def _give_way(self, invited: holding.Invited, version: holding.Version) -> None:
        if version.id is not None:
            self._replaced.add(version.id)
            return
        for new in self._new[invited.id]:
            if new.version == version.version:
                new.state = "replaced"

    def _add(self, invited: holding.Invited, one: Submission, state: str, hit: signs.Hit | None) -> None:
        asked = self._belt.surveys[invited.survey]
        latest = max((version.version for version in self._known(invited)), default=0)
        language = one.visit.language or invited.language
        new = taking.New(
            invited=invited,
            version=latest + 1,
            state=state,
            value=one.value,
            comment=one.comment,
            extras=one.extras,
            nonce=one.nonce or None,
            at=one.at,
            sign=hit.sign if hit else "",
            doubt=hit.sentence if hit else "",
            language=language,
            channel=one.visit.channel or self._channel(invited),
            device=one.visit.device,
            wording=told.wording_of(self._belt.brand, variants.survey_of(asked, invited.words), language, invited.kind),
            visitor=one.visit.visitor,
            targets=told.targets(self._belt, invited, _as_given(one)) if state == "confirmed" else (),
        )
        self._new.setdefault(invited.id, []).append(new)
        if one.visit.visitor:
            self._post(invited, one, hit)

    def _post(self, invited: holding.Invited, one: Submission, hit: signs.Hit | None) -> None:
        whom = fetches.of_whom(invited.id, invited.person_id)
        self._posted_by.setdefault(one.visit.visitor, set()).add(whom)
        self._posts.append(
            fetches.Fetch(
                invitation_id=invited.id,
                at=one.at,
                link=fetches.POST,
                value=one.value,
                visitor=one.visit.visitor,
                sign=hit.sign if hit else "",
            )
        )

    def _channel(self, invited: holding.Invited) -> str:
        """That of the latest message that went."""
        gone = [send.channel for send in self._sends.get(invited.id, ()) if send.state not in ("due", "cancelled")]
        return gone[-1] if gone else ""

    def _note(self, invited: holding.Invited, one: Submission, what: str, detail: str) -> None:
        line = ledger.Line(touchpoint_id=invited.touchpoint_id, at=one.at, step="collect", what=what, detail=detail)
        self._lines.append(line)


def changeable_until(answered_at: datetime, expires_at: datetime) -> datetime:
    """Until when an answer can be changed by the person who gave it."""
    return max(answered_at + CHANGEABLE, expires_at)


def _handed(send: holding.Send) -> signs.Handed | None:
    if send.state == "sending" and send.claimed_at is not None:
        return signs.Handed(at=send.claimed_at, under_way=True)
    return None if send.sent_at is None else signs.Handed(at=send.sent_at, under_way=False)


def _same_hand(version: holding.Version, one: Submission) -> bool:
    return one.shown.purpose is forms.Purpose.CONFIRM or (version.visitor != "" and version.visitor == one.visit.visitor)


def _as_given(one: Submission) -> answers.Given:
    return answers.Given(value=one.value, comment=one.comment, nonce=one.nonce, at=one.at, extras=one.extras)


def _as_version(new: taking.New) -> holding.Version:
    return holding.Version(
        id=None,
        version=new.version,
        state=new.state,
        value=new.value,
        comment=new.comment,
        extras=new.extras,
        nonce=new.nonce,
        visitor=new.visitor,
        at=new.at,
        sign=new.sign,
    )
