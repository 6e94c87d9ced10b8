"""Promises about last looks and writes that every connector keeps; see contract.py."""

from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors.org import Desk, Org


class WritingContract:
    """A thousand are one call, and every row is settled on its own."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

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

    def test_a_write_that_fails_as_a_whole_is_settled_as_later(self, org: Org) -> None:
        connector = org.connector()
        closed = org.close_cases(3)
        org.fail_calls(50)
        settled = connector.write([org.update(record, 7) for record in closed])
        assert [row.outcome for row in settled] == [base.Outcome.LATER] * 3
        org.fail_calls(0)
        settled = connector.write([org.update(record, 7) for record in closed])
        assert [row.outcome for row in settled] == [base.Outcome.DONE] * 3
