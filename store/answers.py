"""Answers: one that counts per invitation, every version kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import messages, rows, tables, touchpoints

ANSWER = rows.table(tables.Answer)
INVITATION = messages.INVITATION
TOUCHPOINT = touchpoints.TOUCHPOINT


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An invitation as its link finds it, with the answer that counts."""

    id: int
    touchpoint_id: int
    person_id: int | None
    state: str
    survey: str
    language: str
    expires_at: datetime
    touch: Mapping[str, Any] = field(repr=False)
    """The touchpoint's row."""
    value: int | None
    comment: str = field(repr=False)
    answered_at: datetime | None
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was said to the survey's further questions, by their keys."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """The wording of the invitation's variant."""
    opened_at: datetime | None = None
    """First GET of the page."""
    doubted: bool = False
    """Whether an answer is kept apart that nobody has confirmed yet."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it was given."""

    value: int
    comment: str = field(repr=False)
    nonce: str
    at: datetime
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was said to the survey's further questions, by their keys; cleaned."""


_VERSION = ANSWER.alias("version")
_DOUBTED = sa.and_(_VERSION.c.invitation_id == INVITATION.c.id, _VERSION.c.state == "doubtful")
_FIND = (
    sa.select(
        INVITATION,
        TOUCHPOINT,
        ANSWER.c.value,
        ANSWER.c.comment,
        ANSWER.c.at,
        ANSWER.c.extras,
        sa.exists().where(_DOUBTED).label("doubted"),
    )
    .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
    .outerjoin(ANSWER, sa.and_(ANSWER.c.invitation_id == INVITATION.c.id, ANSWER.c.state == "confirmed"))
    .where(INVITATION.c.token == sa.bindparam("token"))
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
)
"""Made once: putting a query together costs as much as running it, and every visit begins with this one."""


def find(tx: sa.Connection, token: str) -> Asked | None:
    """The invitation behind a link; None when there is none."""
    row = tx.execute(_FIND, {"token": token}).mappings().first()
    if row is None:
        return None
    return Asked(
        id=row["invitation_id"],
        touchpoint_id=row["touchpoint_id"],
        person_id=row["invitation_person_id"],
        state=row["invitation_state"],
        survey=row["invitation_survey"],
        language=row["invitation_language"],
        expires_at=row["invitation_expires_at"],
        touch={name: row[f"touchpoint_{name}"] for name in touchpoints.COLUMNS},
        value=row["answer_value"],
        comment=row["answer_comment"] or "",
        answered_at=row["answer_at"],
        extras=row["answer_extras"] or {},
        words=row["invitation_words"] or {},
        opened_at=row["invitation_opened_at"],
        doubted=row["doubted"],
    )


def doubted(tx: sa.Connection, invitation_id: int) -> Given | None:
    """The latest answer that is kept apart; None when there is none."""
    which = sa.and_(ANSWER.c.invitation_id == invitation_id, ANSWER.c.state == "doubtful")
    row = tx.execute(sa.select(ANSWER).where(which).order_by(ANSWER.c.version.desc()).limit(1)).mappings().first()
    if row is None:
        return None
    comment, extras = row["comment"] or "", row["extras"] or {}
    return Given(value=row["value"], comment=comment, nonce=row["nonce"] or "", at=row["at"], extras=extras)
