"""Coverage: how far touchpoints of one group came, counted in the database. Called by journey/coverage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import answers, decisions, messages, touchpoints

_TOUCHPOINT = touchpoints.TOUCHPOINT
_DECISION = decisions.DECISION
_INVITATION = messages.INVITATION
_MESSAGE = messages.MESSAGE
_ANSWER = answers.ANSWER

COLUMNS: Mapping[str, sa.Column[str]] = {
    "connector": _TOUCHPOINT.c.connector,
    "kind": _TOUCHPOINT.c.kind,
    "object": _TOUCHPOINT.c.object,
    "account": _TOUCHPOINT.c.account,
    "rule": _DECISION.c.rule,
    "survey": _INVITATION.c.survey,
}
"""Groups that are columns; every other one is a fact of the frozen context."""


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
    """Of how many there is a confirmed answer."""


def count(tx: sa.Connection, by: str, since: datetime) -> list[Counted]:
    """Decided touchpoints that happened since, by a column or by a fact of the context, and by reason."""
    each = _each(by, since).subquery()
    query = sa.select(
        each.c.value,
        each.c.reason,
        sa.func.count(),
        sa.func.sum(each.c.delivered),
        sa.func.sum(each.c.answered),
    ).group_by(each.c.value, each.c.reason)
    return [
        Counted(group=_text(value), reason=reason, touchpoints=n, delivered=int(delivered), answered=int(answered))
        for value, reason, n, delivered, answered in tx.execute(query)
    ]


def _each(by: str, since: datetime) -> sa.Select[tuple[str, str, int, int]]:
    value: sa.ColumnElement[str] = COLUMNS[by] if by in COLUMNS else _TOUCHPOINT.c.context[by].as_string()
    answered = _ANSWER.c.id.is_not(None)
    delivered = sa.or_(answered, sa.and_(_MESSAGE.c.state == "sent", _INVITATION.c.state != "cancelled"))
    return (
        sa.select(
            value.label("value"),
            _DECISION.c.reason,
            sa.case((delivered, 1), else_=0).label("delivered"),
            sa.case((answered, 1), else_=0).label("answered"),
        )
        .join(_DECISION, _DECISION.c.touchpoint_id == _TOUCHPOINT.c.id)
        .outerjoin(_INVITATION, _INVITATION.c.touchpoint_id == _TOUCHPOINT.c.id)
        .outerjoin(_MESSAGE, sa.and_(_MESSAGE.c.invitation_id == _INVITATION.c.id, _MESSAGE.c.send == FIRST))
        .outerjoin(_ANSWER, sa.and_(_ANSWER.c.invitation_id == _INVITATION.c.id, _ANSWER.c.state == "confirmed"))
        .where(_TOUCHPOINT.c.happened_at >= since)
    )


FIRST = "invitation"
"""``Message.send`` of the first message; reminders do not count again."""


def _text(value: object) -> str:
    return "" if value is None else str(value)
