"""The past as it stood at a moment: who had said no, who had been asked. Called by preview; nothing is ever written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from store import database, people, rows, tables

_DECISION = rows.table(tables.Decision)


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known of one person."""

    opted_out_at: datetime | None
    asked_at: datetime | None
    """The last time that was decided on before the moment."""


def open_read_only(url: str) -> database.Store | None:
    """The database as it is, without bringing its tables up to date; None where there is none yet, or an empty one.

    Raises sqlalchemy's OperationalError when the server cannot be had.
    """
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///")).absolute()
        if not path.is_file():
            return None
        url = f"sqlite:///{path.as_uri()}?mode=ro&uri=true"
    store = database.Store(url)
    with store.read() as tx:
        there = {people.PERSON.name, _DECISION.name} <= set(sa.inspect(tx).get_table_names())
    if not there:
        store.close()
        return None
    return store


def of(tx: sa.Connection, keys: Iterable[str], before: datetime) -> dict[str, Past]:
    """Person's key → what was known ``before``; persons never met are absent."""
    person = people.PERSON
    asked_at = sa.func.max(_DECISION.c.asked_at, type_=_DECISION.c.asked_at.type)
    earlier = sa.and_(_DECISION.c.person_id == person.c.id, _DECISION.c.asked_at.is_not(None), _DECISION.c.decided_at < before)
    found: dict[str, Past] = {}
    for chunk in rows.chunks(keys):
        query = (
            sa.select(person.c.key, person.c.opted_out_at, asked_at)
            .outerjoin(_DECISION, earlier)
            .where(person.c.key.in_(chunk))
            .group_by(person.c.key, person.c.opted_out_at)
        )
        found.update((key, Past(opted_out_at=said_no, asked_at=asked)) for key, said_no, asked in tx.execute(query))
    return found
