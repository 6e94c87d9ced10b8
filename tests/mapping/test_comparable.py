"""Comparisons that the CRM's own types do not allow are told."""

from typing import Any

import pytest

from connectors import base
from mapping import comparable, kind
from triggers import rule

COLUMNS = {"Amount": "currency", "Name": "string", "CreatedDate": "datetime", "StageName": "picklist"}
DESCRIBED = base.Description(
    object="Opportunity",
    fields={name: base.Field(name=name, type=crm_type, writable=False) for name, crm_type in COLUMNS.items()},
)
INCIDENT = base.Description(
    object="incident",
    fields={
        name: base.Field(name=name, type=crm_type, writable=False)
        for name, crm_type in {"title": "String", "createdon": "DateTime"}.items()
    },
)


def told(crm: str, on: str, *conditions: dict[str, Any]) -> list[str]:
    one = {"name": "R", "on": on, "survey": "s", "channel": "email", "when": conditions}
    rules = rule.Rules.model_validate({"rules": [one]})
    described = {"Opportunity": DESCRIBED, "incident": INCIDENT}
    return [one.message for one in comparable.check("acme", kind.sources(crm), rules, described)]


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "amount", "above": 100},
        {"field": "created_at", "older_than": "2d"},
        {"field": "subject", "contains": "3"},
        {"field": "owner", "above": 3},  # along a lookup: not described
        {"field": "no_such", "above": 3},
    ],
)
def test_what_the_type_allows_or_is_not_described_is_not_told(condition: dict[str, Any]) -> None:
    assert told("salesforce", "purchase", condition) == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            {"field": "subject", "above": 100},
            "subject above compares Name as a number, but the CRM says that it is of the type string",
        ),
        ({"field": "amount", "newer_than": "2d"}, "amount newer_than compares Amount as a date"),
        (
            {"field": "stage", "above": 3},
            "stage above compares StageName as a number, but the CRM says that it is of the type pick",
        ),
        ({"not": {"any": [{"field": "subject", "at_most": 1}]}}, "subject at_most compares Name as a number"),
    ],
)
def test_what_hardly_any_value_can_meet_is_told(condition: dict[str, Any], words: str) -> None:
    (message,) = told("salesforce", "purchase", condition)
    assert words in message


def test_names_that_the_source_gives_to_codes_are_words() -> None:
    (message,) = told("dynamics", "case_closed", {"field": "priority", "above": 2})
    assert message == "priority above compares it as a number, but its values are High, Normal, Low"


def test_columns_behind_the_closing_are_looked_at_too() -> None:
    assert (
        len(told("dynamics", "case_closed", {"field": "subject", "below": 3}, {"field": "created_at", "older_than": "1d"})) == 1
    )


def test_a_rule_of_another_connector_is_left_alone() -> None:
    one = {"name": "R", "on": "purchase", "survey": "s", "channel": "email", "connectors": "other"}
    rules = rule.Rules.model_validate({"rules": [{**one, "when": [{"field": "subject", "above": 1}]}]})
    assert comparable.check("acme", kind.sources("salesforce"), rules, {"Opportunity": DESCRIBED}) == []
