"""The outbox: which messages are due, how much waits, and when people got their last one. Nothing is changed here.

Called by journey's deliver step and its last look.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import decisions, messages, rows, touchpoints

INVITATION = messages.INVITATION
MESSAGE = messages.MESSAGE
TOUCHPOINT = touchpoints.TOUCHPOINT
_DECISION = decisions.DECISION


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """How much waits, so that a step can tell whether to go now or to let the batch grow."""

    count: int
    oldest: datetime | None
    newest: datetime | None
    held: int = 0
    """What the pace of its channel held back until now, besides: it was gathered once."""


HELD = "its channel's pace lets it go at this time"
"""``problem`` of a message that waits for its turn."""


def gathered(tx: sa.Connection, connector: str, now: datetime, resting: Sequence[str] = ()) -> Gathered:
    """What is due to be sent for this connector, but by the channels that rest.

    Oldest by when it became due, newest by when it was made or became due.
    """
    became_due = sa.case((MESSAGE.c.made_at > MESSAGE.c.due_at, MESSAGE.c.made_at), else_=MESSAGE.c.due_at)
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.min(MESSAGE.c.due_at), sa.func.max(became_due, type_=MESSAGE.c.due_at.type)).where(
            _due(connector, now, resting), MESSAGE.c.problem != HELD
        )
    ).one()
    held_back = sa.select(sa.func.count()).where(_due(connector, now, resting), MESSAGE.c.problem == HELD)
    return Gathered(count=row[0], oldest=row[1], newest=row[2], held=tx.execute(held_back).scalar_one())


def _due(connector: str, now: datetime, resting: Sequence[str]) -> sa.ColumnElement[bool]:
    due = sa.and_(MESSAGE.c.state == "due", MESSAGE.c.connector == connector, MESSAGE.c.due_at <= now)
    return sa.and_(due, MESSAGE.c.channel.not_in(resting)) if resting else due


def due(tx: sa.Connection, connector: str, now: datetime, limit: int, resting: Sequence[str] = ()) -> list[int]:
    """Ids of the next messages to send for this connector, those due first first. Nothing is claimed yet."""
    query = sa.select(MESSAGE.c.id).join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
    wanted = query.where(_due(connector, now, resting), *messages.answerable(now))
    return list(tx.execute(wanted.order_by(MESSAGE.c.due_at, MESSAGE.c.id).limit(limit)).scalars())


def held(tx: sa.Connection, connector: str, until: datetime, limit: int, resting: Sequence[str] = ()) -> list[int]:
    """Ids of the messages that the pace held back and that are due by then, those due first first."""
    query = sa.select(MESSAGE.c.id).join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
    wanted = query.where(_due(connector, until, resting), MESSAGE.c.problem == HELD, *messages.answerable(until))
    return list(tx.execute(wanted.order_by(MESSAGE.c.due_at, MESSAGE.c.id).limit(limit)).scalars())


def load(tx: sa.Connection, ids: Sequence[int], states: Sequence[str] | None = ("due",)) -> list[messages.Outgoing]:
    """Those of these messages that are in one of the states (None: all of them), in the order in which they became due."""
    wanted = sa.true() if states is None else MESSAGE.c.state.in_(states)
    found: list[messages.Outgoing] = []
    for chunk in rows.chunks(ids):
        query = (
            sa.select(MESSAGE, INVITATION, TOUCHPOINT, _DECISION.c.plan)
            .join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
            .join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
            .outerjoin(_DECISION, _DECISION.c.touchpoint_id == TOUCHPOINT.c.id)
            .where(MESSAGE.c.id.in_(chunk), wanted)
            .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
            .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        )
        found += [_outgoing(row) for row in rows.as_dicts(tx.execute(query))]
    return found


def _outgoing(row: Mapping[str, Any]) -> messages.Outgoing:
    touch = {name: row[f"touchpoint_{name}"] for name in touchpoints.COLUMNS}
    return messages.Outgoing(
        id=row["message_id"],
        invitation_id=row["invitation_id"],
        key=row["message_key"],
        channel=row["message_channel"],
        address=row["message_address"] or "",
        attempts=row["message_attempts"],
        token=row["invitation_token"],
        survey=row["invitation_survey"],
        language=row["invitation_language"],
        expires_at=row["invitation_expires_at"],
        waiting=touchpoints.Waiting(id=touch["id"], touch=touchpoints.as_noun(touch), person_id=touch["person_id"]),
        send=row["message_send"],
        remind=decisions.reminders(row["decision_plan"]),
        words=row["invitation_words"] or {},
        channels=decisions.channels(row["decision_plan"]),
        due_at=row["message_due_at"],
        tried_at=row["message_tried_at"],
    )


def last_sent(tx: sa.Connection, person_ids: Iterable[int]) -> dict[int, datetime]:
    """Person id → when the last message went to them, or may have gone; a reminder is part of the same asking."""
    at = sa.func.coalesce(MESSAGE.c.sent_at, MESSAGE.c.claimed_at, MESSAGE.c.due_at, type_=MESSAGE.c.due_at.type)
    gone = messages.in_state("sent", "sending", "unsure")
    found: dict[int, datetime] = {}
    for chunk in rows.chunks(sorted(set(person_ids))):
        query = (
            sa.select(INVITATION.c.person_id, sa.func.max(at, type_=MESSAGE.c.due_at.type))
            .join(MESSAGE, MESSAGE.c.invitation_id == INVITATION.c.id)
            .where(INVITATION.c.person_id.in_(chunk), gone, messages.not_a_reminder())
            .group_by(INVITATION.c.person_id)
        )
        found.update((i, latest) for i, latest in tx.execute(query))
    return found


def went(tx: sa.Connection, channel: str, since: datetime) -> int:
    """How many messages of this channel went since then, or may be going right now."""
    gone = sa.and_(MESSAGE.c.sent_at.is_not(None), MESSAGE.c.channel == channel, MESSAGE.c.sent_at >= since)
    maybe = sa.and_(MESSAGE.c.state.in_(("sending", "unsure")), MESSAGE.c.channel == channel, MESSAGE.c.sent_at.is_(None))
    counts = [tx.execute(sa.select(sa.func.count()).select_from(MESSAGE).where(one)).scalar_one() for one in (gone, maybe)]
    return sum(counts)
