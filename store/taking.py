"""Posts in batches: what is stored about their invitations, and what becomes of them, each in a few statements for all.

Called by journey/taking inside the writer's transaction. The statements are put together once, at import: that costs as much as
running them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, fetches, ledger, messages, rows, touchpoints, updates

ANSWER = answers.ANSWER
INVITATION = messages.INVITATION
MESSAGE = messages.MESSAGE
TOUCHPOINT = touchpoints.TOUCHPOINT
UPDATE = updates.UPDATE
_SOME = 500
"""Items a statement."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invitation, with what of its touchpoint an answer needs."""

    id: int
    touchpoint_id: int
    person_id: int | None
    state: str
    survey: str
    language: str
    expires_at: datetime
    words: Mapping[str, Any]
    connector: str
    object: str
    record: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One answer of an invitation, stored or about to be (``id`` None)."""

    id: int | None
    version: int
    state: str
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, Any] = field(repr=False)
    nonce: str | None
    visitor: str
    at: datetime
    sign: str

    @property
    def says(self) -> tuple[int, str, Mapping[str, Any]]:
        """What was said; equal for the same answer given twice."""
        return self.value, self.comment, self.extras


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """A message of an invitation that went, is under way, or waits."""

    channel: str
    state: str
    sent_at: datetime | None
    claimed_at: datetime | None


_INVITED = (
    sa.select(
        INVITATION.c.token,
        INVITATION.c.id,
        INVITATION.c.touchpoint_id,
        INVITATION.c.person_id,
        INVITATION.c.state,
        INVITATION.c.survey,
        INVITATION.c.language,
        INVITATION.c.expires_at,
        INVITATION.c.words,
        TOUCHPOINT.c.connector,
        TOUCHPOINT.c.object,
        TOUCHPOINT.c.record,
        TOUCHPOINT.c.kind,
    )
    .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
    .where(INVITATION.c.token.in_(sa.bindparam("tokens", expanding=True)))
    .order_by(INVITATION.c.id)
    .with_for_update(of=INVITATION)  # PostgreSQL: two processes with posts for one invitation come one after the other
)
_VERSIONS = (
    sa.select(
        ANSWER.c.invitation_id,
        ANSWER.c.id,
        ANSWER.c.version,
        ANSWER.c.state,
        ANSWER.c.value,
        ANSWER.c.comment,
        ANSWER.c.extras,
        ANSWER.c.nonce,
        ANSWER.c.visitor,
        ANSWER.c.at,
        ANSWER.c.sign,
    )
    .where(ANSWER.c.invitation_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(ANSWER.c.version)
)
_SENDS = (
    sa.select(MESSAGE.c.invitation_id, MESSAGE.c.channel, MESSAGE.c.state, MESSAGE.c.sent_at, MESSAGE.c.claimed_at)
    .where(MESSAGE.c.invitation_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(MESSAGE.c.id)
)


def invited(tx: sa.Connection, tokens: Iterable[str]) -> dict[str, Invited]:
    """Token → its invitation, held against other writers until the end of the transaction; made-up tokens are left out."""
    found: dict[str, Invited] = {}
    for chunk in rows.chunks(sorted(set(tokens)), _SOME):
        for token, i, touchpoint_id, person_id, state, survey, language, expires_at, words, *touch in tx.execute(
            _INVITED, {"tokens": chunk}
        ):
            found[token] = Invited(
                id=i,
                touchpoint_id=touchpoint_id,
                person_id=person_id,
                state=state,
                survey=survey,
                language=language,
                expires_at=expires_at,
                words=words or {},
                connector=touch[0],
                object=touch[1],
                record=touch[2],
                kind=touch[3],
            )
    return found


def versions(tx: sa.Connection, invitation_ids: Iterable[int]) -> dict[int, list[Version]]:
    """Invitation → every answer that came for it, the oldest first."""
    found: dict[int, list[Version]] = {}
    for chunk in rows.chunks(invitation_ids, _SOME):
        for invitation_id, i, version, state, value, comment, extras, nonce, visitor, at, sign in tx.execute(
            _VERSIONS, {"ids": chunk}
        ):
            found.setdefault(invitation_id, []).append(
                Version(
                    id=i,
                    version=version,
                    state=state,
                    value=value,
                    comment=comment or "",
                    extras=extras or {},
                    nonce=nonce,
                    visitor=visitor or "",
                    at=at,
                    sign=sign,
                )
            )
    return found


def sends(tx: sa.Connection, invitation_ids: Iterable[int]) -> dict[int, list[Send]]:
    """Invitation → its messages, the oldest first."""
    found: dict[int, list[Send]] = {}
    for chunk in rows.chunks(invitation_ids, _SOME):
        for invitation_id, channel, state, sent_at, claimed_at in tx.execute(_SENDS, {"ids": chunk}):
            one = Send(channel=channel, state=state, sent_at=sent_at, claimed_at=claimed_at)
            found.setdefault(invitation_id, []).append(one)
    return found


@dataclass(kw_only=True, slots=True)
class New:
    """An answer to store, with the field updates that carry it to the CRM. Its state may still change within the batch."""

    invited: Invited
    version: int
    state: str
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, Any] = field(repr=False)
    nonce: str | None
    at: datetime
    sign: str = ""
    doubt: str = ""
    language: str = ""
    channel: str = ""
    device: str = ""
    wording: str = ""
    visitor: str = ""
    targets: Sequence[updates.Target] = ()

    @property
    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {
            "invitation_id": self.invited.id,
            "version": self.version,
            "state": self.state,
            "value": self.value,
            "comment": self.comment,
            "extras": dict(self.extras) if self.extras else None,
            "nonce": self.nonce,
            "at": self.at,
            "sign": self.sign,
            "doubt": self.doubt,
            "language": self.language,
            "channel": self.channel,
            "device": self.device,
            "wording": self.wording,
            "visitor": self.visitor or None,
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a batch came to."""

    new: Sequence[New] = ()
    replaced: Sequence[int] = ()
    """Ids of stored answers that gave way: counting ones, taps, and doubtful ones that a person confirmed."""
    changed: Sequence[int] = ()
    """Touchpoints that had an answer that counted: what still waits to be written of it gives way."""
    settled: Sequence[int] = ()
    """Invitations that something was still to be sent for, or had perhaps been sent for."""
    lines: Sequence[ledger.Line] = ()
    posts: Sequence[fetches.Fetch] = ()


_COUNTING = sa.select(ANSWER.c.invitation_id, ANSWER.c.id).where(
    ANSWER.c.invitation_id.in_(sa.bindparam("ids", expanding=True)), ANSWER.c.state == "confirmed"
)
_REPLACE = sa.update(ANSWER).where(ANSWER.c.id.in_(sa.bindparam("ids", expanding=True))).values(state="replaced")
_ANSWERED = sa.update(INVITATION).where(INVITATION.c.id.in_(sa.bindparam("ids", expanding=True))).values(state="answered")
_GIVE_WAY = (
    sa.update(UPDATE)
    .where(
        UPDATE.c.touchpoint_id.in_(sa.bindparam("ids", expanding=True)),
        UPDATE.c.answer_id.is_not(None),
        UPDATE.c.state.in_(("due", "dead")),
    )
    .values(state="replaced")
)


def keep(tx: sa.Connection, outcome: Outcome) -> None:
    """Store what a batch came to."""
    _for_all(tx, _REPLACE, outcome.replaced)
    _for_all(tx, _GIVE_WAY, outcome.changed)
    rows.insert(tx, ANSWER, [one.row for one in outcome.new])
    counting = [one for one in outcome.new if one.state == "confirmed"]
    _for_all(tx, _ANSWERED, [one.invited.id for one in counting])
    for invitation_id in outcome.settled:
        messages.answered(tx, invitation_id)
    _queue(tx, counting)
    ledger.note(tx, outcome.lines)
    fetches.add(tx, outcome.posts)


def _queue(tx: sa.Connection, counting: Sequence[New]) -> None:
    """Field updates for these. Their ids are asked for, which is faster than having SQLite return them row by row."""
    ids: dict[int, int] = {}
    for chunk in rows.chunks([one.invited.id for one in counting if one.targets], _SOME):
        ids.update((invitation_id, i) for invitation_id, i in tx.execute(_COUNTING, {"ids": chunk}))
    waiting = [
        updates.row(ids[one.invited.id], one.invited.touchpoint_id, target, one.at) for one in counting for target in one.targets
    ]
    rows.insert(tx, UPDATE, waiting)


def _for_all(tx: sa.Connection, statement: sa.Update, ids: Sequence[int]) -> None:
    for chunk in rows.chunks(ids, _SOME):
        tx.execute(statement, {"ids": chunk})
