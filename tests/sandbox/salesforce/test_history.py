"""Field history as Salesforce documents it: rows of tracked columns, read-only, invisible where the column is."""

import pytest

from tests.sandbox.salesforce.client import Client
from tests.sandbox.salesforce.test_setup import FILES, OBJECT, PERMISSIONS, deploy, granted


def made(client: Client, **values: object) -> str:
    """A case that the API made."""
    found: str = client.json("POST", "sobjects/Case", json={"Subject": "Late parcel", "Priority": "Low", **values})["id"]
    return found


def rows(client: Client, case: str, what: str = "Field, DataType, OldValue, NewValue") -> list[dict[str, object]]:
    """The history of a case, oldest first."""
    return client.query(f"SELECT {what} FROM CaseHistory WHERE CaseId = '{case}' ORDER BY CreatedDate, Id")


def test_a_tracked_column_that_changes_makes_a_row_with_both_values(client: Client) -> None:
    case = made(client)
    client.json("PATCH", f"sobjects/Case/{case}", json={"Priority": "High", "Subject": "Parcel"})
    assert rows(client, case) == [
        {"Field": "created", "DataType": None, "OldValue": None, "NewValue": None},
        {"Field": "Priority", "DataType": "DynamicEnum", "OldValue": "Low", "NewValue": "High"},
    ]


def test_a_lookup_makes_two_rows_one_with_names_and_one_with_ids(client: Client) -> None:
    first, second = client.org.records("Contact")[:2]
    case = made(client, ContactId=first["Id"])
    client.json("PATCH", f"sobjects/Case/{case}", json={"ContactId": second["Id"]})
    found = [row for row in rows(client, case) if row["Field"] == "Contact"]
    assert [(row["DataType"], row["OldValue"], row["NewValue"]) for row in found] == [
        ("Text", first["Name"], second["Name"]),
        ("EntityId", first["Id"], second["Id"]),
    ]


def test_numbers_and_days_keep_their_type(client: Client) -> None:
    deal = client.org.records("Opportunity")[0]
    values = {"Amount": 1234.5, "CloseDate": "2030-01-31"}
    client.json("PATCH", f"sobjects/Opportunity/{deal['Id']}", json=values)
    text = f"SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{deal['Id']}'"
    found = {row["Field"]: (row["OldValue"], row["NewValue"]) for row in client.query(text)}
    assert found == {"Amount": (deal["Amount"], 1234.5), "CloseDate": (deal["CloseDate"], "2030-01-31")}


def test_the_parent_has_its_history_as_children(client: Client) -> None:
    case = made(client)
    [row] = client.query(f"SELECT Id, (SELECT Field, CreatedBy.Name FROM Histories) FROM Case WHERE Id = '{case}'")
    assert row["Histories"]["records"][0]["CreatedBy"]["Name"] == "Palaute Integration"


@pytest.mark.parametrize("condition", ["OldValue = 'Low'", "NewValue != null"])
def test_old_and_new_values_cannot_be_filtered_on(client: Client, condition: str) -> None:
    status, code = client.error("GET", "query", params={"q": f"SELECT Id FROM CaseHistory WHERE {condition}"})
    assert (status, code) == (400, "INVALID_FIELD")


def test_history_is_read_only_and_has_no_system_stamps(client: Client) -> None:
    described = client.json("GET", "sobjects/CaseHistory/describe")
    assert (described["createable"], described["updateable"], described["deletable"]) == (False, False, False)
    names = {field["name"] for field in described["fields"]}
    assert names == {"Id", "IsDeleted", "CaseId", "CreatedById", "CreatedDate", "Field", "DataType", "OldValue", "NewValue"}


def test_what_is_not_tracked_leaves_no_row_and_definitions_say_so(client: Client) -> None:
    case = made(client)
    client.org.track_history("Case", ["Status"])
    client.json("PATCH", f"sobjects/Case/{case}", json={"Priority": "High"})
    assert [row["Field"] for row in rows(client, case)] == ["created"]
    text = (
        "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition"
        " WHERE EntityDefinition.QualifiedApiName = 'Case' AND QualifiedApiName IN ('Status', 'Priority')"
    )
    tracked = {row["QualifiedApiName"]: row["IsFieldHistoryTracked"] for row in client.query(text)}
    assert tracked == {"Status": True, "Priority": False}


def test_field_definitions_want_to_know_of_which_object(client: Client) -> None:
    status, code = client.error("GET", "query", params={"q": "SELECT QualifiedApiName FROM FieldDefinition"})
    assert (status, code) == (400, "MALFORMED_QUERY")


def test_history_respects_field_level_security_of_the_parent(client: Client) -> None:
    case = made(client)
    client.json("PATCH", f"sobjects/Case/{case}", json={"Priority": "High"})
    client.org.faults.add("hide_field", field="Case.Priority")
    assert [row["Field"] for row in rows(client, case)] == ["created"]


def test_a_deleted_case_takes_its_history_along(client: Client) -> None:
    case = made(client)
    client.call("DELETE", f"sobjects/Case/{case}")
    assert rows(client, case) == []


def test_records_that_were_there_before_have_no_rows_until_they_change(client: Client) -> None:
    assert len(client.org.records("CaseHistory")) < len(client.org.records("Case"))


def test_a_custom_object_keeps_history_where_its_admin_wants_it(client: Client) -> None:
    history = "<enableHistory>true</enableHistory><fields><fullName>Mood__c</fullName><label>Mood</label><type>Text</type>"
    history += "<length>20</length><trackHistory>true</trackHistory></fields></CustomObject>"
    shown = PERMISSIONS.replace("Reply__c.Key__c", "Reply__c.Mood__c")
    made_of = OBJECT.replace("</CustomObject>", history)
    files = {**FILES, "objects/Reply__c.object": made_of, "permissionsets/Reply.permissionset": shown}
    assert deploy(client, files)["status"] == "Succeeded"
    granted(client, client.query("SELECT Id FROM PermissionSet WHERE Name = 'Reply'")[0]["Id"])
    reply = client.json("POST", "sobjects/Reply__c", json={"Mood__c": "bad"})["id"]
    client.json("PATCH", f"sobjects/Reply__c/{reply}", json={"Mood__c": "good"})
    text = f"SELECT Field, OldValue, NewValue FROM Reply__History WHERE ParentId = '{reply}' AND Field != 'created'"
    assert client.query(text) == [{"Field": "Mood__c", "OldValue": "bad", "NewValue": "good"}]
