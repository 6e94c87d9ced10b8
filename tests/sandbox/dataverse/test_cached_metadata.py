"""RetrieveMetadataChanges: which definitions a query of its own brings, and how much of them."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.sandbox.dataverse.conftest import Organization


def asked(org: Organization, query: Any) -> dict[str, Any]:
    """The answer to an EntityQueryExpression."""
    address = f"{org.root}RetrieveMetadataChanges(Query=@p1)?@p1={quote(orjson.dumps(query).decode())}"
    found: dict[str, Any] = org.get(address)
    return found


def equals(name: str, value: Any, operator: str = "Equals") -> dict[str, Any]:
    """One condition."""
    return {"PropertyName": name, "ConditionOperator": operator, "Value": {"Type": "System.String", "Value": value}}


INCIDENT = {"Conditions": [equals("LogicalName", "incident")]}


def test_typed_particulars_of_chosen_columns_come_in_one_answer(org: Organization) -> None:
    names = {"Conditions": [equals("LogicalName", ["title", "palaute_comment"], "In")]}
    wanted = {"Properties": {"PropertyNames": ["MaxLength", "AttributeType"]}, "Criteria": names}
    query = {"Properties": {"PropertyNames": ["LogicalName", "Attributes"]}, "Criteria": INCIDENT, "AttributeQuery": wanted}
    [table] = asked(org, query)["EntityMetadata"]
    assert table["LogicalName"] == "incident"
    assert "SchemaName" not in table
    columns = {column["LogicalName"]: column for column in table["Attributes"]}
    assert set(columns) == {"title", "palaute_comment"}
    assert columns["title"]["MaxLength"] == 200
    assert columns["palaute_comment"]["@odata.type"] == "#Microsoft.Dynamics.CRM.MemoAttributeMetadata"
    assert "DisplayName" not in columns["title"]


@pytest.mark.parametrize(
    ("criteria", "tables"),
    [
        (INCIDENT, {"incident"}),
        (
            {"FilterOperator": "Or", "Conditions": [equals("LogicalName", "incident"), equals("LogicalName", "contact")]},
            {"incident", "contact"},
        ),
        ({"Conditions": [equals("LogicalName", "incident"), equals("LogicalName", "contact")]}, set()),
        ({"Filters": [INCIDENT], "Conditions": [equals("IsActivity", "false")]}, {"incident"}),
        ({"Conditions": [equals("ObjectTypeCode", "112")]}, {"incident"}),
    ],
)
def test_criteria(org: Organization, criteria: dict[str, Any], tables: set[str]) -> None:
    query = {"Properties": {"PropertyNames": ["LogicalName"]}, "Criteria": criteria}
    assert {table["LogicalName"] for table in asked(org, query)["EntityMetadata"]} == tables


def test_without_properties_everything_comes(org: Organization) -> None:
    [table] = asked(org, {"Properties": {"AllProperties": True}, "Criteria": INCIDENT})["EntityMetadata"]
    assert {"Attributes", "Keys", "OneToManyRelationships", "EntitySetName"} <= set(table)


@pytest.mark.parametrize("query", ["text", {"Criteria": {"Conditions": [equals("LogicalName", "x", "Resembles")]}}])
def test_a_wrong_query_is_refused(org: Organization, query: Any) -> None:
    address = f"{org.root}RetrieveMetadataChanges(Query=@p1)?@p1={quote(orjson.dumps(query).decode())}"
    assert org.call("GET", address).status_code == 400
