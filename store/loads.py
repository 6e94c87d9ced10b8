"""Loads: how much was asked of whom, what is planned and can still give way, and other closings of the same record.

Called by the decide step, which makes of it what deciding has to know. The indexes are over what was asked only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from store import answers, decisions, ledger, messages, rows, touchpoints
from triggers import load

_DECISION = decisions.DECISION
_TOUCHPOINT = touchpoints.TOUCHPOINT
_INVITATION = messages.INVITATION
_MESSAGE = messages.MESSAGE
_ANSWER = answers.ANSWER
_ANY_ANSWER = _ANSWER.alias()
_IS_DUE = messages.in_state("due")


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A planned asking that has not gone out."""

    waiting: touchpoints.Waiting
    rule: str
    counted: load.Asking


def pending(tx: sa.Connection, person_ids: Iterable[int]) -> list[Pending]:
    """What is planned for these people and has certainly not gone; on PostgreSQL it is held until the transaction ends."""
    found: list[Pending] = []
    for chunk in rows.chunks(sorted(set(person_ids))):
        of_person = (_DECISION.c.person_id.in_(chunk), _DECISION.c.asked_at.is_not(None))
        decided = sa.select(_DECISION, _TOUCHPOINT).join(_TOUCHPOINT, _TOUCHPOINT.c.id == _DECISION.c.touchpoint_id)
        labelled = decided.set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        uninvited = labelled.where(*of_person, _DECISION.c.invite.is_(sa.true())).with_for_update(of=_DECISION)
        invited = (
            labelled.join(_INVITATION, _INVITATION.c.touchpoint_id == _TOUCHPOINT.c.id)
            .join(_MESSAGE, _MESSAGE.c.invitation_id == _INVITATION.c.id)
            .where(*of_person, _INVITATION.c.state == "open", _MESSAGE.c.send == messages.FIRST, _IS_DUE)
            .with_for_update(of=_MESSAGE)
        )
        for query in (uninvited, invited):
            found += [_pending(row) for row in rows.as_dicts(tx.execute(query))]
    return found


def _pending(row: Mapping[str, Any]) -> Pending:
    touch = {name: row[f"touchpoint_{name}"] for name in touchpoints.COLUMNS}
    counted = load.Asking(
        account=row["decision_account"],
        domain=row["decision_domain"],
        stratum=row["decision_stratum"],
        at=row["decision_asked_at"],
    )
    waiting = touchpoints.Waiting(id=touch["id"], touch=touchpoints.as_noun(touch), person_id=touch["person_id"])
    return Pending(waiting=waiting, rule=row["decision_rule"], counted=counted)


def take_back(tx: sa.Connection, touchpoint_ids: Iterable[int], now: datetime) -> None:
    """The invitations of these have not gone and never will: as if they had not been made."""
    for chunk in rows.chunks(touchpoint_ids):
        made = sa.select(_INVITATION.c.id).where(_INVITATION.c.touchpoint_id.in_(chunk))
        tx.execute(sa.delete(_MESSAGE).where(_MESSAGE.c.invitation_id.in_(made)))
        tx.execute(sa.delete(_INVITATION).where(_INVITATION.c.touchpoint_id.in_(chunk)))
        ledger.note(tx, (ledger.Line(touchpoint_id=i, at=now, step="decide", what="gave way") for i in chunk))


@dataclass(frozen=True, kw_only=True)
class Closing:
    """One closing of a record."""

    touchpoint: int
    connector: str
    kind: str
    record: str
    happened_at: datetime
    asked_at: datetime | None


def closings(tx: sa.Connection, waiting: Sequence[touchpoints.Waiting]) -> list[Closing]:
    """Every touchpoint of the same records."""
    columns = [_TOUCHPOINT.c[name] for name in ("connector", "kind", "record", "happened_at")]
    found: list[Closing] = []
    for chunk in rows.chunks({one.touch.record for one in waiting}):
        query = (
            sa.select(_TOUCHPOINT.c.id.label("touchpoint"), *columns, _DECISION.c.asked_at)
            .outerjoin(_DECISION, _DECISION.c.touchpoint_id == _TOUCHPOINT.c.id)
            .where(_TOUCHPOINT.c.record.in_(chunk))
        )
        found += [Closing(**row) for row in rows.as_dicts(tx.execute(query))]
    return found


def rules_of(tx: sa.Connection, touchpoint_ids: Iterable[int]) -> dict[int, str]:
    """Touchpoint → the name of the rule that decided."""
    found: dict[int, str] = {}
    for chunk in rows.chunks(touchpoint_ids):
        query = sa.select(_DECISION.c.touchpoint_id, _DECISION.c.rule).where(_DECISION.c.touchpoint_id.in_(chunk))
        found.update((i, name) for i, name in tx.execute(query))
    return found


def accounts(tx: sa.Connection, names: Iterable[str], since: datetime) -> dict[str, list[datetime]]:
    """Account → when it was (or is to be) asked, in order."""
    return _times(tx, _DECISION.c.account, names, since)


def domains(tx: sa.Connection, names: Iterable[str], since: datetime) -> dict[str, list[datetime]]:
    """E-mail domain → when it was (or is to be) asked, in order."""
    return _times(tx, _DECISION.c.domain, names, since)


def _times(tx: sa.Connection, column: sa.Column[str], names: Iterable[str], since: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for chunk in rows.chunks(sorted(set(names) - {""})):
        query = sa.select(column, _DECISION.c.asked_at).where(column.in_(chunk), _DECISION.c.asked_at > since)
        for name, at in tx.execute(query.order_by(_DECISION.c.asked_at)):
            found.setdefault(name, []).append(at)
    return found


def days(tx: sa.Connection, since: date, home: ZoneInfo) -> dict[date, int]:
    """Day, by the clock there → how many are (or are to be) asked on it, from ``since`` on."""
    latest = sa.select(sa.func.max(_DECISION.c.asked_at, type_=_DECISION.c.asked_at.type))
    last = tx.execute(latest.where(_DECISION.c.asked_at.is_not(None))).scalar()  # as the index says
    found: dict[date, int] = {}
    day = since
    while last is not None and day <= last.astimezone(home).date():
        begin, end = (datetime.combine(one, time(), home) for one in (day, day + timedelta(days=1)))
        within = (_DECISION.c.asked_at >= begin, _DECISION.c.asked_at < end)
        found[day] = tx.execute(sa.select(sa.func.count()).select_from(_DECISION).where(*within)).scalar_one()
        day += timedelta(days=1)
    return found


def answered(tx: sa.Connection, strata: Iterable[str], since: datetime) -> dict[str, tuple[int, int]]:
    """Stratum → answers that count, and questions that may still be answered, of what was asked since.

    Of an anonymous survey no answer leads here, only that the invitation was answered; that counts as one.
    """
    found: dict[str, tuple[int, int]] = {}
    apart = sa.and_(_INVITATION.c.state == "answered", ~sa.exists().where(_ANY_ANSWER.c.invitation_id == _INVITATION.c.id))
    counts = sa.or_(_ANSWER.c.id.is_not(None), apart)
    waits = sa.and_(_ANSWER.c.id.is_(None), sa.or_(_INVITATION.c.id.is_(None), _INVITATION.c.state == "open"))
    for chunk in rows.chunks(sorted(set(strata) - {""})):
        query = (
            sa.select(_DECISION.c.stratum, *(sa.func.sum(sa.case((of_these, 1), else_=0)) for of_these in (counts, waits)))
            .outerjoin(_INVITATION, _INVITATION.c.touchpoint_id == _DECISION.c.touchpoint_id)
            .outerjoin(_ANSWER, sa.and_(_ANSWER.c.invitation_id == _INVITATION.c.id, _ANSWER.c.state == "confirmed"))
            .where(_DECISION.c.stratum.in_(chunk), _DECISION.c.asked_at > since)
            .group_by(_DECISION.c.stratum)
        )
        found.update((name, (int(answers_), int(open_))) for name, answers_, open_ in tx.execute(query))
    return found
