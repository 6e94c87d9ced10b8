"""The suite that every connector inherits: what ``connectors.base`` promises, tried on a CRM that a test can drive.

A connector's own test file subclasses ``ConnectorContract`` and gives an ``Org``: the CRM's side, as people in it would act.
"""

import abc
import dataclasses
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors import base
from wire import errors, finding


class Org(abc.ABC):
    """The CRM's side of a test."""

    watch: base.Watch
    """Reads closed cases; one of its optional fields is ``consent``."""
    consent: str
    """Path of the opt-out column."""
    score: str
    """Column on the case that takes a whole number."""
    answered_at: str
    """Column on the case that takes an instant."""

    @abc.abstractmethod
    def connector(self, **changed: Any) -> base.Connector:
        """A connector to this org, with some settings changed."""

    @abc.abstractmethod
    def close_cases(self, count: int) -> list[str]:
        """People close so many cases, all at the same moment."""

    @abc.abstractmethod
    def close_late(self, count: int) -> list[str]:
        """As close_cases, but nobody can see it until ``reveal``; the stamps are of now."""

    @abc.abstractmethod
    def reveal(self) -> None:
        """What was closed late can be seen from now on."""

    @abc.abstractmethod
    def delete_cases(self, records: Sequence[str]) -> None: ...

    @abc.abstractmethod
    def merge_case(self, record: str) -> str | None:
        """Merge it into another; answers the survivor's id where the CRM tells."""

    @abc.abstractmethod
    def hide(self, path: str) -> None:
        """Take the right to read this column of the case (or of what it leads to) away from the connector's user."""

    @abc.abstractmethod
    def expire_tokens(self) -> None: ...

    @abc.abstractmethod
    def lock_rows(self, count: int) -> None:
        """The next rows written are locked by somebody else."""

    @abc.abstractmethod
    def refuse_rows(self, count: int) -> None:
        """The next rows written break a rule of the admin."""

    @abc.abstractmethod
    def fail_calls(self, count: int) -> None:
        """The next calls fail as a whole, in a way that passes."""

    @abc.abstractmethod
    def calls(self) -> int:
        """Calls as the CRM bills them."""

    @abc.abstractmethod
    def advance(self, by: timedelta) -> None:
        """Move the CRM's clock."""

    @abc.abstractmethod
    def now(self) -> datetime:
        """The CRM's clock."""

    @abc.abstractmethod
    def case(self, record: str) -> Mapping[str, Any]:
        """All columns as an administrator sees them."""

    def look(self, records: Sequence[str]) -> base.Look:
        """The last look at these cases, with the fields of the watch."""
        fields, optional = self.watch.fields, self.watch.optional
        return base.Look(name="look", object=self.watch.object, records=tuple(records), fields=fields, optional=optional)

    def update(self, record: str, score: int, key: str = "") -> base.FieldUpdate:
        """A score for a case."""
        return base.FieldUpdate(key=key or record, object=self.watch.object, record=record, values={self.score: score})


class Desk:
    """The caller's side of a test: stores what it is handed, as the journey does."""

    def __init__(self, connector: base.Connector, *watches: base.Watch) -> None:
        self.connector = connector
        self.watches = watches
        self.bookmarks = dict(connector.start(watches, None))
        self.seen: list[base.Change] = []

    @property
    def records(self) -> list[str]:
        """Ids of all changes handed out, repeats included."""
        return [change.record for change in self.seen]

    def poll(self, pages: int | None = None) -> list[base.Change]:
        """One round, or so many of its pages; answers the changes of this round."""
        found: list[base.Change] = []
        reading = self.connector.read(self.watches, self.bookmarks)
        for number, page in enumerate(reading, start=1):
            self.seen += page.changes
            found += page.changes
            self.bookmarks |= page.bookmarks
            if number == pages:
                break
        return found


class ConnectorContract:
    """Every test here is a promise of ``connectors.base``."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    def test_start_takes_the_servers_now_in_one_call(self, org: Org) -> None:
        connector = org.connector()
        before = org.calls()
        marks = connector.start([org.watch, dataclasses.replace(org.watch, name="other")], None)
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
        desk.bookmarks = dict(connector.start([org.watch], org.now() - timedelta(hours=1)))
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

    def test_a_thousand_are_looked_at_in_one_call(self, org: Org) -> None:
        connector = org.connector()
        closed = org.close_cases(1000)
        connector.look([org.look(closed[:1])])
        before = org.calls()
        looked = connector.look([org.look(closed)])
        assert [change.record for change in looked] == closed
        assert org.calls() - before == 1
        assert set(looked[0].values) == set(org.watch.fields)

    def test_a_deleted_record_is_looked_at_as_deleted(self, org: Org) -> None:
        first, second = org.close_cases(2)
        org.delete_cases([first])
        looked = org.connector().look([org.look([first, second])])
        assert [(change.record, change.deleted) for change in looked] == [(first, True), (second, False)]

    def test_a_merged_record_is_looked_at_as_merged(self, org: Org) -> None:
        [losing, *_] = org.close_cases(1)
        survivor = org.merge_case(losing)
        [looked] = org.connector().look([org.look([losing])])
        assert looked.merged_into or looked.deleted
        assert looked.merged_into == survivor

    def test_nothing_to_look_at_is_no_call(self, org: Org) -> None:
        connector = org.connector()
        before = org.calls()
        assert list(connector.look([])) == []
        assert list(connector.write([])) == []
        assert org.calls() == before

    def test_a_thousand_scores_are_written_in_one_call(self, org: Org) -> None:
        connector = org.connector()
        closed = org.close_cases(1000)
        connector.write([org.update(closed[0], 1)])
        before = org.calls()
        settled = connector.write([org.update(record, number % 11) for number, record in enumerate(closed)])
        assert [row.key for row in settled] == closed
        assert {row.outcome for row in settled} == {base.Outcome.DONE}
        assert org.calls() - before == 1
        assert org.case(closed[7])[org.score] == 7

    def test_writing_twice_leaves_what_writing_once_leaves(self, org: Org) -> None:
        connector = org.connector()
        [closed] = org.close_cases(1)
        for _ in range(2):
            [row] = connector.write([org.update(closed, 9)])
            assert row.outcome is base.Outcome.DONE
        assert org.case(closed)[org.score] == 9

    def test_an_instant_comes_back_as_it_was_written(self, org: Org) -> None:
        connector = org.connector()
        [closed] = org.close_cases(1)
        instant = org.now().replace(microsecond=0)
        connector.write([base.FieldUpdate(key="k", object=org.watch.object, record=closed, values={org.answered_at: instant})])
        look = base.Look(name="look", object=org.watch.object, records=(closed,), fields=(org.answered_at,))
        assert connector.look([look])[0].values == {org.answered_at: instant}

    def test_the_last_of_several_updates_to_one_record_wins(self, org: Org) -> None:
        [closed] = org.close_cases(1)
        settled = org.connector().write([org.update(closed, score, key=str(score)) for score in (3, 8, 5)])
        assert [(row.key, row.outcome) for row in settled] == [(key, base.Outcome.DONE) for key in ("3", "8", "5")]
        assert org.case(closed)[org.score] == 5

    def test_a_locked_row_waits_and_the_others_are_written(self, org: Org) -> None:
        connector = org.connector()
        closed = org.close_cases(5)
        org.lock_rows(1)
        settled = connector.write([org.update(record, 7) for record in closed])
        outcomes = [row.outcome for row in settled]
        assert outcomes.count(base.Outcome.DEAD) == 0
        waiting = [row.key for row in settled if row.outcome is base.Outcome.LATER]
        assert len(waiting) <= 1
        again = connector.write([org.update(record, 7) for record in waiting])
        assert all(row.outcome is base.Outcome.DONE for row in again)
        assert {org.case(record)[org.score] for record in closed} == {7}

    def test_a_refused_row_is_dead_with_the_crms_words_and_the_others_are_written(self, org: Org) -> None:
        closed = org.close_cases(5)
        org.refuse_rows(1)
        settled = org.connector().write([org.update(record, 7) for record in closed])
        dead = [row for row in settled if row.outcome is base.Outcome.DEAD]
        written = [row for row in settled if row.outcome is base.Outcome.DONE]
        assert len(dead) + len(written) == 5
        assert len(dead) <= 1
        assert all(row.code and row.message for row in dead)
        assert all(org.case(row.key)[org.score] == 7 for row in written)

    def test_a_row_deleted_meanwhile_is_dead(self, org: Org) -> None:
        first, second = org.close_cases(2)
        org.delete_cases([first])
        settled = org.connector().write([org.update(first, 1), org.update(second, 2)])
        assert [row.outcome for row in settled] == [base.Outcome.DEAD, base.Outcome.DONE]
        assert settled[0].code

    def test_our_own_writes_echo_with_the_same_closing(self, org: Org) -> None:
        connector = org.connector()
        desk = Desk(connector, org.watch)
        [closed] = org.close_cases(1)
        [first] = desk.poll()
        org.advance(timedelta(seconds=5))
        connector.write([org.update(closed, 4)])
        echoes = desk.poll()
        assert [{**echo.values} for echo in echoes] in ([], [{**first.values}])

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

    def test_a_write_that_fails_as_a_whole_is_settled_as_later(self, org: Org) -> None:
        connector = org.connector()
        closed = org.close_cases(3)
        org.fail_calls(50)
        settled = connector.write([org.update(record, 7) for record in closed])
        assert [row.outcome for row in settled] == [base.Outcome.LATER] * 3
        org.fail_calls(0)
        settled = connector.write([org.update(record, 7) for record in closed])
        assert [row.outcome for row in settled] == [base.Outcome.DONE] * 3

    def test_describe_tells_columns_and_leaves_out_what_is_hidden_or_missing(self, org: Org) -> None:
        org.close_cases(1)
        connector = org.connector()
        described = connector.describe([org.watch.object, "no_such_object"])
        assert set(described) == {org.watch.object}
        assert described[org.watch.object].fields[org.score].writable
        org.hide(org.score)
        assert org.score not in connector.describe([org.watch.object])[org.watch.object].fields

    def test_the_call_budget_is_kept(self, org: Org) -> None:
        connector = org.connector(call_budget=2)
        desk = Desk(connector, org.watch)
        desk.poll()
        with pytest.raises(errors.Later) as refused:
            desk.poll()
        assert "call_budget" in str(refused.value)
        assert connector.health().calls == 2

    def test_check_finds_nothing_wrong(self, org: Org) -> None:
        findings = org.connector().check()
        assert findings
        assert finding.Grade.WRONG not in {one.grade for one in findings}

    def test_close_may_be_called_twice(self, org: Org) -> None:
        connector = org.connector()
        connector.start([org.watch], None)
        connector.close()
        connector.close()
