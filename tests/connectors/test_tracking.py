"""Reading Dataverse by delta links: the reading contract once more, and what is particular to tokens."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors import org as orgs
from tests.connectors import reading, stand_in
from tests.connectors.test_dynamics import RESOLUTIONS, DynamicsOrg


class DeltaOrg(DynamicsOrg):
    """Its connectors read by delta links unless a test says otherwise."""

    def connector(self, **changed: Any) -> base.Connector:
        return super().connector(**{"reading": "delta", **changed})


@pytest.fixture
def org(sandbox: stand_in.Control) -> Iterator[DeltaOrg]:
    made = DeltaOrg(sandbox)
    yield made
    made.close()


class TestReadingByDelta(reading.ReadingContract):
    @pytest.fixture
    def org(self, sandbox: stand_in.Control) -> Iterator[orgs.Org]:
        made = DeltaOrg(sandbox)
        yield made
        made.close()

    def test_a_thousand_closings_are_read_in_one_call(self, org: orgs.Org) -> None:
        desk = orgs.Desk(org.connector(), org.watch)
        desk.poll()
        closed = org.close_cases(1000)
        before = org.calls()
        desk.poll()
        assert len(set(desk.records)) == len(closed) == 1000
        assert org.calls() - before == 2  # by delta one for the ids and one for everything about them


def begun(org: DeltaOrg, **changed: Any) -> orgs.Desk:
    """A desk whose bookmark has a token."""
    desk = orgs.Desk(org.connector(**changed), RESOLUTIONS)
    org.advance(timedelta(minutes=1))
    desk.poll()
    return desk


def keys(desk: orgs.Desk) -> set[tuple[str, Any]]:
    """What touchpoints are made of."""
    return {(change.record, tuple(sorted(change.values.items(), key=str))) for change in desk.seen}


def test_both_ways_find_the_same_changes(org: DeltaOrg) -> None:
    by_delta, by_poll = begun(org), begun(org, reading="poll")
    org.close_cases(7)
    for desk in (by_delta, by_poll):
        desk.poll()
    assert len(by_delta.records) == 7
    assert keys(by_delta) == keys(by_poll)


def test_the_first_token_triggers_nothing(org: DeltaOrg) -> None:
    org.close_cases(5)
    org.advance(timedelta(minutes=1))
    desk = begun(org)
    assert desk.seen == []
    assert desk.bookmarks["resolved"].token


def test_rows_that_do_not_meet_the_condition_are_left_out(org: DeltaOrg) -> None:
    desk = begun(org)
    [kept, reopened] = org.close_cases(2)
    org.act("reopen_cases", records=[reopened])
    desk.poll()
    assert [change.values["_incidentid_value"] for change in desk.seen] == [kept]


def test_what_is_committed_far_later_than_the_look_back_is_found(org: DeltaOrg) -> None:
    desk = begun(org)
    late = org.close_late(1)
    org.advance(timedelta(minutes=50))
    desk.poll()
    assert desk.seen == []
    org.reveal()
    desk.poll()
    assert [change.values["_incidentid_value"] for change in desk.seen] == late


def test_an_expired_token_loses_nothing_and_triggers_nothing_old(org: DeltaOrg) -> None:
    desk = begun(org)
    old = org.close_cases(3)
    desk.poll()
    org.advance(timedelta(minutes=50))
    desk.poll()
    token = desk.bookmarks["resolved"].token
    missed = org.close_cases(4)
    org.fault("delta_expired", count=1)
    found = desk.poll()
    assert sorted(change.values["_incidentid_value"] for change in found) == sorted(missed)
    assert not set(old) & {change.values["_incidentid_value"] for change in found}
    assert desk.bookmarks["resolved"].token != token
    again = org.close_cases(1)
    assert [change.values["_incidentid_value"] for change in desk.poll()] == again


def test_a_round_that_was_not_stored_comes_again(org: DeltaOrg) -> None:
    desk = begun(org)
    closed = org.close_cases(3)
    list(desk.connector.read([RESOLUTIONS], desk.bookmarks))
    desk.connector = org.connector()
    desk.poll()
    assert sorted(change.values["_incidentid_value"] for change in desk.seen) == sorted(closed)


@contextmanager
def only_its_own_unit(org: DeltaOrg) -> Iterator[None]:
    """The application user's role may do everything, but only with the rows of its business unit."""
    store = org.control.sandbox.dynamics.store
    users, held = store.links["systemuserroles_association"], store.links["roleprivileges_association"]
    before = set(users)
    basic = next(record for record, row in store.table("role").by_id.items() if row["name"] == "Basic User")
    granted = {(basic, record) for record in store.table("privilege").by_id} - held
    users.clear()
    users.update((user, basic) for user, _ in before)
    held |= granted
    store.depths.update(dict.fromkeys(granted, "Local"))
    yield
    users.clear()
    users.update(before)
    held -= granted
    for one in granted:
        del store.depths[one]


def test_a_role_without_the_whole_organization_is_polled(org: DeltaOrg) -> None:
    with only_its_own_unit(org):
        desk = begun(org)
        closed = org.close_cases(2)
        desk.poll()
        before = org.calls()
        desk.poll()
    assert org.calls() - before == 1
    assert {change.values["_incidentid_value"] for change in desk.seen} == set(closed)
    assert desk.bookmarks["resolved"].token == ""


def test_several_tables_are_one_call_when_nothing_is_new(org: DeltaOrg) -> None:
    watches = [RESOLUTIONS, dataclasses.replace(RESOLUTIONS, name="again"), org.watch]
    desk = orgs.Desk(org.connector(), *watches)
    desk.poll()
    before = org.calls()
    desk.poll()
    assert org.calls() - before == 1


def test_auto_polls_until_the_look_back_alone_fills_a_page(org: DeltaOrg) -> None:
    desk = orgs.Desk(org.connector(reading="auto", page=20), RESOLUTIONS)
    desk.poll()
    assert desk.bookmarks["resolved"].token == ""
    closed = org.close_cases(70)
    org.advance(timedelta(minutes=1))
    for _ in range(3):
        desk.poll()
    assert desk.bookmarks["resolved"].token
    before = org.calls()
    desk.poll()
    assert org.calls() - before == 1
    assert {change.values["_incidentid_value"] for change in desk.seen} == set(closed)


def test_poll_forgets_a_token_that_was_kept_before(org: DeltaOrg) -> None:
    desk = begun(org)
    desk.connector = org.connector(reading="poll")
    closed = org.close_cases(2)
    org.advance(timedelta(minutes=1))
    desk.poll()
    assert desk.bookmarks["resolved"].token == ""
    assert sorted(change.values["_incidentid_value"] for change in desk.seen) == sorted(closed)
