"""The past as it stood at a moment: who had said no, who had been asked. Called by preview; nothing is ever written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from store import identities, opened, people, rows, tables, touchpoints
from triggers import load

_DECISION = rows.table(tables.Decision)
_TOUCHPOINT = touchpoints.TOUCHPOINT
_NEEDED = (people.PERSON, people.KEY, identities.REFUSAL, _DECISION, _TOUCHPOINT)


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known of one person."""

    person_id: int
    opted_out_at: datetime | None
    asked_at: datetime | None
    """The last time that was decided on before the moment."""
    refused: Mapping[str, datetime] = field(default_factory=dict)
    """Connectors whose CRM says that they opted out."""


@dataclass(frozen=True, kw_only=True)
class Closing:
    """One closing of a record that had been noticed before the moment."""

    touchpoint: int
    connector: str
    kind: str
    record: str
    happened_at: datetime
    asked_at: datetime | None


def open_read_only(url: str) -> opened.Opened | None:
    """The database as it is, without bringing its tables up to date; None where there are none, or those of an older version.

    Raises sqlalchemy's OperationalError when the server cannot be had.
    """
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///")).absolute()
        if not path.is_file():
            return None
        url = f"sqlite:///{path.as_uri()}?mode=ro&uri=true"
    store = opened.Opened(url)
    with store.read() as tx:
        found = sa.inspect(tx)
        there = set(found.get_table_names())
        current = all(
            table.name in there and {column["name"] for column in found.get_columns(table.name)} >= set(table.columns.keys())
            for table in _NEEDED
        )
    if not current:
        store.close()
        return None
    return store


def of(tx: sa.Connection, keys: Iterable[str], before: datetime) -> dict[str, Past]:
    """Person's key → what was known ``before``; keys never met are absent."""
    person, key = people.PERSON, people.KEY
    asked_at = sa.func.max(_DECISION.c.asked_at, type_=_DECISION.c.asked_at.type)
    earlier = sa.and_(_DECISION.c.person_id == person.c.id, _DECISION.c.asked_at.is_not(None), _DECISION.c.decided_at < before)
    found: dict[str, Past] = {}
    for chunk in rows.chunks(keys):
        query = (
            sa.select(key.c.key, person.c.id, person.c.opted_out_at, asked_at)
            .join(person, person.c.id == key.c.person_id)
            .outerjoin(_DECISION, earlier)
            .where(key.c.key.in_(chunk))
            .group_by(key.c.key, person.c.id, person.c.opted_out_at)
        )
        read = list(tx.execute(query))
        refused = identities.refused(tx, (i for _, i, _, _ in read))
        for name, i, said_no, asked in read:
            said = {connector: at for connector, at in refused.get(i, {}).items() if at < before}
            found[name] = Past(person_id=i, opted_out_at=said_no, asked_at=asked, refused=said)
    return found


def closings(tx: sa.Connection, records: Iterable[str], before: datetime) -> list[Closing]:
    """Touchpoints of these records that had been noticed ``before``, with what had been decided on them by then."""
    earlier = sa.and_(_DECISION.c.touchpoint_id == _TOUCHPOINT.c.id, _DECISION.c.decided_at < before)
    columns = [_TOUCHPOINT.c[name] for name in ("connector", "kind", "record", "happened_at")]
    found: list[Closing] = []
    for chunk in rows.chunks(records):
        query = (
            sa.select(_TOUCHPOINT.c.id.label("touchpoint"), *columns, _DECISION.c.asked_at)
            .outerjoin(_DECISION, earlier)
            .where(_TOUCHPOINT.c.record.in_(chunk), _TOUCHPOINT.c.noticed_at < before)
        )
        found += [Closing(**row) for row in rows.as_dicts(tx.execute(query))]
    return found


def askings(tx: sa.Connection, since: datetime, before: datetime) -> Iterator[tuple[str, load.Asking]]:
    """Rule and what it counts as, for everything that was (or was to be) asked from ``since`` on, as decided ``before``."""
    query = sa.select(_DECISION.c.rule, _DECISION.c.account, _DECISION.c.domain, _DECISION.c.stratum, _DECISION.c.asked_at).where(
        _DECISION.c.asked_at > since, _DECISION.c.decided_at < before
    )
    for rule, account, domain, stratum, at in tx.execute(query.order_by(_DECISION.c.asked_at)):
        yield rule, load.Asking(account=account, domain=domain, stratum=stratum, at=at)
