"""The reference connector keeps the contract."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import base, memory, settings
from tests.connectors import contract
from tests.connectors import org as orgs
from wire import errors


class MemoryOrg(orgs.Org):
    """People at work in the in-process CRM."""

    watch = base.Watch(
        name="closed",
        object="case",
        fields=("subject", "closed_at", "contact.email", "contact.opted_out"),
        where="closed = true",
        optional=("contact.opted_out",),
    )
    consent = "contact.opted_out"
    score = "score"
    answered_at = "answered_at"
    tracked = orgs.Tracked(column="priority", values=("Low", "High"))

    def __init__(self) -> None:
        self._ahead = timedelta()
        self.crm = memory.Crm(self.now)
        self._late: list[str] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def connector(self, **changed: Any) -> base.Connector:
        return memory.MemoryConnector("acme", settings.MemorySettings(type="memory", **changed), self.crm)

    def _make(self, closed: bool, stamp: datetime) -> str:
        person = {"contact.email": "aino@posti.example", "contact.opted_out": False}
        case = {"closed": closed, "subject": "Broken", "closed_at": stamp, "score": None, "priority": "Low"}
        return self.crm.put("case", "", case | person, stamp=stamp)

    def close_cases(self, count: int) -> list[str]:
        stamp = self.now().replace(microsecond=0)
        return [self._make(True, stamp) for _ in range(count)]

    def close_late(self, count: int) -> list[str]:
        self._stamp = self.now()
        self._late = [self._make(False, self._stamp) for _ in range(count)]
        return self._late

    def reveal(self) -> None:
        for record in self._late:
            self.crm.put("case", record, {"closed": True}, stamp=self._stamp)

    def delete_cases(self, records: Sequence[str]) -> None:
        for record in records:
            self.crm.delete("case", record)

    def merge_case(self, record: str) -> str | None:
        [survivor] = self.close_cases(1)
        self.crm.delete("case", record, merged_into=survivor)
        return survivor

    def hide(self, path: str) -> None:
        self.crm.hidden.add(("case", path))

    def stop_tracking(self) -> None:
        self.crm.forgotten.add(("case", self.tracked.column))

    def expire_tokens(self) -> None:
        """There are none."""

    def lock_rows(self, count: int) -> None:
        self.crm.refusals = [("locked", "somebody else holds this row")] * count

    def refuse_rows(self, count: int) -> None:
        self.crm.refusals = [("rule", "the score may not be seven")] * count

    def fail_calls(self, count: int) -> None:
        self.crm.failures = [errors.Later("closed for the night")] * count

    def calls(self) -> int:
        return self.crm.calls

    def advance(self, by: timedelta) -> None:
        self._ahead += by

    def case(self, record: str) -> Mapping[str, Any]:
        held = self.crm.get("case", record)
        assert held is not None
        return held.values


class TestMemory(contract.ConnectorContract):
    @pytest.fixture
    def org(self) -> orgs.Org:
        return MemoryOrg()


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", True),
        ("closed = true", True),
        ("closed = false", False),
        ("subject = 'It''s and or'", True),
        ("subject != 'x' and count = 3", True),
        ("subject != 'x' and missing = null", True),
        ("count != 3", False),
    ],
)
def test_a_condition_is_read(condition: str, holds: bool) -> None:
    assert memory.compile_condition(condition)({"closed": True, "subject": "It's and or", "count": 3}) is holds


def test_a_condition_that_cannot_be_read_needs_a_person() -> None:
    with pytest.raises(errors.NeedsPerson):
        memory.compile_condition("closed is true")


def test_the_first_child_that_fits_comes_along() -> None:
    crm = memory.Crm()
    roles = [{"primary": False, "email": "a@x.example"}, {"primary": True, "email": "b@x.example"}]
    crm.put("deal", "d1", {"won": True, "roles": roles})
    child = base.Child(relationship="roles", fields=("email",), where="primary = true")
    connector = memory.MemoryConnector("acme", settings.MemorySettings(type="memory"), crm)
    [looked] = connector.look([base.Look(name="n", object="deal", records=("d1",), fields=("won",), children=(child,))])
    assert looked.values == {"won": True, "roles.email": "b@x.example"}
