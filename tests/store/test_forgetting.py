"""Forgetting empties every column that can hold personal data, and keeps the figures."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from store import answers, database, forgetting, messages, people, rows, touchpoints, updates
from tests.store import conftest

LATE = conftest.NOW + timedelta(days=800)
PERSONAL = ("Aino", "posti", "Router", "Virtanen", "Kiitos", "Huge deal")


@pytest.fixture
def answered(store: database.Store) -> database.Store:
    """A store with one touchpoint that was asked about and answered; it is full of personal data."""
    with store.write() as tx:
        touchpoint_id = conftest.add_invitation(tx, "500A", "k")
        tx.execute(sa.update(touchpoints.TOUCHPOINT).values(label="Huge deal of Aino Virtanen"))
        conftest.add_answer(tx, touchpoint_id, "Kiitos", {"score": 4, "comment": "Kiitos"})
        tx.execute(sa.update(updates.UPDATE).values(state="done"))
        tx.execute(sa.update(messages.MESSAGE).values(state="sent"))
    return store


def everything(store: database.Store) -> str:
    """All that is stored, as text."""
    with store.read() as tx:
        kept = {name: rows.as_dicts(tx.execute(sa.select(table))) for name, table in SQLModel.metadata.tables.items()}
    return json.dumps(kept, default=str, ensure_ascii=False)


def forget(store: database.Store, before: object = LATE) -> int:
    with store.write() as tx:
        tx.execute(sa.update(touchpoints.TOUCHPOINT).values(decide_at=None))
        return forgetting.forget(tx, before, 100)  # type: ignore[arg-type]


def test_nothing_personal_is_left_anywhere(answered: database.Store) -> None:
    assert all(word in everything(answered) for word in PERSONAL), "otherwise this test proves nothing"
    assert forget(answered) == 1
    left = everything(answered)
    assert [word for word in PERSONAL if word in left] == []


def test_the_ledger_never_holds_what_a_customer_wrote(answered: database.Store) -> None:
    with answered.read() as tx:
        lines = tx.execute(sa.select(SQLModel.metadata.tables["event"].c.detail)).scalars().all()
    assert [line for line in lines if any(word in line for word in PERSONAL)] == []


def test_the_figures_stay(answered: database.Store) -> None:
    forget(answered)
    with answered.read() as tx:
        value = tx.execute(sa.select(answers.ANSWER.c.value).where(answers.ANSWER.c.state == "confirmed")).scalar_one()
        person = tx.execute(sa.select(people.PERSON.c.id).where(people.PERSON.c.key == "k")).scalar_one()
        assert (value, people.last_asked(tx, [person])) == (4, {person: conftest.NOW})


def test_forgetting_again_finds_nothing(answered: database.Store) -> None:
    assert [forget(answered), forget(answered)] == [1, 0]


def test_what_is_younger_is_left_alone(answered: database.Store) -> None:
    assert forget(answered, conftest.NOW) == 0


def test_what_still_waits_for_a_verdict_is_left_alone(answered: database.Store) -> None:
    with answered.write() as tx:
        tx.execute(sa.update(touchpoints.TOUCHPOINT).values(decide_at=LATE))
        assert forgetting.forget(tx, LATE, 100) == 0


def test_whoever_can_still_answer_is_left_alone(store: database.Store) -> None:
    with store.write() as tx:
        conftest.add_invitation(tx, "500A", "k")
    assert forget(store) == 0


def test_an_update_that_was_never_written_is_given_up_and_not_retried(answered: database.Store) -> None:
    with answered.write() as tx:
        tx.execute(sa.update(updates.UPDATE).values(state="dead"))
    forget(answered)
    with answered.write() as tx:
        assert updates.retry(tx, LATE) == 0


def test_an_update_that_still_waits_is_given_up(answered: database.Store) -> None:
    with answered.write() as tx:
        tx.execute(sa.update(updates.UPDATE).values(state="due"))
    forget(answered)
    with answered.read() as tx:
        assert updates.due(tx, "crm", LATE, 10) == []
        assert tx.execute(sa.select(updates.UPDATE.c.state)).scalars().all() == ["dead"]
