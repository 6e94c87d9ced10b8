"""The suite that every connector inherits: what ``connectors.base`` promises, tried on a CRM that a test can drive.

A connector's own test file subclasses ``ConnectorContract`` and gives an ``org.Org``: the CRM's side, as people in it would act.
"""

import pytest

from tests.connectors.org import Desk, Org
from tests.connectors.reading import ReadingContract
from tests.connectors.tracing import TracingContract
from tests.connectors.writing import WritingContract
from wire import errors, finding


class ConnectorContract(ReadingContract, WritingContract, TracingContract):
    """Every test here and in what it inherits is a promise of ``connectors.base``."""

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

    def test_check_finds_nothing_wrong_but_the_clock_that_tests_move(self, org: Org) -> None:
        findings = [one for one in org.connector().check() if not one.subject.endswith("clock")]
        assert findings
        assert finding.Grade.WRONG not in {one.grade for one in findings}

    def test_close_may_be_called_twice(self, org: Org) -> None:
        connector = org.connector()
        connector.start([org.watch])
        connector.close()
        connector.close()
