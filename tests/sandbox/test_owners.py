"""Which record a message is about is told by address and words alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sandbox import base, owners


class Org(base.StandIn):
    """A CRM of three records, told in the test."""

    name = "salesforce"

    def __init__(self, cases: Mapping[str, tuple[str, str]]) -> None:
        self.faults, self.counters = base.Faults(), base.Counters()
        self._cases = cases

    def populate(self, population: base.Population) -> None:
        """Nobody."""

    def act(self, do: str, *, count: int | None = None, records: Sequence[str] | None = None) -> list[str]:
        """Nothing."""
        return []

    def records(self, object_name: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """All of them are cases."""
        known = self._cases if object_name == "Case" else {}
        return [{"Id": key, "Subject": subject} for key, (_, subject) in known.items() if ids is None or key in ids]

    def labels(self, record: str) -> dict[str, str]:
        """As told in the test."""
        email, subject = self._cases[record]
        return {"email": email, "label": record, "subject": subject}


AINO, EERO = "Aino@posti.example", "eero@posti.example"
CASES = {
    "1": (AINO, "Router"),
    "2": (AINO, "Router keeps\trestarting"),
    "3": (AINO, "‫مشكلة‬ 😊"),
    "4": (EERO, "Router"),
    "5": (AINO, "Router"),
}


@pytest.mark.parametrize(
    ("email", "text", "record"),
    [
        (AINO, "your case “Router”", "1"),
        (AINO.lower(), "your case “ROUTER keeps\n restarting”", "2"),
        (AINO, "your case \u2068مشكلة 😊\u2069", "3"),
        (EERO, "your case “Router”", "4"),
        (EERO, "your case “Invoice”", ""),
        ("nobody@posti.example", "Router", ""),
    ],
)
def test_the_words_in_the_message_tell_the_record(email: str, text: str, record: str) -> None:
    known = owners.Owners({"salesforce": Org(CASES)})
    known.remember("salesforce", list(CASES))
    assert known.find([(email, text)]) == [("salesforce", record) if record else ("", "")]


def test_two_messages_with_the_same_words_are_about_two_records() -> None:
    known = owners.Owners({"salesforce": Org(CASES)})
    known.remember("salesforce", list(CASES))
    assert [record for _, record in known.find([(AINO, "“Router”")] * 2)] == ["1", "5"]


def test_records_that_were_changed_through_the_api_are_found_too() -> None:
    known = owners.Owners({"salesforce": Org(CASES)})
    known.remember("salesforce", ["1"])
    assert known.find([(EERO, "“Router”"), (AINO, "“Router”")]) == [("salesforce", "4"), ("salesforce", "1")]
