"""Coverage: how far touchpoints of one group came, counted in the database. Called by journey/coverage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import answers, decisions, messages, places, touchpoints

_TOUCHPOINT = touchpoints.TOUCHPOINT
_DECISION = decisions.DECISION
_INVITATION = messages.INVITATION
_MESSAGE = messages.MESSAGE
_ANSWER = answers.ANSWER
_PLACE = places.PLACE

_NAME = sa.func.coalesce(_PLACE.c.name, _TOUCHPOINT.c.record)
COLUMNS: Mapping[str, sa.ColumnElement[str]] = {
    "connector": sa.case((_TOUCHPOINT.c.connector == "", _NAME), else_=_TOUCHPOINT.c.connector),
    "place": _PLACE.c.name,
    "kind": _TOUCHPOINT.c.kind,
    "object": _TOUCHPOINT.c.object,
    "account": _TOUCHPOINT.c.account,
    "rule": _DECISION.c.rule,
    "survey": _INVITATION.c.survey,
}
"""Groups that are columns; every other one is a fact of the frozen context. What happened at a place of ours has no connector
and stands under the place's name."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Touchpoints of one group that met the same decision."""

    group: str
    """Empty where the touchpoint does not have the fact, or it is forgotten."""
    reason: str
    touchpoints: int
    delivered: int
    """Of how many the first message was taken by the transport, and neither refused nor cancelled afterwards."""
    answered: int
    """Of how many there is a confirmed answer, to a message."""
    visits: int = 0
    """Of how many nobody was sent anything: they came to a place of ours by themselves."""
    apart: int = 0
    """Of the answered, how many anonymously."""


def count(tx: sa.Connection, by: str, since: datetime, anonymous: Collection[str] = ()) -> list[Counted]:
    """Decided touchpoints that happened since, by a column or by a fact of the context, and by reason.

    ``anonymous``: surveys of whose invitations it is only known whether they were answered.
    """
    each = _each(by, since, anonymous).subquery()
    query = sa.select(
        each.c.value,
        each.c.reason,
        sa.func.count(),
        sa.func.sum(each.c.delivered),
        sa.func.sum(each.c.answered),
        sa.func.sum(each.c.visits),
        sa.func.sum(each.c.apart),
    ).group_by(each.c.value, each.c.reason)
    return [
        Counted(
            group=_text(value),
            reason=reason,
            touchpoints=n,
            delivered=int(delivered),
            answered=int(answered),
            visits=int(visits),
            apart=int(apart),
        )
        for value, reason, n, delivered, answered, visits, apart in tx.execute(query)
    ]


def _each(by: str, since: datetime, anonymous: Collection[str]) -> sa.Select[tuple[str, str, int, int, int, int]]:
    value: sa.ColumnElement[str] = COLUMNS[by] if by in COLUMNS else _TOUCHPOINT.c.context[by].as_string()
    visited = sa.and_(_INVITATION.c.id.is_not(None), _MESSAGE.c.id.is_(None))
    apart = sa.and_(_INVITATION.c.survey.in_(anonymous), _INVITATION.c.state == "answered", sa.not_(visited))
    answered = sa.or_(apart, sa.and_(_ANSWER.c.id.is_not(None), sa.not_(visited)))
    delivered = sa.or_(answered, sa.and_(_MESSAGE.c.state == "sent", _INVITATION.c.state != "cancelled"))
    return (
        sa.select(
            value.label("value"),
            _DECISION.c.reason,
            sa.case((delivered, 1), else_=0).label("delivered"),
            sa.case((answered, 1), else_=0).label("answered"),
            sa.case((visited, 1), else_=0).label("visits"),
            sa.case((apart, 1), else_=0).label("apart"),
        )
        .join(_DECISION, _DECISION.c.touchpoint_id == _TOUCHPOINT.c.id)
        .outerjoin(_INVITATION, _INVITATION.c.touchpoint_id == _TOUCHPOINT.c.id)
        .outerjoin(_MESSAGE, sa.and_(_MESSAGE.c.invitation_id == _INVITATION.c.id, _MESSAGE.c.send == FIRST))
        .outerjoin(_ANSWER, sa.and_(_ANSWER.c.invitation_id == _INVITATION.c.id, _ANSWER.c.state == "confirmed"))
        .outerjoin(_PLACE, sa.and_(_PLACE.c.code == _TOUCHPOINT.c.record, _TOUCHPOINT.c.connector == ""))
        .where(_TOUCHPOINT.c.happened_at >= since)
    )


FIRST = "invitation"
"""``Message.send`` of the first message; reminders do not count again."""


def _text(value: object) -> str:
    return "" if value is None else str(value)
