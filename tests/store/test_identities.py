"""One human, several addresses: keys come together, and with them everything that hung on two rows."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from store import database, identities, people, touchpoints
from tests.store import conftest

Keys = people.Keys
TOUCHPOINT = touchpoints.TOUCHPOINT


def meet(store: database.Store, *met: people.Keys) -> dict[str, int]:
    with store.write() as tx:
        return identities.meet(tx, met)


def test_mail_and_phone_of_one_record_are_one_person(store: database.Store) -> None:
    found = meet(store, Keys(email="mail", phone="tel"))
    assert found["mail"] == found["tel"]


def test_a_person_is_known_again_by_either(store: database.Store) -> None:
    (person,) = set(meet(store, Keys(email="mail", phone="tel")).values())
    assert meet(store, Keys(phone="tel"), Keys(email="mail")) == {"mail": person, "tel": person}


def test_a_new_address_with_a_known_number_is_the_same_person(store: database.Store) -> None:
    person = meet(store, Keys(email="work", phone="tel"))["tel"]
    assert meet(store, Keys(email="home", phone="tel"))["home"] == person


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_two_who_turn_out_to_be_one_become_one(store: database.Store, batches: int) -> None:
    parts = [Keys(email="mail"), Keys(phone="tel"), Keys(email="mail", phone="tel")]
    for number in range(batches):
        found = meet(store, *parts[number::batches])
    found = meet(store, *parts)
    assert found["mail"] == found["tel"]
    with store.read() as tx:
        assert len(tx.execute(sa.select(people.PERSON.c.id)).all()) == 1


def test_what_hung_on_both_hangs_on_one(store: database.Store) -> None:
    with store.write() as tx:
        conftest.add_invitation(tx, "r1", "mail")
        by_phone = replace(conftest.found("r2", "tel"), phone="tel")
        touchpoints.add(tx, [by_phone], conftest.NOW)
    with store.write() as tx:
        identities.meet(tx, [Keys(email="mail", phone="tel")])
        owners = set(tx.execute(sa.select(TOUCHPOINT.c.person_id)).scalars())
        assert len(owners) == 1
        assert people.last_asked(tx, owners) == {owners.pop(): conftest.NOW}


def test_a_no_of_either_is_a_no(store: database.Store) -> None:
    found = meet(store, Keys(email="mail"), Keys(phone="tel"))
    with store.write() as tx:
        people.opt_out(tx, found["tel"], conftest.NOW, "mail")
        identities.consent(tx, {(found["tel"], "nordic"): True}, conftest.NOW)
    person = meet(store, Keys(email="mail", phone="tel"))["mail"]
    with store.read() as tx:
        assert people.opted_out(tx, [person]) == {person: conftest.NOW}
        assert identities.refused(tx, [person]) == {person: {"nordic": conftest.NOW}}


def test_a_switchboard_brings_nobody_together(store: database.Store) -> None:
    colleagues = [Keys(email=f"colleague {number}", phone="switchboard") for number in range(20)]
    found = meet(store, *colleagues[:10]) | meet(store, *colleagues[10:])
    people_of = [found[f"colleague {number}"] for number in range(20)]
    assert len(set(people_of)) >= 20 - identities.MOST_ADDRESSES + 1
    assert max(people_of.count(one) for one in people_of) <= identities.MOST_ADDRESSES


def test_a_no_in_a_crm_is_kept_until_that_crm_says_yes(store: database.Store) -> None:
    person = meet(store, Keys(email="mail"))["mail"]
    with store.write() as tx:
        identities.consent(tx, {(person, "acme"): True, (person, "nordic"): True}, conftest.NOW)
        identities.consent(tx, {(person, "acme"): False}, conftest.NOW)
        assert identities.refused(tx, [person]) == {person: {"nordic": conftest.NOW}}
