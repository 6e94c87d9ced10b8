"""Promises about how fields changed that every connector keeps; see contract.py."""

from datetime import timedelta
from typing import Any

import pytest

from connectors import base, field_history
from tests.connectors.org import Org


class TracingContract:
    """Changes are told with both values, of the columns that are tracked; of others it is said what to switch on."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    def test_a_change_is_told_from_what_to_what_and_when(self, org: Org) -> None:
        connector = org.connector()
        [case] = org.close_cases(1)
        was = org.case(case)[org.tracked.plain]
        change(org, connector, case, org.tracked.other(was))
        [told] = connector.field_changes([org.asked([case])])
        assert [(one.record, one.column, one.was, one.became, one.kept) for one in told.changes] == [
            (case, org.tracked.column, was, org.tracked.other(was), True)
        ]
        assert abs(told.changes[0].at - org.now()) < timedelta(seconds=5)
        assert told.untold == {}

    def test_changes_come_oldest_first(self, org: Org) -> None:
        connector = org.connector()
        [case] = org.close_cases(1)
        wanted = [org.tracked.other(org.case(case)[org.tracked.plain])]
        for _ in range(3):
            change(org, connector, case, wanted[-1])
            wanted.append(org.tracked.other(wanted[-1]))
        [told] = connector.field_changes([org.asked([case])])
        assert [one.became for one in told.changes] == wanted[:-1]
        assert [one.at for one in told.changes] == sorted(one.at for one in told.changes)

    def test_changes_before_the_instant_are_left_out(self, org: Org) -> None:
        connector = org.connector()
        [case] = org.close_cases(1)
        change(org, connector, case, org.tracked.other(org.case(case)[org.tracked.plain]))
        org.advance(timedelta(minutes=5))
        [told] = connector.field_changes([org.asked([case], since=org.now() - timedelta(minutes=2))])
        assert (told.changes, told.untold) == ([], {})

    def test_a_record_that_never_changed_has_no_changes(self, org: Org) -> None:
        [told] = org.connector().field_changes([org.asked(org.close_cases(1))])
        assert (told.changes, told.untold) == ([], {})

    def test_what_is_not_tracked_is_told_of_with_what_to_switch_on(self, org: Org) -> None:
        connector = org.connector()
        [case] = org.close_cases(1)
        org.stop_tracking()
        change(org, connector, case, org.tracked.other(org.case(case)[org.tracked.plain]))
        for records in ([case], []):
            [told] = connector.field_changes([org.asked(records)])
            assert told.changes == []
            assert told.untold[org.tracked.column].message
            assert told.untold[org.tracked.column].remedy

    def test_a_thousand_records_are_one_call_and_the_next_is_another(self, org: Org) -> None:
        connector = org.connector()
        cases = org.close_cases(field_history.BATCH)
        connector.look([org.look(cases[:1])])
        for asked in (org.asked(cases), org.asked(cases)):
            before = org.calls()
            assert len(connector.field_changes([asked])) == 1
            assert org.calls() - before == 1

    def test_several_questions_are_one_call(self, org: Org) -> None:
        connector = org.connector()
        first, second = org.close_cases(2)
        change(org, connector, second, org.tracked.other(org.case(second)[org.tracked.plain]))
        before = org.calls()
        told = connector.field_changes([org.asked([first]), org.asked([second])])
        assert org.calls() - before == 1
        assert [len(one.changes) for one in told] == [0, 1]


def change(org: Org, connector: base.Connector, case: str, value: Any) -> None:
    """Somebody sets the tracked column of a case, a while after what was before."""
    org.advance(timedelta(seconds=10))
    update = base.FieldUpdate(key="change", object=org.watch.object, record=case, values={org.tracked.column: value})
    assert [row.outcome for row in connector.write([update])] == [base.Outcome.DONE]
