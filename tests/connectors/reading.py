"""Promises about reading that every connector keeps; see contract.py."""

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.org import Desk, Org
from wire import errors


class ReadingContract:
    """Nothing is lost, nothing runs ahead, an idle round is one call."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    def test_start_takes_the_servers_now_in_one_call(self, org: Org) -> None:
        connector = org.connector()
        before = org.calls()
        marks = connector.start([org.watch, dataclasses.replace(org.watch, name="other")])
        assert org.calls() - before <= 1
        assert abs(marks["closed"].stamp - org.now()) < timedelta(seconds=5)
        assert marks["closed"].started == marks["other"].started

    def test_the_past_is_not_told(self, org: Org) -> None:
        org.close_cases(3)
        org.advance(timedelta(seconds=5))
        assert Desk(org.connector(), org.watch).poll() == []

    def test_the_past_is_told_where_the_admin_wants_it(self, org: Org) -> None:
        closed = org.close_cases(3)
        org.advance(timedelta(seconds=5))
        connector = org.connector()
        desk = Desk(connector, org.watch)
        desk.bookmarks = dict(connector.start([org.watch], timedelta(hours=1)))
        desk.poll()
        assert set(closed) <= set(desk.records)

    def test_a_closed_case_is_read_with_its_values(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        [closed] = org.close_cases(1)
        [change] = desk.poll()
        assert (change.watch, change.object, change.record) == ("closed", org.watch.object, closed)
        assert set(change.values) == set(org.watch.fields)
        assert change.stamp is not None
        assert change.stamp.utcoffset() == timedelta(0)
        assert not change.deleted

    def test_ties_over_a_page_boundary(self, org: Org) -> None:
        desk = Desk(org.connector(page=5), org.watch)
        closed = org.close_cases(12)
        desk.poll()
        assert sorted(desk.records) == sorted(closed)

    def test_an_idle_round_is_one_call_however_many_watches(self, org: Org) -> None:
        desk = Desk(org.connector(), *(dataclasses.replace(org.watch, name=f"w{number}") for number in range(4)))
        desk.poll()
        before = org.calls()
        assert desk.poll() == []
        assert org.calls() - before == 1

    def test_a_thousand_closings_are_read_in_one_call(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        desk.poll()
        closed = org.close_cases(1000)
        before = org.calls()
        desk.poll()
        assert len(set(desk.records)) == len(closed) == 1000
        assert org.calls() - before == 1

    def test_a_row_committed_late_with_an_older_stamp(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        late = org.close_late(2)
        org.advance(timedelta(seconds=90))
        desk.poll()
        desk.poll()
        assert not set(late) & set(desk.records)
        org.reveal()
        desk.poll()
        assert set(late) <= set(desk.records)

    def test_the_bookmark_stays_behind_the_servers_clock(self, org: Org) -> None:
        desk = Desk(org.connector(lag="20s"), org.watch)
        org.advance(timedelta(minutes=2))
        org.close_cases(1)
        desk.poll()
        behind = org.now() - desk.bookmarks["closed"].stamp
        assert timedelta(seconds=19) <= behind < timedelta(seconds=30)

    def test_bookmarks_never_go_back(self, org: Org) -> None:
        desk = Desk(org.connector(page=5, lag="0s"), org.watch)
        stamps = []
        for _ in range(3):
            org.advance(timedelta(seconds=30))
            org.close_cases(7)
            desk.poll()
            stamps.append(desk.bookmarks["closed"].stamp)
        assert stamps == sorted(stamps)

    def test_a_poll_interrupted_anywhere_loses_nothing(self, org: Org) -> None:
        for pages in (1, 2, 3):
            desk = Desk(org.connector(page=4), org.watch)
            closed = org.close_cases(14)
            desk.poll(pages)
            resumed = org.connector(page=4)
            desk.connector = resumed
            desk.poll()
            assert set(closed) <= set(desk.records)

    def test_rows_of_a_page_that_was_not_stored_come_again(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(3)
        list(desk.connector.read([org.watch], desk.bookmarks))
        desk.poll()
        assert sorted(desk.records) == sorted(closed)

    def test_several_threads_read_at_once(self, org: Org) -> None:
        connector = org.connector(page=50)
        desks = [Desk(connector, dataclasses.replace(org.watch, name=f"thread {number}")) for number in range(6)]
        closed = org.close_cases(120)
        threads = [threading.Thread(target=desk.poll) for desk in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [sorted(desk.records) for desk in desks] == [sorted(closed)] * 6

    def test_a_hidden_consent_column_is_absent(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        org.hide(org.consent)
        org.close_cases(1)
        [change] = desk.poll()
        assert org.consent not in change.values
        [looked] = desk.connector.look([org.look([change.record])])
        assert org.consent not in looked.values

    def test_a_token_that_expires_on_page_3(self, org: Org) -> None:
        desk = Desk(org.connector(page=4), org.watch)
        closed = org.close_cases(14)
        for number, page in enumerate(desk.connector.read([org.watch], desk.bookmarks), start=1):
            desk.seen += page.changes
            if number == 2:
                org.expire_tokens()
        assert sorted(desk.records) == sorted(closed)

    def test_a_failing_crm_is_told_as_later_and_moves_no_bookmark(self, org: Org) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(2)
        marks = dict(desk.bookmarks)
        org.fail_calls(50)
        with pytest.raises(errors.Later):
            desk.poll()
        assert desk.bookmarks == marks
        org.fail_calls(0)
        desk.poll()
        assert sorted(desk.records) == sorted(closed)
