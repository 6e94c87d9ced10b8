"""Everything that is stored about a record or a person, touchpoint by touchpoint."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from store import answers, decisions, ledger, messages, people, rows, touchpoints, updates

_TOUCHPOINT = touchpoints.TOUCHPOINT


def find(tx: sa.Connection, text: str, keys: Iterable[str] = ()) -> list[int]:
    """Ids of the touchpoints meant by a record id, a label (case or order number), keys of a person, or ``#`` with our number."""
    means = [_TOUCHPOINT.c.record == text, _TOUCHPOINT.c.label == text, _TOUCHPOINT.c.record == text.lower()]
    if len(text) == _SHORT_ID:
        means.append(_TOUCHPOINT.c.record.startswith(text, autoescape=True))  # Salesforce shows 15 of an id's 18 characters
    if _NUMBER.fullmatch(text):
        means.append(_TOUCHPOINT.c.id == int(text[1:]))
    persons = set(people.known(tx, keys).values())
    if persons:
        means.append(_TOUCHPOINT.c.person_id.in_(persons))
    query = sa.select(_TOUCHPOINT.c.id).where(sa.or_(*means)).order_by(_TOUCHPOINT.c.happened_at, _TOUCHPOINT.c.id)
    return list(tx.execute(query).scalars())


_SHORT_ID = 15
_NUMBER = re.compile(r"#[0-9]{1,9}")


def tell(tx: sa.Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """For each touchpoint its row and, under the nouns' names, the rows that hang on it."""
    found = {row["id"]: row for chunk in rows.chunks(ids) for row in _rows(tx, _TOUCHPOINT, _TOUCHPOINT.c.id.in_(chunk))}
    lines = ledger.of_touchpoints(tx, ids)
    told = []
    for i in ids:
        decided = _rows(tx, decisions.DECISION, decisions.DECISION.c.touchpoint_id == i)
        invited = _rows(tx, messages.INVITATION, messages.INVITATION.c.touchpoint_id == i)
        of_invitation = [row["id"] for row in invited]
        told.append(
            {
                "touchpoint": found[i],
                "decision": decided[0] if decided else None,
                "invitation": invited[0] if invited else None,
                "messages": _rows(tx, messages.MESSAGE, messages.MESSAGE.c.invitation_id.in_(of_invitation)),
                "answers": _rows(tx, answers.ANSWER, answers.ANSWER.c.invitation_id.in_(of_invitation)),
                "writes": _rows(tx, updates.UPDATE, updates.UPDATE.c.touchpoint_id == i),
                "events": lines.get(i, []),
                "person": _person(tx, found[i]["person_id"]),
            }
        )
    return told


def _rows(tx: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    return rows.as_dicts(tx.execute(sa.select(table).where(where).order_by(table.c.id)))


def _person(tx: sa.Connection, person_id: int | None) -> dict[str, Any]:
    """When the person opted out here, and when they were or will be asked last."""
    if person_id is None:
        return {"opted_out_at": None, "asked_at": None}
    opted_out = people.opted_out(tx, [person_id]).get(person_id)
    return {"opted_out_at": opted_out, "asked_at": people.last_asked(tx, [person_id]).get(person_id)}


def feed(tx: sa.Connection, after: int, limit: int = 500) -> list[dict[str, Any]]:
    """Lines of the ledger after the one with this id, oldest first, each with its touchpoint's names and score."""
    event, answer, invitation = ledger.EVENT, answers.ANSWER, messages.INVITATION
    columns = (
        event,
        _TOUCHPOINT.c.connector,
        _TOUCHPOINT.c.kind,
        _TOUCHPOINT.c.object,
        _TOUCHPOINT.c.record,
        _TOUCHPOINT.c.label,
        answer.c.value,
        invitation.c.survey,
    )
    query = (
        sa.select(*columns)
        .join(_TOUCHPOINT, _TOUCHPOINT.c.id == event.c.touchpoint_id)
        .outerjoin(invitation, invitation.c.touchpoint_id == _TOUCHPOINT.c.id)
        .outerjoin(answer, sa.and_(answer.c.invitation_id == invitation.c.id, answer.c.state == "confirmed"))
        .where(event.c.id > after)
        .order_by(event.c.id)
        .limit(limit)
    )
    return rows.as_dicts(tx.execute(query))


def confirmed(tx: sa.Connection) -> list[dict[str, Any]]:
    """Every answer that counts, with the record it belongs to."""
    answer, invitation = answers.ANSWER, messages.INVITATION
    columns = (
        _TOUCHPOINT.c.connector,
        _TOUCHPOINT.c.object,
        _TOUCHPOINT.c.record,
        _TOUCHPOINT.c.label,
        invitation.c.survey,
        answer.c.value,
        answer.c.comment,
        answer.c.extras,
        answer.c.at,
    )
    query = (
        sa.select(*columns)
        .join(invitation, invitation.c.touchpoint_id == _TOUCHPOINT.c.id)
        .join(answer, answer.c.invitation_id == invitation.c.id)
        .where(answer.c.state == "confirmed")
        .order_by(answer.c.id)
    )
    return rows.as_dicts(tx.execute(query))
