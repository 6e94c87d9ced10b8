"""Touchpoints: stored once each, and the queue of those to be decided."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import identities, ledger, people, rows, tables
from triggers import touchpoint

TOUCHPOINT = rows.table(tables.Touchpoint)
COLUMNS = tuple(TOUCHPOINT.columns.keys())


@dataclass(frozen=True, kw_only=True)
class Found:
    """A touchpoint as the notice step found it."""

    touch: touchpoint.Touchpoint
    person: str | None
    """The person's first key."""
    phone: str | None = None
    """The key that their phone number gives; the same as ``person`` where they have no e-mail address."""
    decide_in: timedelta = timedelta()
    """How long after it is stored it is to be decided."""

    @property
    def keys(self) -> people.Keys:
        """All keys of the person."""
        return people.Keys(email=self.person if self.person != self.phone else None, phone=self.phone)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A stored touchpoint that waits for its verdict."""

    id: int
    touch: touchpoint.Touchpoint
    person_id: int | None


def unknown(tx: sa.Connection, found: Sequence[Found]) -> list[Found]:
    """Those that are not stored yet. A hint that spares work: what decides is the constraint in ``add``."""
    known: set[tuple[str, str, str, str]] = set()
    columns = (TOUCHPOINT.c.connector, TOUCHPOINT.c.kind, TOUCHPOINT.c.record, TOUCHPOINT.c.occurrence)
    for chunk in rows.chunks({one.touch.record for one in found}):
        known.update(tuple(row) for row in tx.execute(sa.select(*columns).where(TOUCHPOINT.c.record.in_(chunk))))
    fresh: dict[tuple[str, str, str, str], Found] = {}
    for one in found:
        if _key(one.touch) not in known:
            fresh.setdefault(_key(one.touch), one)
    return list(fresh.values())


def _key(touch: touchpoint.Touchpoint) -> tuple[str, str, str, str]:
    return (touch.connector, touch.kind, touch.record, touch.occurrence)


def add(tx: sa.Connection, found: Sequence[Found], now: datetime) -> int:
    """Store those that are new; how many that were."""
    if not found:
        return 0
    persons = identities.meet(tx, (one.keys for one in found))
    identities.consent(tx, _consent(found, persons), now)
    made = rows.insert_new(tx, TOUCHPOINT, [_row(one, persons, now) for one in found])
    ledger.note(
        tx,
        (ledger.Line(touchpoint_id=row["id"], at=now, step="notice", what="noticed", detail=row["source"]) for row in made),
    )
    return len(made)


def _consent(found: Sequence[Found], persons: dict[str, int]) -> dict[tuple[int, str], bool]:
    """(Person, connector) → whether the CRM says that they opted out; the latest touchpoint of each counts."""
    said: dict[tuple[int, str], bool] = {}
    for one in sorted(found, key=lambda one: one.touch.happened_at):
        if one.person is not None and one.touch.person is not None and one.touch.person.opted_out is not None:
            said[persons[one.person], one.touch.connector] = one.touch.person.opted_out
    return said


def _row(one: Found, persons: dict[str, int], now: datetime) -> dict[str, Any]:
    touch = one.touch
    return {
        "connector": touch.connector,
        "kind": touch.kind,
        "source": touch.source,
        "object": touch.object,
        "record": touch.record,
        "occurrence": touch.occurrence,
        "label": touch.label[:_LONGEST_LABEL],
        "happened_at": touch.happened_at,
        "noticed_at": now,
        "person_id": None if one.person is None else persons[one.person],
        "account": touch.account,
        "recipient": None if touch.person is None else asdict(touch.person),
        "context": {name: _storable(value) for name, value in touch.context.items()},
        "trouble": touch.trouble,
        "decide_at": now + one.decide_in,
        "forgotten": False,
    }


_LONGEST_LABEL = 300
"""Characters: the label is indexed, and PostgreSQL takes at most 2,704 bytes into an index."""


def _storable(value: touchpoint.Plain) -> touchpoint.Plain:
    """JSON knows no infinity and nothing that is not a number; PostgreSQL refuses them."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def claim(tx: sa.Connection, now: datetime, limit: int) -> list[int]:
    """Ids of the next touchpoints to decide, those that have waited longest first.

    They rest from now on, before anything is tried with them: one that breaks the step waits its turn, and so does the batch
    of a process that dies.
    """
    query = (
        sa.select(TOUCHPOINT.c.id)
        .where(TOUCHPOINT.c.decide_at.is_not(None), TOUCHPOINT.c.decide_at <= now)
        .order_by(TOUCHPOINT.c.decide_at, TOUCHPOINT.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(tx.execute(query).scalars())
    for chunk in rows.chunks(ids):
        tx.execute(sa.update(TOUCHPOINT).where(TOUCHPOINT.c.id.in_(chunk)).values(decide_at=now + RETRY))
    return ids


def load(tx: sa.Connection, ids: Iterable[int]) -> list[Waiting]:
    """These touchpoints, in no certain order."""
    found: list[Waiting] = []
    for chunk in rows.chunks(ids):
        read = rows.as_dicts(tx.execute(sa.select(TOUCHPOINT).where(TOUCHPOINT.c.id.in_(chunk))))
        found += [Waiting(id=row["id"], touch=as_noun(row), person_id=row["person_id"]) for row in read]
    return found


def undecided(tx: sa.Connection, ids: Iterable[int], connectors: Collection[str]) -> list[Waiting]:
    """Those of the touchpoints that are of these connectors and were never decided."""
    table = rows.table(tables.Decision)
    found: list[Waiting] = []
    for chunk in rows.chunks(ids):
        first = ~sa.exists().where(table.c.touchpoint_id == TOUCHPOINT.c.id)
        query = sa.select(TOUCHPOINT).where(TOUCHPOINT.c.id.in_(chunk), TOUCHPOINT.c.connector.in_(connectors), first)
        read = rows.as_dicts(tx.execute(query))
        found += [Waiting(id=row["id"], touch=as_noun(row), person_id=row["person_id"]) for row in read]
    return found


def learn(tx: sa.Connection, contexts: Mapping[int, Mapping[str, touchpoint.Plain]]) -> None:
    """Touchpoint id → its context, of which more is known now."""
    for i, context in contexts.items():
        told = {name: _storable(value) for name, value in context.items()}
        tx.execute(sa.update(TOUCHPOINT).where(TOUCHPOINT.c.id == i).values(context=told))


def rest(tx: sa.Connection, touchpoint_id: int, now: datetime) -> timedelta:
    """How long a touchpoint should rest that cannot be decided: as long as it has waited so far, at most a day."""
    noticed_at: datetime = tx.execute(sa.select(TOUCHPOINT.c.noticed_at).where(TOUCHPOINT.c.id == touchpoint_id)).scalar_one()
    return min(max(now - noticed_at, RETRY), timedelta(days=1))


def as_noun(row: dict[str, Any]) -> touchpoint.Touchpoint:
    """A row as the noun that rules and mapping speak of."""
    recipient = row["recipient"]
    return touchpoint.Touchpoint(
        connector=row["connector"],
        kind=row["kind"],
        source=row["source"],
        object=row["object"],
        record=row["record"],
        occurrence=row["occurrence"],
        label=row["label"],
        happened_at=row["happened_at"],
        account=row["account"],
        person=None if recipient is None else touchpoint.Recipient(**recipient),
        context=row["context"] or {},
        trouble=row["trouble"],
    )


def look_again(tx: sa.Connection, when: Mapping[int, datetime | None]) -> None:
    """Touchpoint id → when the decide step should look at it next; None when its verdict is final."""
    by_time: dict[datetime | None, list[int]] = {}
    for i, at in when.items():
        by_time.setdefault(at, []).append(i)
    for at, ids in by_time.items():
        for chunk in rows.chunks(ids):
            tx.execute(sa.update(TOUCHPOINT).where(TOUCHPOINT.c.id.in_(chunk)).values(decide_at=at))


RETRY = timedelta(minutes=5)
"""How long a touchpoint rests after it was taken up and no verdict was stored: its process died, or it breaks the step."""
