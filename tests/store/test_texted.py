"""Texts that went: to whom, and which a gateway speaks of by our key. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from store import database, messages, outbox, rows, tables, texted

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBER = "+358451234567"


@pytest.fixture
def store(database_url: str) -> Any:
    made = database.Store(database_url)
    yield made
    made.close()


def put(tx: sa.Connection, number: int, **changes: Any) -> int:
    """A text about a touchpoint of a person of its own."""
    touch = tables.Touchpoint(
        connector="crm", kind="case_closed", source="case_closed", object="case", record=str(number), occurrence="1",
        label=str(number), happened_at=NOW, noticed_at=NOW,
    )  # fmt: skip
    values = {name: value for name, value in touch.model_dump().items() if name != "id"}
    touchpoint_id: int = tx.execute(
        sa.insert(rows.table(tables.Touchpoint)).values(**values).returning(sa.column("id"))
    ).scalar_one()
    invitation = {"touchpoint_id": touchpoint_id, "token": str(number), "survey": "csat", "language": "fi", "state": "open"}
    given = invitation | {"made_at": NOW, "expires_at": NOW + timedelta(days=7), "variant": ""}
    invitation_id: int = tx.execute(sa.insert(messages.INVITATION).values(**given).returning(sa.column("id"))).scalar_one()
    message = {"invitation_id": invitation_id, "connector": "crm", "send": "invitation", "key": f"key-{number}", "channel": "sms"}
    sent = {"address": NUMBER, "state": "sent", "made_at": NOW, "due_at": NOW, "sent_at": NOW, "attempts": 1, "reference": ""}
    tx.execute(sa.insert(messages.MESSAGE).values(**message | sent | {"problem": ""} | changes))
    return touchpoint_id


def test_the_latest_text_to_a_number_is_found(store: database.Store) -> None:
    with store.write() as tx:
        put(tx, 1)
        latest = put(tx, 2)
        put(tx, 3, address="+358451234568")
        put(tx, 4, state="due", sent_at=None)
        put(tx, 5, channel="email")
        found = texted.last(tx, NUMBER)
    assert found is not None
    assert found.touchpoint_id == latest


def test_nobody_was_texted_there(store: database.Store) -> None:
    with store.write() as tx:
        assert texted.last(tx, NUMBER) is None


@pytest.mark.parametrize(
    ("state", "becomes"), [("unsure", "sent"), ("sending", "sending"), ("due", "due"), ("cancelled", "cancelled")]
)
def test_a_text_that_the_gateway_has_did_go(store: database.Store, state: str, becomes: str) -> None:
    with store.write() as tx:
        put(tx, 1, state=state, sent_at=None)
        texted.recognise(tx, "key-1", "SM1", NOW)
        row = tx.execute(sa.select(messages.MESSAGE)).mappings().one()
    known = state in ("unsure", "sending")
    assert (row["state"], row["reference"]) == (becomes, "SM1" if known else "")


def test_what_went_today_is_counted_with_what_may_be_going(store: database.Store) -> None:
    with store.write() as tx:
        put(tx, 1)
        put(tx, 2, sent_at=NOW - timedelta(days=1))
        put(tx, 3, state="sending", sent_at=None)
        put(tx, 4, state="unsure", sent_at=None)
        put(tx, 5, state="due", sent_at=None)
        put(tx, 6, channel="email")
        put(tx, 7, state="bounced")
        assert outbox.went(tx, "sms", NOW - timedelta(hours=1)) == 4
