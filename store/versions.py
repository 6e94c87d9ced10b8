"""Rule versions: which text of each rule was in force when, and what was decided under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, decisions, messages, rows, tables

VERSION = rows.table(tables.RuleVersion)
_DECISION = decisions.DECISION
_INVITATION = messages.INVITATION
_MESSAGE = messages.MESSAGE
_ANSWER = answers.ANSWER


@dataclass(frozen=True, kw_only=True)
class Text:
    """A rule as the settings have it now."""

    version: str
    text: Mapping[str, Any]


def note(tx: sa.Connection, current: Mapping[str, Text], now: datetime) -> list[str]:
    """From now on these rules are in force, by name, and no others; the names of those that are new or changed."""
    in_force = VERSION.c.until.is_(None)
    known = {row.rule: row.version for row in tx.execute(sa.select(VERSION).where(in_force))}
    over = [name for name, version in known.items() if name not in current or current[name].version != version]
    for chunk in rows.chunks(over):
        tx.execute(sa.update(VERSION).where(in_force, VERSION.c.rule.in_(chunk)).values(until=now))
    fresh = [name for name, one in current.items() if known.get(name) != one.version]
    made = [
        {"rule": name, "version": current[name].version, "text": dict(current[name].text), "since": now, "until": None}
        for name in fresh
    ]
    rows.insert_new(tx, VERSION, made)
    return fresh


def history(tx: sa.Connection) -> list[dict[str, Any]]:
    """Every version of every rule, each rule's oldest first."""
    return rows.as_dicts(tx.execute(sa.select(VERSION).order_by(VERSION.c.rule, VERSION.c.id)))


def decided(tx: sa.Connection) -> dict[tuple[str, str], dict[str, int]]:
    """(Rule, version) → verdict → how many decisions stand as they do because of it."""
    columns = (_DECISION.c.rule, _DECISION.c.rule_version, _DECISION.c.verdict)
    found: dict[tuple[str, str], dict[str, int]] = {}
    for name, version, verdict, count in tx.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
        found.setdefault((name, version), {})[verdict] = count
    return found


def sent(tx: sa.Connection) -> dict[str, dict[str, int]]:
    """Rule → first messages, reminders and answers."""
    first = sa.case((_MESSAGE.c.send == messages.FIRST, "sent"), else_="reminded")
    query = (
        sa.select(_DECISION.c.rule, first.label("what"), sa.func.count())
        .join(_INVITATION, _INVITATION.c.touchpoint_id == _DECISION.c.touchpoint_id)
        .join(_MESSAGE, _MESSAGE.c.invitation_id == _INVITATION.c.id)
        .where(_MESSAGE.c.state == "sent")
        .group_by(_DECISION.c.rule, sa.text("what"))
    )
    answered = (
        sa.select(_DECISION.c.rule, sa.literal("answered"), sa.func.count())
        .join(_INVITATION, _INVITATION.c.touchpoint_id == _DECISION.c.touchpoint_id)
        .where(_INVITATION.c.state == "answered")
        .group_by(_DECISION.c.rule)
    )
    found: dict[str, dict[str, int]] = {}
    for name, what, count in [*tx.execute(query), *tx.execute(answered)]:
        found.setdefault(name, {})[what] = count
    return found


@dataclass(frozen=True, kw_only=True)
class Group:
    """The people who got one variant of one rule's survey."""

    rule: str
    variant: str
    survey: str
    delivered: int
    """Whose first message went and was not refused later."""
    answers: Mapping[int, int]
    """Value → how many gave it, confirmed answers only."""


def variants(tx: sa.Connection) -> list[Group]:
    """Every variant that somebody got, by rule and name."""
    keys = (_DECISION.c.rule, _INVITATION.c.variant, _INVITATION.c.survey)
    went = sa.exists().where(
        _MESSAGE.c.invitation_id == _INVITATION.c.id, _MESSAGE.c.send == messages.FIRST, _MESSAGE.c.state == "sent"
    )
    query = (
        sa.select(*keys, _ANSWER.c.value, sa.func.count())
        .join(_INVITATION, _INVITATION.c.touchpoint_id == _DECISION.c.touchpoint_id)
        .outerjoin(_ANSWER, sa.and_(_ANSWER.c.invitation_id == _INVITATION.c.id, _ANSWER.c.state == "confirmed"))
        .where(_INVITATION.c.variant != "", sa.or_(went, _ANSWER.c.id.is_not(None)))
        .group_by(*keys, _ANSWER.c.value)
        .order_by(*keys)
    )
    found: dict[tuple[str, str, str], dict[int | None, int]] = {}
    for name, variant, survey, value, count in tx.execute(query):
        found.setdefault((name, variant, survey), {})[value] = count
    return [
        Group(
            rule=name,
            variant=variant,
            survey=survey,
            delivered=sum(counts.values()),
            answers={value: count for value, count in counts.items() if value is not None},
        )
        for (name, variant, survey), counts in found.items()
    ]
