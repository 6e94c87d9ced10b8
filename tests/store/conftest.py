"""An opened database of each kind, and rows to fill it with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from store import database, decisions, holding, invitations, ledger, taking, touchpoints, updates
from triggers import decision, touchpoint

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[database.Store]:
    """A database with its tables."""
    opened = database.Store(database_url)
    yield opened
    opened.close()


def found(record: str, person: str | None = None, **changes: object) -> touchpoints.Found:
    """A touchpoint as the notice step finds it."""
    values: dict[str, object] = {
        "connector": "crm",
        "kind": "case_closed",
        "object": "case",
        "record": record,
        "occurrence": "1",
        "label": f"number {record}",
        "happened_at": NOW,
        "source": "case_closed",
        "person": touchpoint.Recipient(record="c1", name="Aino Virtanen", email="aino@posti.example", opted_out=False),
        "account": "a1",
        "context": {"subject": "Router keeps restarting", "priority": "High"},
    }
    return touchpoints.Found(touch=touchpoint.Touchpoint(**(values | changes)), person=person)  # type: ignore[arg-type]


def add_touchpoint(tx: sa.Connection, record: str, person: str | None = None) -> tuple[int, int | None]:
    """Store a touchpoint; its id and its person's."""
    touchpoints.add(tx, [found(record, person)], NOW)
    table = touchpoints.TOUCHPOINT
    row = tx.execute(sa.select(table.c.id, table.c.person_id).where(table.c.record == record)).one()
    return row.id, row.person_id


def add_answer(tx: sa.Connection, touchpoint_id: int, comment: str, fields: dict[str, object]) -> None:
    """Store an answer that counts, to be written to the case 500A."""
    invited = next(iter(holding.invited(tx, [f"token-{touchpoint_id}"]).values()))
    new = taking.New(
        invited=invited,
        version=1,
        state="confirmed",
        value=4,
        comment=comment,
        extras={},
        nonce="n1",
        at=NOW,
        visitor="seen",
        targets=[updates.Target(connector="crm", object="case", record="500A", fields=fields)],
    )
    line = ledger.Line(touchpoint_id=touchpoint_id, at=NOW, step="collect", what="answered")
    taking.keep(tx, taking.Outcome(new=[new], settled=[invited.id], lines=[line]))


def add_invitation(tx: sa.Connection, record: str, person: str | None = None) -> int:
    """Store a touchpoint that was decided and invited; the touchpoint's id."""
    touchpoint_id, person_id = add_touchpoint(tx, record, person)
    plan = decision.Plan(survey="csat", channels=("memory",), due_at=NOW, expires_at=NOW + timedelta(days=14))
    checked = (decision.Checked(rule="VIP", matched=False, condition="subject contains [vip]", saw="Router keeps restarting"),)
    asked = decision.Decision(
        verdict=decision.Verdict.ASK,
        reason=decision.Reason.ASKED,
        rule="Closed cases",
        explanation="Rule matched: Router keeps restarting.",
        checked=checked,
        plan=plan,
    )
    decisions.put(tx, {touchpoint_id: (person_id, asked)}, NOW)
    invitations.invite(tx, [invited(touchpoint_id, person_id)], NOW)
    decisions.invited(tx, [touchpoint_id])
    return touchpoint_id


def invited(touchpoint_id: int, person_id: int | None = None, **changes: object) -> invitations.Invited:
    """An invitation as the invite step makes it."""
    values: dict[str, object] = {
        "touchpoint_id": touchpoint_id,
        "person_id": person_id,
        "token": f"token-{touchpoint_id}",
        "key": f"key-{touchpoint_id}",
        "survey": "csat",
        "language": "fi",
        "connector": "crm",
        "channel": "memory",
        "address": "aino@posti.example",
        "due_at": NOW,
        "expires_at": NOW + timedelta(days=14),
    }
    return invitations.Invited(**(values | changes))  # type: ignore[arg-type]


@contextmanager
def statements(store: database.Store) -> Iterator[list[str]]:
    """What the database is asked meanwhile; one that goes for many rows at once is one."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", note)
