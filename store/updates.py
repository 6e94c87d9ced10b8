"""Field updates: what is to be written onto CRM records, until it is there or a person must look."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors import base
from store import ledger, outbox, rows, tables

UPDATE = rows.table(tables.FieldUpdate)
_INVITATION = rows.table(tables.Invitation)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One record and the values it gets. Instants are ISO 8601 text here and become datetimes on their way out."""

    connector: str
    object: str
    record: str
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Due:
    """A field update that waits to be written."""

    id: int
    touchpoint_id: int
    object: str
    record: str
    fields: Mapping[str, Any] = field(repr=False)
    attempts: int


def add(tx: sa.Connection, answer_id: int, touchpoint_id: int, targets: Sequence[Target], now: datetime) -> None:
    """Queue these; older ones for the same records that still wait give way."""
    for target in targets:
        same = sa.and_(
            UPDATE.c.connector == target.connector,
            UPDATE.c.object == target.object,
            UPDATE.c.record == target.record,
            UPDATE.c.touchpoint_id == touchpoint_id,
            UPDATE.c.answer_id.is_not(None),
            UPDATE.c.state.in_(("due", "dead")),
        )
        tx.execute(sa.update(UPDATE).where(same).values(state="replaced"))
    rows.insert(tx, UPDATE, [row(answer_id, touchpoint_id, target, now) for target in targets])


def row(answer_id: int | None, touchpoint_id: int, target: Target, now: datetime) -> dict[str, Any]:
    """A field update that is due now, as a row of the table."""
    return {
        "answer_id": answer_id,
        "topic": "answer",
        "touchpoint_id": touchpoint_id,
        "connector": target.connector,
        "object": target.object,
        "record": target.record,
        "fields": dict(target.fields),
        "state": "due",
        "made_at": now,
        "due_at": now,
        "attempts": 0,
        "code": "",
        "problem": "",
    }


def tell(tx: sa.Connection, told: Mapping[int, Target], now: datetime, topic: str = "verdict") -> None:
    """Touchpoint id → what a record gets to know of it besides an answer; an earlier one of that topic that still waits gives
    way. ``topic``: as in ``tables.FieldUpdate``."""
    for chunk in rows.chunks(told):
        about = sa.and_(UPDATE.c.touchpoint_id.in_(chunk), UPDATE.c.answer_id.is_(None), UPDATE.c.topic == topic)
        earlier = sa.and_(about, UPDATE.c.state.in_(("due", "dead")))
        tx.execute(sa.update(UPDATE).where(earlier).values(state="replaced"))
    rows.insert(tx, UPDATE, [row(None, i, target, now) | {"topic": topic} for i, target in told.items()])


LINK, LINK_OVER = "link", "link_over"
"""Topics: the link of the survey page, and its removal."""


def links_over(tx: sa.Connection, limit: int, apart: Collection[str], now: datetime) -> dict[int, Target]:
    """Touchpoint → the record that still has the link of an invitation that is over; those links give way from now on.

    An answer empties the field by itself, so what was answered only gives way; and so does what a later link stands above.
    ``apart``: the anonymous surveys, whose links stay for as long whether somebody answers or not.
    """
    anonymous, answered = _INVITATION.c.survey.in_(apart), _INVITATION.c.state == "answered"
    over = sa.or_(
        _INVITATION.c.state.not_in(("open", "answered")),
        sa.and_(answered, sa.not_(anonymous), UPDATE.c.state == "done"),
        sa.and_(answered, anonymous, _INVITATION.c.expires_at <= now),
    )
    later = sa.alias(UPDATE, "later")
    covered = sa.exists().where(
        sa.text("later.topic = 'link' AND later.state <> 'replaced'"),
        later.c.connector == UPDATE.c.connector,
        later.c.object == UPDATE.c.object,
        later.c.record == UPDATE.c.record,
        later.c.id > UPDATE.c.id,
    )
    live = sa.and_(UPDATE.c.topic == LINK, UPDATE.c.state != "replaced")
    query = (
        sa.select(UPDATE, sa.and_(answered, sa.not_(anonymous)).label("emptied"), covered.label("covered"))
        .join(_INVITATION, _INVITATION.c.touchpoint_id == UPDATE.c.touchpoint_id)
        .where(sa.text("topic = 'link' AND field_update.state <> 'replaced'"), over)
        .limit(limit)
    )
    found = rows.as_dicts(tx.execute(query))
    for chunk in rows.chunks([row["id"] for row in found]):
        tx.execute(sa.update(UPDATE).where(UPDATE.c.id.in_(chunk), live).values(state="replaced"))
    return {
        row["touchpoint_id"]: Target(connector=row["connector"], object=row["object"], record=row["record"], fields={LINK: None})
        for row in found
        if not row["emptied"] and not row["covered"]
    }


def hasten(tx: sa.Connection, connector: str, now: datetime) -> None:
    """The CRM is back: whatever waits for another try is due now."""
    waiting = sa.and_(UPDATE.c.state == "due", UPDATE.c.connector == connector, UPDATE.c.due_at > now)
    tx.execute(sa.update(UPDATE).where(waiting).values(due_at=now))


def gathered(tx: sa.Connection, connector: str, now: datetime) -> outbox.Gathered:
    """What is due to be written for this connector."""
    query = sa.select(sa.func.count(), sa.func.min(UPDATE.c.due_at), sa.func.max(UPDATE.c.made_at)).where(_due(connector, now))
    row = tx.execute(query).one()
    return outbox.Gathered(count=row[0], oldest=row[1], newest=row[2])


def _due(connector: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(UPDATE.c.state == "due", UPDATE.c.connector == connector, UPDATE.c.due_at <= now)


def due(tx: sa.Connection, connector: str, now: datetime, limit: int) -> list[Due]:
    """The next field updates of this connector, oldest first.

    One for a record of which an older one still waits for another try waits with it: otherwise the older answer would win.
    """
    older = sa.alias(UPDATE)
    held = sa.exists().where(
        older.c.record == UPDATE.c.record,
        older.c.object == UPDATE.c.object,
        older.c.connector == UPDATE.c.connector,
        older.c.state == sa.literal_column("'due'"),
        older.c.due_at > now,
        older.c.id < UPDATE.c.id,
    )
    query = sa.select(UPDATE).where(_due(connector, now), sa.not_(held)).order_by(UPDATE.c.id).limit(limit)
    return [
        Due(
            id=row["id"],
            touchpoint_id=row["touchpoint_id"],
            object=row["object"],
            record=row["record"],
            fields=row["fields"] or {},
            attempts=row["attempts"],
        )
        for row in rows.as_dicts(tx.execute(query))
    ]


def settle(tx: sa.Connection, one: Due, settled: base.Settled, *, now: datetime, again_at: datetime) -> None:
    """Note what the CRM said; LATER is due again at ``again_at``. A row that was replaced meanwhile stays replaced."""
    attempted = {"attempts": one.attempts + 1, "code": settled.code, "problem": settled.message}
    outcomes: Mapping[base.Outcome, dict[str, Any]] = {
        base.Outcome.DONE: {"state": "done", "done_at": now, "code": "", "problem": ""},
        base.Outcome.LATER: {"due_at": again_at},
        base.Outcome.DEAD: {"state": "dead"},
    }
    values = attempted | outcomes[settled.outcome]
    tx.execute(sa.update(UPDATE).where(UPDATE.c.id == one.id, UPDATE.c.state == "due").values(**values))


def note(tx: sa.Connection, settled: Sequence[tuple[Due, base.Settled]], now: datetime) -> None:
    """A ledger line for each that went or died; retries alone are not news."""
    words = {base.Outcome.DONE: "written", base.Outcome.DEAD: "dead"}
    ledger.note(
        tx,
        (
            ledger.Line(
                touchpoint_id=one.touchpoint_id,
                at=now,
                step="write_back",
                what=words[result.outcome],
                detail=f"{one.object} {result.code}".strip(),
            )
            for one, result in settled
            if result.outcome in words
        ),
    )


def retry(tx: sa.Connection, now: datetime, ids: Sequence[int] | None = None) -> int:
    """Dead field updates are due again, unless their values are forgotten; how many. ``ids`` narrows it to some."""
    which = sa.and_(UPDATE.c.state == "dead", UPDATE.c.fields.is_not(sa.null()))
    if ids is not None:
        which = sa.and_(which, UPDATE.c.id.in_(ids))
    return tx.execute(sa.update(UPDATE).where(which).values(state="due", due_at=now, attempts=0)).rowcount
