"""Pages, describe, single records, change feeds, limits."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from sandbox.salesforce.org import Org
from tests.sandbox.salesforce.client import Client


def test_a_result_comes_in_pages_of_the_size_asked_for(client: Client) -> None:
    client.org.act("close_cases", count=450)
    head = {"Sforce-Query-Options": "batchSize=200"}
    page = client.json("GET", "query", params={"q": "SELECT Id FROM Case"}, headers=head)
    assert (len(page["records"]), page["done"], page["totalSize"]) == (200, False, 450)
    locator = page["nextRecordsUrl"]
    assert locator.startswith("/services/data/v62.0/query/01g")
    assert locator.endswith("-200")
    second = client.json("GET", locator, params={"q": "SELECT Id FROM Case"})
    third = client.json("GET", second["nextRecordsUrl"])
    assert (len(second["records"]), len(third["records"]), third["done"]) == (200, 50, True)


def test_a_locator_of_query_all_says_query_all(client: Client) -> None:
    client.org.act("close_cases", count=250)
    head = {"Sforce-Query-Options": "batchSize=200"}
    page = client.json("GET", "queryAll", params={"q": "SELECT Id FROM Case"}, headers=head)
    assert "/queryAll/01g" in page["nextRecordsUrl"]


@pytest.mark.parametrize("locator", ["01gNONSENSE-200", "01g", "nonsense"])
def test_an_unknown_locator_is_refused(client: Client, locator: str) -> None:
    assert client.error("GET", f"query/{locator}") == (400, "INVALID_QUERY_LOCATOR")


def test_a_locator_ends_after_two_days(client: Client) -> None:
    client.org.act("close_cases", count=250)
    page = client.json("GET", "query", params={"q": "SELECT Id FROM Case"}, headers={"Sforce-Query-Options": "batchSize=200"})
    client.clock.advance(timedelta(days=2, seconds=1))
    client.sign_in()
    assert client.error("GET", page["nextRecordsUrl"]) == (400, "INVALID_QUERY_LOCATOR")


def test_deleted_and_merged_cases_are_seen_by_query_all_only(client: Client) -> None:
    merged, deleted = client.org.act("merge_cases", count=1)[0], client.org.act("delete_cases", count=1)[0]
    soql = "SELECT Id, IsDeleted, MasterRecordId FROM Case WHERE IsDeleted = true ORDER BY Id"
    assert client.query(soql) == []
    rows = {row["Id"]: row for row in client.query(soql, "queryAll")}
    assert set(rows) == {merged, deleted}
    assert rows[deleted]["MasterRecordId"] is None
    assert rows[merged]["MasterRecordId"].startswith("500")


def test_a_uri_that_is_too_long_is_refused(client: Client) -> None:
    assert client.call("GET", "query", params={"q": "x" * 17_000}).status_code == 414
    assert client.call("GET", "limits", headers={"X-Long": "x" * 16_500}).status_code == 431


def test_moments_are_in_whole_seconds_with_a_colonless_offset(client: Client) -> None:
    client.org.act("close_cases", count=1)
    row = client.query("SELECT ClosedDate, SystemModstamp, LastModifiedDate FROM Case WHERE IsClosed = true")[0]
    for text in row.values():
        assert text.endswith(".000+0000")
        assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def test_the_date_header_follows_the_sandboxes_clock(client: Client) -> None:
    before = parsedate_to_datetime(client.call("GET", "limits").headers["Date"])
    client.clock.advance(timedelta(hours=1))
    after = parsedate_to_datetime(client.call("GET", "limits").headers["Date"])
    assert timedelta(minutes=59) < after - before < timedelta(minutes=61)


def test_describe_lists_fields_with_their_rights(client: Client) -> None:
    fields = {field["name"]: field for field in client.json("GET", "sobjects/Case/describe")["fields"]}
    assert fields["ClosedDate"]["updateable"] is False
    assert fields["ClosedDate"]["permissionable"] is True
    assert fields["IsClosed"]["permissionable"] is False
    assert fields["Palaute_Score__c"]["updateable"] is True
    assert fields["Palaute_Comment__c"]["length"] == 32000
    assert fields["ContactId"]["referenceTo"] == ["Contact"]
    assert [value["value"] for value in fields["Priority"]["picklistValues"]] == ["High", "Medium", "Low"]


def test_describe_names_children(client: Client) -> None:
    children = client.json("GET", "sobjects/Case/describe")["childRelationships"]
    names = {child["relationshipName"] for child in children}
    assert {"CaseComments", "EmailMessages", "Histories"} <= names


def test_global_describe_lists_every_object_with_its_prefix(client: Client) -> None:
    prefixes = {entry["name"]: entry["keyPrefix"] for entry in client.json("GET", "sobjects")["sobjects"]}
    assert prefixes["Case"] == "500"
    assert prefixes["Order"] == "801"


def test_a_hidden_field_does_not_exist_for_the_user(client: Client) -> None:
    client.org.faults.add("hide_field", field="Contact.HasOptedOutOfEmail")
    names = {field["name"] for field in client.json("GET", "sobjects/Contact/describe")["fields"]}
    assert "HasOptedOutOfEmail" not in names
    code, message = client.refusal("SELECT Id, Contact.HasOptedOutOfEmail FROM Case")
    assert code == "INVALID_FIELD"
    assert "No such column 'HasOptedOutOfEmail' on entity 'Contact'" in message
    client.org.faults.clear()
    assert client.query("SELECT Contact.HasOptedOutOfEmail FROM Case LIMIT 1")


def test_a_single_record_has_all_fields_or_those_asked_for(client: Client) -> None:
    case = client.org.records("Case")[0]
    whole = client.json("GET", f"sobjects/Case/{case['Id']}")
    assert {name: whole[name] for name in case} == case
    part = client.json("GET", f"sobjects/Case/{case['Id']}", params={"fields": "Subject,Origin"})
    assert set(part) == {"attributes", "Id", "Subject", "Origin"}


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("sobjects/Kase/500Qy0000000001IAA", (404, "NOT_FOUND")),
        ("sobjects/Case/500Qy00000000zz", (404, "NOT_FOUND")),
        ("sobjects/Case/003Qy0000000001IAA", (404, "NOT_FOUND")),
        ("nonsense", (404, "NOT_FOUND")),
        ("/services/data/v99.0/limits", (404, "NOT_FOUND")),
        ("/services/data/v30.0/limits", (410, "GONE")),
        ("composite", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(client: Client, path: str, error: tuple[int, str]) -> None:
    assert client.error("GET", path) == error


def test_get_updated_and_get_deleted_tell_ids_and_how_far_they_reach(client: Client) -> None:
    start = (client.clock.now() - timedelta(minutes=1)).isoformat()
    closed, deleted = client.org.act("close_cases", count=2), client.org.act("delete_cases", count=1)
    client.clock.advance(timedelta(minutes=5))
    span = {"start": start, "end": client.clock.now().isoformat()}
    updated = client.json("GET", "sobjects/Case/updated/", params=span)
    assert set(closed) - set(deleted) <= set(updated["ids"])
    assert set(deleted).isdisjoint(updated["ids"])
    gone = client.json("GET", "sobjects/Case/deleted/", params=span)
    assert [row["id"] for row in gone["deletedRecords"]] == deleted
    assert gone["latestDateCovered"] < span["end"]


def test_get_deleted_reaches_fifteen_days_back(client: Client) -> None:
    now = client.clock.now()
    span = {"start": (now - timedelta(days=16)).isoformat(), "end": now.isoformat()}
    assert client.error("GET", "sobjects/Case/deleted/", params=span) == (400, "INVALID_REPLICATION_DATE")


def test_limits_and_the_limit_header_count_down(client: Client) -> None:
    heads = [client.call("GET", "limits").headers["Sforce-Limit-Info"] for _ in range(2)]
    assert [head.split("/")[0] for head in heads] == ["api-usage=1", "api-usage=2"]
    assert ["per-app-api-usage=" in head for head in heads] == [False, True]
    left = client.json("GET", "limits")["DailyApiRequests"]
    assert left == {"Max": 115_000, "Remaining": 114_997}


def test_beyond_the_daily_limit_every_call_is_refused(client: Client) -> None:
    org: Org = client.org.org
    org.used_before = org.daily_limit
    assert client.call("GET", "limits").status_code == 200
    assert client.error("GET", "limits") == (403, "REQUEST_LIMIT_EXCEEDED")


def test_record_count_leaves_empty_objects_out(client: Client) -> None:
    counted = client.json("GET", "limits/recordCount", params={"sObjects": "Case,CaseComment"})
    assert counted == {"sObjects": [{"count": 40, "name": "Case"}]}


def test_calls_are_counted_by_endpoint(client: Client) -> None:
    client.query("SELECT Id FROM Case LIMIT 1")
    client.json("GET", "sobjects/Case/describe")
    assert client.org.counters.as_json() == {
        "total": 2,
        "endpoints": {"GET query": 1, "GET sobjects/{object}/describe": 1},
    }


def test_products_hang_on_opportunities_and_orders(client: Client) -> None:
    rows = client.query("SELECT HasOpportunityLineItem, (SELECT Product2.Name FROM OpportunityLineItems) FROM Opportunity")
    assert all(row["HasOpportunityLineItem"] for row in rows)
    assert rows[0]["OpportunityLineItems"]["records"][0]["Product2"]["Name"] in ("Router", "Fibre", "Support plan")
    assert all(row["OrderItems"]["totalSize"] == 1 for row in client.query("SELECT (SELECT Id FROM OrderItems) FROM Order"))


def test_a_read_only_field_is_seen_but_not_writable(client: Client) -> None:
    client.org.faults.add("read_only_field", field="Case.Palaute_Score__c")
    fields = {field["name"]: field for field in client.json("GET", "sobjects/Case/describe")["fields"]}
    assert fields["Palaute_Score__c"]["updateable"] is False
    case = client.org.records("Case")[0]["Id"]
    error = client.error("PATCH", f"sobjects/Case/{case}", json={"Palaute_Score__c": 5})
    assert error == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


@pytest.mark.parametrize(("version", "label"), [("31.0", "Summer '14"), ("59.0", "Winter '24"), ("62.0", "Winter '25")])
def test_versions_are_named_by_their_release(client: Client, version: str, label: str) -> None:
    versions = client.json("GET", "/services/data")
    assert [one["label"] for one in versions if one["version"] == version] == [label]


def test_every_resource_that_is_listed_is_there(client: Client) -> None:
    listed = client.json("GET", "")
    for name, path in listed.items():
        if name not in ("identity", "tooling", "jobs", "metadata"):
            assert client.call("GET", path).status_code != 404, name


def test_relationships_lead_to_parents_and_children(client: Client) -> None:
    contact = client.query("SELECT Id, LastName, Account.Name FROM Contact WHERE AccountId != null")[0]
    case = client.json("POST", "sobjects/Case", json={"Subject": "one", "ContactId": contact["Id"]})["id"]
    assert client.json("GET", f"sobjects/Case/{case}/Contact?fields=LastName")["LastName"] == contact["LastName"]
    assert client.json("GET", f"sobjects/Case/{case}/Contact/Account")["Name"] == contact["Account"]["Name"]
    children = client.json("GET", f"sobjects/Contact/{contact['Id']}/Cases")
    assert case in {row["Id"] for row in children["records"]}
    assert children["totalSize"] == len(children["records"])
    assert client.json("GET", f"sobjects/Case/{case}/CaseComments") == {"totalSize": 0, "done": True, "records": []}
    assert client.error("GET", f"sobjects/Case/{case}/Parent") == (404, "NOT_FOUND")
    assert client.error("GET", f"sobjects/Case/{case}/Nothings") == (404, "NOT_FOUND")


def test_a_parent_is_changed_through_the_relationship(client: Client) -> None:
    case = client.query("SELECT Id, ContactId FROM Case WHERE ContactId != null LIMIT 1")[0]
    assert client.call("PATCH", f"sobjects/Case/{case['Id']}/Contact", json={"LastName": "Changed"}).status_code == 204
    assert client.json("GET", f"sobjects/Contact/{case['ContactId']}")["LastName"] == "Changed"
