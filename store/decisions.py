"""Decisions: the one verdict per touchpoint, and the queue of those that want an invitation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import ledger, rows, tables, touchpoints
from triggers import decision

DECISION = rows.table(tables.Decision)
_INVITE = sa.text("decision.invite")
"""Word for word the condition of the index: SQLite would not see that ``invite = 1`` means the same."""


def put(
    tx: sa.Connection,
    made: Mapping[int, tuple[int | None, decision.Decision]],
    now: datetime,
    tell: Collection[int] = (),
) -> None:
    """Touchpoint id → (person id, its decision); an earlier decision on the same touchpoint gives way.

    ``tell``: those whose verdict is to be written onto the record.
    """
    for chunk in rows.chunks(made):
        tx.execute(sa.delete(DECISION).where(DECISION.c.touchpoint_id.in_(chunk)))
    rows.insert(
        tx, DECISION, [{**_row(i, person, one, now), "tell": True if i in tell else None} for i, (person, one) in made.items()]
    )
    touchpoints.look_again(tx, {i: one.look_again_at for i, (_, one) in made.items()})
    ledger.note(
        tx,
        (
            # The rule's name, not the explanation: that tells what a condition saw, and a customer may have written it.
            ledger.Line(touchpoint_id=i, at=now, step="decide", what=str(one.reason), detail=one.rule)
            for i, (_, one) in made.items()
        ),
    )


def _row(touchpoint_id: int, person_id: int | None, one: decision.Decision, now: datetime) -> dict[str, Any]:
    plan = one.plan
    return {
        "touchpoint_id": touchpoint_id,
        "person_id": person_id,
        "verdict": str(one.verdict),
        "reason": str(one.reason),
        "rule": one.rule,
        "rule_version": one.rule_version,
        "explanation": one.explanation,
        "checked": [asdict(check) for check in one.checked],
        "plan": None if plan is None else _plan_as_json(plan),
        "decided_at": now,
        "asked_at": None if plan is None else plan.due_at,
        "look_again_at": one.look_again_at,
        "account": one.counted.account if one.counted is not None else "",
        "domain": one.counted.domain if one.counted is not None else "",
        "stratum": one.counted.stratum if one.counted is not None else "",
        "probability": one.probability,
        "invite": one.verdict is decision.Verdict.ASK,
    }


def _plan_as_json(plan: decision.Plan) -> dict[str, Any]:
    return {
        "survey": plan.survey,
        "channels": list(plan.channels),
        "due_at": plan.due_at.isoformat(),
        "expires_at": plan.expires_at.isoformat(),
        "remind": [span.total_seconds() for span in plan.remind],
        "variant": plan.variant,
    }


def reminders(plan: Mapping[str, Any] | None) -> tuple[timedelta, ...]:
    """When to remind after the first message, as a stored plan has it."""
    return tuple(timedelta(seconds=seconds) for seconds in (plan or {}).get("remind", ()))


def channels(plan: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The channels that the rule names, as a stored plan has them."""
    return tuple((plan or {}).get("channels", ()))


def _plan(value: Mapping[str, Any]) -> decision.Plan:
    return decision.Plan(
        survey=value["survey"],
        channels=tuple(value["channels"]),
        due_at=datetime.fromisoformat(value["due_at"]),
        expires_at=datetime.fromisoformat(value["expires_at"]),
        remind=reminders(value),
        variant=value.get("variant", ""),
    )


def to_invite(tx: sa.Connection, limit: int) -> list[int]:
    """Ids of touchpoints with the verdict "ask" that have no invitation yet. Nothing is claimed."""
    query = sa.select(DECISION.c.touchpoint_id).where(_INVITE).order_by(DECISION.c.id).limit(limit)
    return list(tx.execute(query).scalars())


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A touchpoint that wants an invitation: how, and by which rule."""

    waiting: touchpoints.Waiting
    plan: decision.Plan
    rule: str


def claim(tx: sa.Connection, touchpoint_ids: Sequence[int]) -> list[Wanted]:
    """Those of the touchpoints that still have no invitation, with their plans; nobody else invites them meanwhile."""
    table = touchpoints.TOUCHPOINT
    found = []
    for chunk in rows.chunks(touchpoint_ids):
        query = (
            sa.select(table, DECISION.c.plan, DECISION.c.rule)
            .join(DECISION, DECISION.c.touchpoint_id == table.c.id)
            .where(_INVITE, table.c.id.in_(chunk))
            .order_by(DECISION.c.id)
            .with_for_update(of=DECISION, skip_locked=True)
        )
        for row in rows.as_dicts(tx.execute(query)):
            waiting = touchpoints.Waiting(id=row["id"], touch=touchpoints.as_noun(row), person_id=row["person_id"])
            found.append(Wanted(waiting=waiting, plan=_plan(row["plan"]), rule=row["rule"]))
    return found


def invited(tx: sa.Connection, touchpoint_ids: list[int]) -> None:
    """These have their invitation now."""
    for chunk in rows.chunks(touchpoint_ids):
        tx.execute(sa.update(DECISION).where(DECISION.c.touchpoint_id.in_(chunk)).values(invite=False))


def withdraw(tx: sa.Connection, touchpoint_id: int, reason: decision.Reason, explanation: str) -> None:
    """The last look found a reason not to ask after all; the person is free for other questions again."""
    tx.execute(
        sa.update(DECISION)
        .where(DECISION.c.touchpoint_id == touchpoint_id)
        .values(
            verdict=str(decision.Verdict.NEVER),
            reason=str(reason),
            explanation=explanation,
            asked_at=None,
            invite=False,
            tell=sa.case((DECISION.c.tell.is_(None), sa.null()), else_=sa.true()),
        )
    )


_ASKED = sa.update(DECISION).where(DECISION.c.touchpoint_id == sa.bindparam("touch")).values(asked_at=sa.bindparam("at"))


def asked(tx: sa.Connection, touchpoint_id: int, at: datetime) -> None:
    """The message went at this moment: the quarantine runs from here."""
    tx.execute(_ASKED, {"touch": touchpoint_id, "at": at})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict that is to be written onto its record."""

    touchpoint_id: int
    object: str
    record: str
    verdict: str
    reason: str
    explanation: str = field(repr=False)


def wants_telling(tx: sa.Connection, connector: str) -> bool:
    """Whether there is a verdict for a record of this connector."""
    table = touchpoints.TOUCHPOINT
    query = sa.select(DECISION.c.id).join(table, table.c.id == DECISION.c.touchpoint_id)
    return tx.execute(query.where(DECISION.c.tell.is_(sa.true()), table.c.connector == connector).limit(1)).first() is not None


def to_tell(tx: sa.Connection, connector: str, limit: int) -> list[Verdict]:
    """The next verdicts for records of this connector; nobody else takes them meanwhile."""
    table = touchpoints.TOUCHPOINT
    query = (
        sa.select(DECISION, table.c.object, table.c.record)
        .join(table, table.c.id == DECISION.c.touchpoint_id)
        .where(DECISION.c.tell.is_(sa.true()), table.c.connector == connector)
        .order_by(DECISION.c.id)
        .limit(limit)
        .with_for_update(of=DECISION, skip_locked=True)
    )
    return [
        Verdict(
            touchpoint_id=row["touchpoint_id"],
            object=row["object"],
            record=row["record"],
            verdict=row["verdict"],
            reason=row["reason"],
            explanation=row["explanation"],
        )
        for row in rows.as_dicts(tx.execute(query))
    ]


def told(tx: sa.Connection, touchpoint_ids: Sequence[int]) -> None:
    """These verdicts are on their way to the records."""
    for chunk in rows.chunks(touchpoint_ids):
        tx.execute(sa.update(DECISION).where(DECISION.c.touchpoint_id.in_(chunk)).values(tell=False))
