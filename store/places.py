"""Places: where a survey can be answered without an invitation, and the rows that one answer there becomes.

Called by journey/places and commands/place. An answer at a place gets the same rows as one to a message (touchpoint, decision,
invitation, answer), so that why, status, forgetting and reports need not know that nobody was written to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import decisions, messages, rows, tables, touchpoints
from triggers import decision

PLACE = rows.table(tables.Place)
TOUCHPOINT = touchpoints.TOUCHPOINT
INVITATION = messages.INVITATION
SOURCE = "places"
"""``Touchpoint.source`` of what happened at a place of ours, where no CRM was read."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A place as it is stored."""

    id: int
    code: str
    name: str
    way: str
    survey: str
    made_at: datetime
    closed_at: datetime | None
    options: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One answer's touchpoint, and how it was asked."""

    found: touchpoints.Found
    survey: str
    language: str
    explanation: str
    token: str = field(repr=False)


def add(tx: sa.Connection, values: Mapping[str, Any]) -> bool:
    """Store a new place; False when its code or name is taken."""
    return bool(rows.insert_new(tx, PLACE, [values]))


def find(tx: sa.Connection, code: str) -> Stored | None:
    """The place with this code, closed or not."""
    return _one(tx, PLACE.c.code == code)


def named(tx: sa.Connection, name: str) -> Stored | None:
    """The place of this name."""
    return _one(tx, PLACE.c.name == name)


def _one(tx: sa.Connection, where: sa.ColumnElement[bool]) -> Stored | None:
    found = rows.as_dicts(tx.execute(sa.select(PLACE).where(where)))
    return _stored(found[0]) if found else None


def _stored(row: Mapping[str, Any]) -> Stored:
    return Stored(**{**row, "options": row["options"] or {}})


def every(tx: sa.Connection) -> list[Stored]:
    """All places, by name."""
    return [_stored(row) for row in rows.as_dicts(tx.execute(sa.select(PLACE).order_by(PLACE.c.name)))]


def change(tx: sa.Connection, code: str, **values: Any) -> None:
    """Set columns of a place. Raises IntegrityError for a name that is taken."""
    tx.execute(sa.update(PLACE).where(PLACE.c.code == code).values(**values))


def visit(tx: sa.Connection, one: Visit, now: datetime) -> int | None:
    """Store a visit with its decision and invitation; the touchpoint's id, or None when this occurrence is there already.

    Nobody was sent anything: the decision has no moment of asking, so that no cap or quarantine counts it.
    """
    if touchpoints.add(tx, [one.found], now) == 0:
        return None
    row = tx.execute(sa.select(TOUCHPOINT.c.id, TOUCHPOINT.c.person_id).where(_is(one.found))).one()
    said = decision.Decision(verdict=decision.Verdict.ASK, reason=decision.Reason.ASKED, explanation=one.explanation)
    decisions.put(tx, {row.id: (row.person_id, said)}, now)
    decisions.invited(tx, [row.id])
    invited = {
        "touchpoint_id": row.id,
        "person_id": row.person_id,
        "token": one.token,
        "survey": one.survey,
        "language": one.language,
        "state": "answered",
        "made_at": now,
        "expires_at": now,
    }
    rows.insert(tx, INVITATION, [invited])
    return int(row.id)


def _is(found: touchpoints.Found) -> sa.ColumnElement[bool]:
    touch = found.touch
    return sa.and_(
        TOUCHPOINT.c.connector == touch.connector,
        TOUCHPOINT.c.kind == touch.kind,
        TOUCHPOINT.c.record == touch.record,
        TOUCHPOINT.c.occurrence == touch.occurrence,
    )


def token_of(tx: sa.Connection, found: touchpoints.Found) -> str | None:
    """The token of the invitation of this occurrence, once it was stored."""
    query = sa.select(INVITATION.c.token).join(TOUCHPOINT, TOUCHPOINT.c.id == INVITATION.c.touchpoint_id)
    return tx.execute(query.where(_is(found))).scalar()
