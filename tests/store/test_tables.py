"""What may be there only once is there only once, because the database says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import answers, decisions, ledger, messages, outbox, people, rows, touchpoints, updates
from store import database as store_database
from tests.store import conftest
from triggers import decision


def _copy_of(table: sa.Table, **changes: object) -> Callable[[sa.Connection], None]:
    """Puts the first row of a table in again, with another id and these changes."""

    def copy(tx: sa.Connection) -> None:
        row = rows.as_dicts(tx.execute(sa.select(table).limit(1)))[0]
        tx.execute(sa.insert(table).values(**{name: value for name, value in row.items() if name != "id"} | changes))

    return copy


CONFIRMED = {"value": 4, "comment": "", "at": conftest.NOW, "sign": "", "state": "confirmed"}


def fill(tx: sa.Connection) -> None:
    """One row in each table."""
    conftest.add_answer(tx, conftest.add_invitation(tx, "500A", "k"), "Hyvä!", {"score": 4})


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(_copy_of(people.PERSON), id="a person by key"),
        pytest.param(_copy_of(touchpoints.TOUCHPOINT), id="a touchpoint by connector, kind, record and occurrence"),
        pytest.param(_copy_of(decisions.DECISION), id="a decision by touchpoint"),
        pytest.param(_copy_of(messages.INVITATION, token="other"), id="an invitation by touchpoint"),
        pytest.param(_copy_of(messages.MESSAGE, key="other"), id="a message by invitation and send"),
        pytest.param(_copy_of(messages.MESSAGE, send="reminder-1"), id="a message by key"),
        pytest.param(_copy_of(answers.ANSWER, version=2, nonce="n2"), id="the answer that counts by invitation"),
        pytest.param(_copy_of(answers.ANSWER, state="doubtful", nonce="n2"), id="an answer by invitation and version"),
        pytest.param(_copy_of(answers.ANSWER, state="doubtful", version=2), id="an answer by nonce"),
        pytest.param(_copy_of(updates.UPDATE), id="a field update by answer, object and record"),
    ],
)
def test_a_second_one_is_refused(store: store_database.Store, copy: Callable[[sa.Connection], None]) -> None:
    with store.write() as tx:
        fill(tx)
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        copy(tx)


def test_a_touchpoint_that_is_known_already_is_left_as_it_was(store: store_database.Store) -> None:
    with store.write() as tx:
        assert touchpoints.add(tx, [conftest.found("500A")], conftest.NOW) == 1
        again = [conftest.found("500A", label="changed"), conftest.found("500B")]
        assert touchpoints.add(tx, again, conftest.NOW + timedelta(days=1)) == 1
        labels = tx.execute(sa.select(touchpoints.TOUCHPOINT.c.label).order_by(touchpoints.TOUCHPOINT.c.record)).scalars().all()
    assert labels == ["number 500A", "number 500B"]


def test_the_same_touchpoint_twice_in_one_page_is_one(store: store_database.Store) -> None:
    with store.write() as tx:
        fresh = touchpoints.unknown(tx, [conftest.found("500A"), conftest.found("500A"), conftest.found("500B")])
        assert touchpoints.add(tx, fresh, conftest.NOW) == 2


def test_a_decision_gives_way_to_the_next_one_on_the_same_touchpoint(store: store_database.Store) -> None:
    later = decision.Decision(
        verdict=decision.Verdict.LATER, reason=decision.Reason.QUARANTINED, look_again_at=conftest.NOW + timedelta(days=1)
    )
    never = decision.Decision(verdict=decision.Verdict.NEVER, reason=decision.Reason.TOO_OLD)
    with store.write() as tx:
        touchpoint_id, person_id = conftest.add_touchpoint(tx, "500A")
        decisions.put(tx, {touchpoint_id: (person_id, later)}, conftest.NOW)
        decisions.put(tx, {touchpoint_id: (person_id, never)}, conftest.NOW + timedelta(days=1))
        reasons = tx.execute(sa.select(decisions.DECISION.c.reason)).scalars().all()
        lines = ledger.of_touchpoints(tx, [touchpoint_id])[touchpoint_id]
    assert reasons == ["too_old"]
    assert [line["what"] for line in lines] == ["noticed", "quarantined", "too_old"], "the ledger keeps both"


def test_only_one_of_two_claims_on_a_message_succeeds(store: store_database.Store) -> None:
    with store.write() as tx:
        conftest.add_invitation(tx, "500A")
        message = outbox.due(tx, "crm", conftest.NOW, 10)[0]
    with store.write() as tx:
        first = messages.claim(tx, message, conftest.NOW)
    with store.write() as tx:
        second = messages.claim(tx, message, conftest.NOW)
    assert (first, second) == (True, False)


def test_a_long_label_is_cut_rather_than_refused(store: store_database.Store) -> None:
    with store.write() as tx:
        touchpoints.add(tx, [conftest.found("500A", label="Ä" * 32_000)], conftest.NOW)
        assert len(tx.execute(sa.select(touchpoints.TOUCHPOINT.c.label)).scalar_one()) <= 300


def test_any_plain_value_can_be_kept_in_the_context(store: store_database.Store) -> None:
    values = [float("nan"), float("inf"), 10**30, "\U0001f600 שלום", True, None, 1.5]
    with store.write() as tx:
        touchpoints.add(tx, [conftest.found("500A", context={str(n): value for n, value in enumerate(values)})], conftest.NOW)
    with store.write() as tx:
        kept = touchpoints.load(tx, touchpoints.claim(tx, conftest.NOW, 10))[0].touch.context
    assert list(kept.values()) == ["nan", "inf", *values[2:]]
