"""Setting the org up by API: fields, objects, permission sets, and who then sees what."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.salesforce.client import Client

SCORE = {
    "FullName": "Case.Mood__c",
    "Metadata": {"label": "Mood", "type": "Number", "precision": 3, "scale": 0, "required": False},
}
OBJECT = """<?xml version="1.0" encoding="UTF-8"?><CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
<label>Reply</label><pluralLabel>Replies</pluralLabel><deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>
<nameField><label>Number</label><type>AutoNumber</type><displayFormat>R-{0000}</displayFormat></nameField>
<fields><fullName>Key__c</fullName><label>Key</label><type>Text</type><length>40</length>
<externalId>true</externalId><unique>true</unique></fields>
<fields><fullName>Case__c</fullName><label>Case</label><type>Lookup</type><referenceTo>Case</referenceTo>
<relationshipName>Replies</relationshipName></fields></CustomObject>"""
PERMISSIONS = """<?xml version="1.0" encoding="UTF-8"?><PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
<label>Reply access</label>
<fieldPermissions><field>Reply__c.Key__c</field><readable>true</readable><editable>true</editable></fieldPermissions>
<fieldPermissions><field>Reply__c.Case__c</field><readable>true</readable><editable>true</editable></fieldPermissions>
<objectPermissions><object>Reply__c</object><allowRead>true</allowRead><allowCreate>true</allowCreate><allowEdit>true</allowEdit>
<allowDelete>false</allowDelete><viewAllRecords>false</viewAllRecords><modifyAllRecords>false</modifyAllRecords></objectPermissions>
</PermissionSet>"""
PACKAGE = "<Package xmlns='http://soap.sforce.com/2006/04/metadata'><version>62.0</version></Package>"


def me(client: Client) -> str:
    return str(client.json("GET", f"{'/services/oauth2/userinfo'}")["user_id"])


def granted(client: Client, permission_set: str) -> None:
    client.json("POST", "sobjects/PermissionSetAssignment", json={"AssigneeId": me(client), "PermissionSetId": permission_set})


def names(client: Client, kind: str = "Case") -> dict[str, Any]:
    return {field["name"]: field for field in client.json("GET", f"sobjects/{kind}/describe")["fields"]}


def test_a_new_field_is_invisible_until_a_permission_set_shows_it(client: Client) -> None:
    made = client.call("POST", "tooling/sobjects/CustomField", json=SCORE)
    assert (made.status_code, made.json()["id"][:3]) == (201, "00N")
    assert "Mood__c" not in names(client)
    assert client.refusal("SELECT Mood__c FROM Case")[0] == "INVALID_FIELD"
    chosen = client.json("POST", "sobjects/PermissionSet", json={"Name": "Mood", "Label": "Mood"})["id"]
    permission = {"ParentId": chosen, "SobjectType": "Case", "Field": "Case.Mood__c", "PermissionsRead": True}
    client.json("POST", "sobjects/FieldPermissions", json=permission)
    granted(client, chosen)
    assert names(client)["Mood__c"]["updateable"] is False
    case = client.org.records("Case")[0]["Id"]
    assert client.error("PATCH", f"sobjects/Case/{case}", json={"Mood__c": 5}) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    row = client.query(f"SELECT Id FROM FieldPermissions WHERE ParentId = '{chosen}'")[0]["Id"]
    client.json("PATCH", f"sobjects/FieldPermissions/{row}", json={"PermissionsEdit": True})
    client.json("PATCH", f"sobjects/Case/{case}", json={"Mood__c": 5})
    assert client.query(f"SELECT Mood__c FROM Case WHERE Id = '{case}'") == [{"Mood__c": 5.0}]


BAD_FIELDS = [
    ({"FullName": "Case.Mood__c"}, "REQUIRED_FIELD_MISSING"),
    ({"FullName": "Kase.Mood__c", "Metadata": SCORE["Metadata"]}, "INVALID_CROSS_REFERENCE_KEY"),
    ({"FullName": "Case.Mood", "Metadata": SCORE["Metadata"]}, "FIELD_INTEGRITY_EXCEPTION"),
    ({"FullName": "Case.Palaute_Score__c", "Metadata": SCORE["Metadata"]}, "DUPLICATE_DEVELOPER_NAME"),
    ({"FullName": "Case.Mood__c", "Metadata": {"label": "Mood", "type": "Number"}}, "FIELD_INTEGRITY_EXCEPTION"),
    ({"FullName": "Case.Mood__c", "Metadata": {"label": "Mood", "type": "Text", "length": 999}}, "FIELD_INTEGRITY_EXCEPTION"),
    ({"FullName": "Case.Mood__c", "Metadata": {"label": "Mood", "type": "Feeling"}}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ({"FullName": "Case.Mood__c", "Metadata": {"Label": "Mood", "Type": "Text"}}, "REQUIRED_FIELD_MISSING"),
]


@pytest.mark.parametrize(("body", "code"), BAD_FIELDS)
def test_a_field_that_cannot_be_is_refused(client: Client, body: dict[str, Any], code: str) -> None:
    assert client.error("POST", "tooling/sobjects/CustomField", json=body) == (400, code)


def test_without_the_right_to_customise_nothing_is_made(client: Client) -> None:
    client.org.faults.add("without_PermissionsCustomizeApplication")
    assert client.error("POST", "tooling/sobjects/CustomField", json=SCORE) == (403, "INSUFFICIENT_ACCESS")


def test_custom_objects_are_not_made_by_tooling(client: Client) -> None:
    assert client.call("POST", "tooling/sobjects/CustomObject", json={"FullName": "Reply__c"}).status_code == 400


def test_field_permissions_are_for_fields_that_can_be_hidden(client: Client) -> None:
    chosen = client.json("POST", "sobjects/PermissionSet", json={"Name": "Mood", "Label": "Mood"})["id"]
    for field in ("Case.Nonsense__c", "Case.IsClosed"):
        body = {"ParentId": chosen, "SobjectType": "Case", "Field": field, "PermissionsRead": True}
        reply = client.call("POST", "sobjects/FieldPermissions", json=body).json()[0]
        assert reply["message"] == f"Field Name: bad value for restricted picklist field: {field}"


def test_tooling_queries_find_fields(client: Client) -> None:
    soql = "SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE TableEnumOrId = 'Case' AND DeveloperName LIKE 'Palaute%'"
    assert len(client.query(soql, "tooling/query")) == 4
    where = "EntityDefinition.QualifiedApiName = 'Case' AND QualifiedApiName = 'ClosedDate'"
    soql = f"SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE {where}"
    assert client.query(soql, "tooling/query") == [{"QualifiedApiName": "ClosedDate", "DataType": "Date/Time"}]


def deploy(client: Client, files: dict[str, str], **options: Any) -> dict[str, Any]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
    content = json.dumps({"deployOptions": {"rollbackOnError": True, "singlePackage": True, **options}})
    parts = {
        "entity_content": (None, content, "application/json"),
        "file": ("deploy.zip", archive.getvalue(), "application/zip"),
    }
    started = client.call("POST", "metadata/deployRequest", files=parts)
    assert started.status_code == 201, started.text
    path = f"metadata/deployRequest/{started.json()['id']}"
    assert client.json("GET", path)["deployResult"]["status"] in {
        "InProgress",
        "Succeeded",
        "Failed",
    }  # a busy machine comes late
    client.clock.advance(timedelta(seconds=1))
    return dict(client.json("GET", path, params={"includeDetails": "true"})["deployResult"])


FILES = {"package.xml": PACKAGE, "objects/Reply__c.object": OBJECT, "permissionsets/Reply.permissionset": PERMISSIONS}


def test_a_deployed_object_can_be_written_and_read_by_who_was_granted_it(client: Client) -> None:
    result = deploy(client, FILES)
    assert (result["status"], result["numberComponentsDeployed"]) == ("Succeeded", 2)
    granted(client, client.query("SELECT Id FROM PermissionSet WHERE Name = 'Reply'")[0]["Id"])
    case = client.org.records("Case")[0]["Id"]
    assert client.call("PATCH", "sobjects/Reply__c/Key__c/one", json={"Case__c": case}).status_code == 201
    assert client.call("PATCH", "sobjects/Reply__c/Key__c/one", json={"Case__c": case}).status_code == 200
    assert client.query("SELECT Key__c, Case__r.CaseNumber FROM Reply__c")[0]["Case__r"]["CaseNumber"] == "00000001"
    children = client.query(f"SELECT (SELECT Key__c FROM Replies__r) FROM Case WHERE Id = '{case}'")
    assert children[0]["Replies__r"]["totalSize"] == 1


def test_a_second_deploy_changes_and_does_not_fail(client: Client) -> None:
    deploy(client, FILES)
    result = deploy(client, FILES)
    created = [one["created"] for one in result["details"]["componentSuccesses"]]
    assert (result["status"], created) == ("Succeeded", [False, False])


def test_a_deploy_with_one_mistake_leaves_nothing_behind(client: Client) -> None:
    result = deploy(
        client, FILES | {"permissionsets/Reply.permissionset": PERMISSIONS.replace("Reply__c.Case__c", "Reply__c.Kase__c")}
    )
    assert (result["status"], result["numberComponentErrors"]) == ("Failed", 1)
    assert "Kase__c" in result["details"]["componentFailures"][0]["problem"]
    assert client.error("GET", "sobjects/Reply__c/describe") == (404, "NOT_FOUND")
    assert client.query("SELECT Id FROM PermissionSet WHERE Name = 'Reply'") == []


def test_a_check_only_deploy_changes_nothing(client: Client) -> None:
    assert deploy(client, FILES, checkOnly=True)["status"] == "Succeeded"
    assert client.error("GET", "sobjects/Reply__c/describe") == (404, "NOT_FOUND")


SOAP = """<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header><SessionHeader xmlns="http://soap.sforce.com/2006/04/metadata">
<sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><{call} xmlns="http://soap.sforce.com/2006/04/metadata">
<metadata xsi:type="CustomField"><fullName>Case.Mood__c</fullName><label>Mood</label><type>Number</type><precision>3</precision>
<scale>0</scale></metadata></{call}></e:Body></e:Envelope>"""


def test_soap_creates_a_field_once_and_upserts_it_again(client: Client) -> None:
    token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    replies = [
        client.call("POST", "/services/Soap/m/62.0", data=SOAP.format(token=token, call=call)).text
        for call in ("createMetadata", "createMetadata", "upsertMetadata")
    ]
    assert "<success>true</success>" in replies[0]
    assert "DUPLICATE_DEVELOPER_NAME" in replies[1]
    assert "<created>false</created>" in replies[2]
    refused = client.call("POST", "/services/Soap/m/62.0", data=SOAP.format(token="x", call="createMetadata"))
    assert "INVALID_SESSION_ID" in refused.text


def test_a_new_object_does_not_exist_for_who_was_not_granted_it(client: Client) -> None:
    deploy(client, FILES)
    assert client.error("GET", "sobjects/Reply__c/describe") == (404, "NOT_FOUND")
    assert client.refusal("SELECT Id FROM Reply__c")[0] == "INVALID_TYPE"
    assert "Reply__c" not in {entry["name"] for entry in client.json("GET", "sobjects")["sobjects"]}


def test_a_granted_object_allows_what_was_granted_and_no_more(client: Client) -> None:
    deploy(client, FILES)
    granted(client, client.query("SELECT Id FROM PermissionSet WHERE Name = 'Reply'")[0]["Id"])
    described = client.json("GET", "sobjects/Reply__c/describe")
    assert (described["createable"], described["updateable"], described["deletable"]) == (True, True, False)
    made = client.json("PATCH", "sobjects/Reply__c/Key__c/one", json={})["id"]
    assert client.error("DELETE", f"sobjects/Reply__c/{made}") == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
