"""Reads and writes survive what people and administrators do meanwhile; see over_the_wire.py."""

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors.org import Desk
from tests.connectors.stand_in import StandInOrg
from wire import errors


class RoughRowsContract:
    """Rows change, vanish, hide and refuse."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    def test_varying_page_sizes(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(40)
        org.fault("small_pages", count=50, size=7)
        desk.poll()
        assert sorted(desk.records) == sorted(closed)
        looked = desk.connector.look([org.look(closed)])
        assert [(change.record, change.deleted) for change in looked] == [(record, False) for record in closed]

    def test_a_row_that_changes_while_pages_are_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(page=4), org.watch)
        closed = org.close_cases(12)
        for number, page in enumerate(desk.connector.read(desk.watches, desk.bookmarks), start=1):
            desk.seen += page.changes
            desk.bookmarks |= page.bookmarks
            if number == 1:
                org.advance(timedelta(seconds=3))
                org.act("close_cases", records=org.act("reopen_cases", records=[closed[6], closed[0]]))
        desk.poll()
        assert set(desk.records) == set(closed)

    def test_a_reopened_and_reclosed_case_is_read_again(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        [closed] = org.close_cases(1)
        [first] = desk.poll()
        org.advance(timedelta(seconds=30))
        org.act("reopen_cases", records=[closed])
        assert desk.poll() == []
        org.advance(timedelta(seconds=30))
        org.act("close_cases", records=[closed])
        [second] = desk.poll()
        assert (first.record, second.record) == (closed, closed)
        assert first.stamp is not None
        assert second.stamp is not None
        assert second.stamp > first.stamp

    def test_deleted_and_merged_cases_are_not_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        deleted, merged, kept = org.close_cases(3)
        org.delete_cases([deleted])
        org.merge_case(merged)
        desk.poll()
        assert kept in desk.records
        assert not {deleted, merged} & set(desk.records)

    def test_optional_columns_that_the_org_has_not_are_absent_and_cost_no_call_later(self, org: StandInOrg) -> None:
        there = org.watch.fields
        fields = (*there, "no_such_column", f"{org.consent.split('.')[0]}.no_such_column")
        watch = dataclasses.replace(org.watch, fields=fields, optional=(*org.watch.optional, *fields[-2:]))
        desk = Desk(org.connector(), watch)
        org.close_cases(1)
        [change] = desk.poll()
        assert set(change.values) == set(there)
        before = org.calls()
        desk.poll()
        assert org.calls() - before == 1

    def test_consent_of_the_standard_needs_not_be_called_optional(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), dataclasses.replace(org.watch, optional=()))
        org.hide(org.consent)
        org.close_cases(1)
        [change] = desk.poll()
        assert org.consent not in change.values

    def test_seven_watches_are_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), *(dataclasses.replace(org.watch, name=f"w{number}") for number in range(7)))
        closed = org.close_cases(3)
        desk.poll()
        assert sorted(desk.records) == sorted(closed * 7)
        assert {change.watch for change in desk.seen} == {f"w{number}" for number in range(7)}

    def test_four_thousand_are_looked_at_in_one_call(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(4000)
        before = org.calls()
        looked = connector.look([org.look(closed)])
        assert [change.record for change in looked] == closed
        assert org.calls() - before <= 1

    def test_a_hidden_field_that_is_needed_needs_a_person_and_is_named(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        org.close_cases(1)
        org.hide(org.subject)
        with pytest.raises(errors.NeedsPerson) as refused:
            desk.poll()
        assert org.subject in str(refused.value)
        assert refused.value.remedy

    def test_a_watch_of_an_object_that_is_not_there_stops_no_other(self, org: StandInOrg) -> None:
        missing = dataclasses.replace(org.watch, name="missing", fields=(*org.watch.fields, "no_such_column"))
        desk = Desk(org.connector(), missing, org.watch)
        closed = org.close_cases(2)
        with pytest.raises(errors.NeedsPerson):
            desk.poll()
        assert sorted(desk.records) == sorted(closed)

    def test_consent_that_is_hidden_on_the_way_fails_closed(self, org: StandInOrg) -> None:
        connector = org.connector()
        [closed] = org.close_cases(1)
        [seen] = connector.look([org.look([closed])])
        assert org.consent in seen.values
        org.hide(org.consent)
        [hidden] = connector.look([org.look([closed])])
        assert org.consent not in hidden.values

    def test_several_rows_of_a_batch_fail_and_the_others_are_written(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(30)
        org.delete_cases(closed[10:13])
        settled = connector.write([org.update(record, 6) for record in closed])
        dead = [row.key for row in settled if row.outcome is base.Outcome.DEAD]
        assert dead == closed[10:13]
        assert {row.outcome for row in settled if row.key not in dead} == {base.Outcome.DONE}

    def test_a_value_that_is_refused_is_not_repeated(self, org: StandInOrg) -> None:
        [closed] = org.close_cases(1)
        comment = "The printer is broken " * 4000
        update = base.FieldUpdate(key="k", object=org.watch.object, record=closed, values={org.comment: comment})
        [row] = org.connector().write([update])
        assert row.outcome is base.Outcome.DEAD
        assert row.code
        assert "printer" not in row.message

    def test_a_column_that_is_not_there_is_dead_and_spoils_no_other_row(self, org: StandInOrg) -> None:
        first, second = org.close_cases(2)
        wrong = base.FieldUpdate(key="wrong", object=org.watch.object, record=first, values={"no_such_column": 1})
        settled = org.connector().write([wrong, org.update(second, 4)])
        assert [row.outcome for row in settled] == [base.Outcome.DEAD, base.Outcome.DONE]

    def test_an_id_that_is_none_is_dead_and_looked_at_as_deleted(self, org: StandInOrg) -> None:
        connector = org.connector()
        [row] = connector.write([org.update("' OR 1=1", 4)])
        assert row.outcome is base.Outcome.DEAD
        [looked] = connector.look([org.look(["' OR 1=1"])])
        assert looked.deleted

    def test_concurrent_edits_do_not_undo_each_other(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(20)
        answered = org.now().replace(microsecond=0)
        instants = [
            base.FieldUpdate(key=record, object=org.watch.object, record=record, values={org.answered_at: answered})
            for record in closed
        ]
        scores = [org.update(record, 8) for record in closed]
        threads = [threading.Thread(target=connector.write, args=(updates,)) for updates in (scores, instants)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        look = base.Look(name="l", object=org.watch.object, records=tuple(closed), fields=(org.score, org.answered_at))
        assert {tuple(change.values.values()) for change in connector.look([look])} == {(8, answered)}

    def test_a_batch_of_ten_thousand(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(10_000)
        before = org.calls()
        settled = connector.write([org.update(record, 5) for record in closed])
        assert {row.outcome for row in settled} == {base.Outcome.DONE}
        assert [row.key for row in settled] == closed
        assert org.calls() - before == 10
