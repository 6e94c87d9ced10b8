"""Invitations held while posts for them are judged, with their answers and messages so far: a few statements for all.

Called by journey/answering inside the writer's transaction. The statements are put together once, at import: that costs as much
as running them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, messages, rows, touchpoints

ANSWER = answers.ANSWER
INVITATION = messages.INVITATION
MESSAGE = messages.MESSAGE
TOUCHPOINT = touchpoints.TOUCHPOINT


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
    .where(rows.among(INVITATION.c.token, "tokens"))
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
    .where(rows.among(ANSWER.c.invitation_id, "ids"))
    .order_by(ANSWER.c.version)
)
_SENDS = (
    sa.select(MESSAGE.c.invitation_id, MESSAGE.c.channel, MESSAGE.c.state, MESSAGE.c.sent_at, MESSAGE.c.claimed_at)
    .where(rows.among(MESSAGE.c.invitation_id, "ids"))
    .order_by(MESSAGE.c.id)
)


def invited(tx: sa.Connection, tokens: Iterable[str]) -> dict[str, Invited]:
    """Token → its invitation, held against other writers until the end of the transaction; made-up tokens are left out."""
    found: dict[str, Invited] = {}
    for token, i, touchpoint_id, person_id, state, survey, language, expires_at, words, *touch in tx.execute(
        _INVITED, {"tokens": sorted(set(tokens))}
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
    read = tx.execute(_VERSIONS, {"ids": list(invitation_ids)})
    for invitation_id, i, version, state, value, comment, extras, nonce, visitor, at, sign in read:
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
    for invitation_id, channel, state, sent_at, claimed_at in tx.execute(_SENDS, {"ids": list(invitation_ids)}):
        one = Send(channel=channel, state=state, sent_at=sent_at, claimed_at=claimed_at)
        found.setdefault(invitation_id, []).append(one)
    return found
