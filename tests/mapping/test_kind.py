"""Sources are data, which settings may change and add to."""

from typing import Any

import pydantic
import pytest

from mapping import kind

NEW: dict[str, Any] = {"kind": "work_done", "object": "WorkOrder", "once": "done"}


@pytest.mark.parametrize("crm", ["salesforce", "dynamics", "memory"])
def test_each_crm_brings_closures_and_purchases(crm: str) -> None:
    assert {source.kind for source in kind.sources(crm)} == {"case_closed", "purchase"}


@pytest.mark.parametrize("crm", ["salesforce", "dynamics", "memory"])
def test_every_built_in_person_has_a_consent_or_is_known_only_by_what_they_gave(crm: str) -> None:
    for source in kind.sources(crm):
        assert all(person.opt_out or not person.record for person in source.person)


def test_an_unknown_crm_brings_nothing() -> None:
    assert kind.sources("hubspot") == ()


def test_settings_change_one_fact_and_keep_the_others() -> None:
    changes = {"case_closed": {"where": "IsClosed = true AND Type != 'Internal'", "context": {"team": "Team__c"}}}
    source = kind.sources("salesforce", changes)[0]
    assert source.where.endswith("'Internal'")
    assert (source.context["team"].path, source.context["priority"].path) == (("Team__c",), ("Priority",))
    assert "Team__c" in source.paths


def test_settings_switch_a_source_off() -> None:
    names = [source.name for source in kind.sources("salesforce", {"order_activated": {"enabled": False}})]
    assert names == ["case_closed", "opportunity_won"]


def test_settings_add_a_kind() -> None:
    assert kind.sources("salesforce", {"work_order": NEW})[-1].kind == "work_done"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"once": ""}, "either occurrence"),
        ({"occurrence": "ClosedDate"}, "either occurrence"),
        ({"lookup": "incidentid"}, "all three, or none"),
        ({"happened": "Closed Date"}, "match pattern"),
        ({"happened": "x'; DROP"}, "match pattern"),
        ({"contxt": {}}, "Extra inputs"),
        ({"context": {"Team": "Team__c"}}, "match pattern"),
        ({"object": ...}, "Field required"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(changes: dict[str, Any], complaint: str) -> None:
    table = {key: value for key, value in {**NEW, **changes}.items() if value is not ...}
    with pytest.raises(pydantic.ValidationError, match=complaint):
        kind.sources("salesforce", {"work_order": table})


def test_facts_are_those_of_the_kind() -> None:
    assert {"amount", "stage"} <= kind.facts(kind.sources("salesforce"), "purchase")
    assert "amount" not in kind.facts(kind.sources("salesforce"), "case_closed")
