"""Answers that nobody can trace: what is stored of them, and what is taken away from the invitation that brought them.

Called by journey/anonymous inside the writer's transaction. An answer stands on a touchpoint of its own, without connector,
record and person, with every time cut to the day; its invitation there (state ``detached``) only carries it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, fetches, ledger, messages, rows, touchpoints, updates

TOUCHPOINT = touchpoints.TOUCHPOINT
INVITATION = messages.INVITATION
ANSWER = answers.ANSWER
MESSAGE = messages.MESSAGE
UPDATE = updates.UPDATE
FETCH = fetches.FETCH
EVENT = ledger.EVENT
SOURCE = "anonymous"
"""``Touchpoint.source`` of an answer kept apart."""
STATE = "detached"
"""``Invitation.state`` of what carries one."""


KEPT_APART = sa.and_(TOUCHPOINT.c.connector == "", TOUCHPOINT.c.source == SOURCE)
"""Touchpoints that only carry an answer: what they are about was noticed, and is counted, as another one."""


@dataclass(frozen=True, kw_only=True)
class Detached:
    """An answer with all that is known of it."""

    kind: str
    survey: str
    facts: Mapping[str, Any]
    day: datetime
    """Midnight."""
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, Any] = field(repr=False)


def keep(tx: sa.Connection, one: Detached) -> None:
    """Store it, without a line in the ledger: lines are numbered in the order of time."""
    touch = {
        "connector": "",
        "kind": one.kind,
        "source": SOURCE,
        "object": "",
        "record": "",
        "occurrence": secrets.token_urlsafe(16),
        "label": "",
        "happened_at": one.day,
        "noticed_at": one.day,
        "account": "",
        "recipient": sa.null(),
        "context": dict(one.facts),
        "trouble": "",
        "forgotten": False,
    }
    touchpoint_id = tx.execute(sa.insert(TOUCHPOINT).values(touch).returning(TOUCHPOINT.c.id)).scalar_one()
    invited = {
        "touchpoint_id": touchpoint_id,
        "token": secrets.token_urlsafe(16),
        "survey": one.survey,
        "language": "",
        "state": STATE,
        "made_at": one.day,
        "expires_at": one.day,
    }
    invitation_id = tx.execute(sa.insert(INVITATION).values(invited).returning(INVITATION.c.id)).scalar_one()
    answer = {
        "invitation_id": invitation_id,
        "version": 1,
        "state": "confirmed",
        "value": one.value,
        "comment": one.comment,
        "at": one.day,
        "sign": "",
        "extras": dict(one.extras) or sa.null(),
    }
    tx.execute(sa.insert(ANSWER).values(answer))


def settle(tx: sa.Connection, invitation_id: int, touchpoint_id: int) -> None:
    """This invitation is answered, and that is all that is known: no time, no fetch, no tap."""
    mine = INVITATION.c.id == invitation_id
    tx.execute(sa.update(INVITATION).where(mine).values(state="answered", opened_at=None))
    tx.execute(sa.delete(FETCH).where(FETCH.c.invitation_id == invitation_id))
    tx.execute(sa.delete(ANSWER).where(ANSWER.c.invitation_id == invitation_id, ANSWER.c.state == "provisional"))
    opened = sa.and_(EVENT.c.touchpoint_id == touchpoint_id, EVENT.c.step == "collect", EVENT.c.what == "opened")
    tx.execute(sa.delete(EVENT).where(opened))
    messages.answered(tx, invitation_id)


def context(tx: sa.Connection, touchpoint_id: int) -> Mapping[str, Any]:
    """The facts of the touchpoint that was asked about."""
    found = tx.execute(sa.select(TOUCHPOINT.c.context).where(TOUCHPOINT.c.id == touchpoint_id)).scalar()
    return found or {}


def note_open(tx: sa.Connection, noted: Sequence[fetches.Fetch]) -> list[bool]:
    """Note these fetches, as far as their invitations are still to be answered; which were noted."""
    still = set[int]()
    for chunk in rows.chunks({one.invitation_id for one in noted}):
        query = sa.select(INVITATION.c.id).where(INVITATION.c.id.in_(chunk), INVITATION.c.state == "open")
        still.update(tx.execute(query).scalars())
    fetches.note(tx, [one for one in noted if one.invitation_id in still])
    return [one.invitation_id in still for one in noted]


_MIXED = "mixed"
"""``Invitation.variant`` of a carrier whose traces of the moment are gone."""


def mix(tx: sa.Connection, surveys: Sequence[str], today: datetime) -> int:
    """Write anew what earlier days' anonymous answers wrote; how many answers.

    PostgreSQL tells of each row which transaction wrote it (``xmin``) and where it stands (``ctid``): those of an answer and of
    the invitation that brought it would be the same, or in the same order. Afterwards this transaction wrote all of them, in the
    order of their ids, those of the invitations being older than any answer.
    """
    if tx.dialect.name != "postgresql":
        return 0
    carrier = sa.select(INVITATION.c.id, INVITATION.c.touchpoint_id).where(INVITATION.c.state == STATE)
    fresh = tx.execute(carrier.where(INVITATION.c.variant == "", INVITATION.c.made_at < today)).all()
    if not fresh:
        return 0
    mine = sa.and_(INVITATION.c.state == "answered", INVITATION.c.survey.in_(surveys))
    asked = tx.execute(sa.select(INVITATION.c.id, INVITATION.c.touchpoint_id).where(mine)).all()
    answered, carriers = [row.id for row in asked], [row.id for row in fresh]
    touched = [row.touchpoint_id for row in asked]
    one: sa.BindParameter[int] = sa.bindparam("one")
    for statement, ids in (
        (sa.update(INVITATION).where(INVITATION.c.id == one).values(state="answered"), answered),
        (sa.update(MESSAGE).where(MESSAGE.c.invitation_id == one).values(state=MESSAGE.c.state), answered),
        (sa.update(UPDATE).where(UPDATE.c.touchpoint_id == one).values(state=UPDATE.c.state), touched),
        (sa.update(INVITATION).where(INVITATION.c.id == one).values(variant=_MIXED), carriers),
        (sa.update(TOUCHPOINT).where(TOUCHPOINT.c.id == one).values(source=SOURCE), [row.touchpoint_id for row in fresh]),
        (sa.update(ANSWER).where(ANSWER.c.invitation_id == one).values(version=1), carriers),
    ):
        every = [{"one": i} for i in sorted(ids)]
        if every:
            tx.execute(statement, every)
    return len(fresh)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Answers of one survey that share a fact."""

    group: str
    answers: Mapping[int, int]
    """Value → how many gave it."""


def groups(tx: sa.Connection, survey: str, by: str, since: datetime) -> list[Group]:
    """The anonymous answers to this survey since, by a kept fact, by its name."""
    fact = TOUCHPOINT.c.context[by].as_string()
    query = (
        sa.select(fact.label("fact"), ANSWER.c.value, sa.func.count())
        .join(INVITATION, INVITATION.c.touchpoint_id == TOUCHPOINT.c.id)
        .join(ANSWER, ANSWER.c.invitation_id == INVITATION.c.id)
        .where(INVITATION.c.state == STATE, INVITATION.c.survey == survey, TOUCHPOINT.c.happened_at >= since)
        .where(ANSWER.c.state == "confirmed")
        .group_by(sa.text("fact"), ANSWER.c.value)
    )
    found: dict[str, dict[int, int]] = {}
    for name, value, count in tx.execute(query):
        found.setdefault("" if name is None else str(name), {})[value] = count
    return [Group(group=name, answers=counts) for name, counts in sorted(found.items())]
