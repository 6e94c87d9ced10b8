"""Single records, Collections, Composite and Batch."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import VERSION, Client

ROLLED_BACK = "ALL_OR_NONE_OPERATION_ROLLED_BACK"


def case(client: Client) -> str:
    return str(client.org.records("Case")[0]["Id"])


def row(identifier: str, kind: str = "Case", **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind}, "id": identifier, **values}


def test_a_record_is_created_read_changed_and_deleted(client: Client) -> None:
    made = client.json("POST", "sobjects/Contact", json={"LastName": "Lahti", "Email": "lahti@example.org"})
    assert (made["success"], made["errors"]) == (True, [])
    path = f"sobjects/Contact/{made['id']}"
    assert client.call("PATCH", path, json={"FirstName": "Lauri"}).status_code == 204
    assert client.json("GET", path)["Name"] == "Lauri Lahti"
    assert client.call("DELETE", path).status_code == 204
    assert client.error("GET", path) == (404, "ENTITY_IS_DELETED")
    assert client.error("PATCH", path, json={"FirstName": "L"}) == (404, "ENTITY_IS_DELETED")


BAD_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"Nonsense__c": 1}, "INVALID_FIELD"),
    ({"ClosedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"IsClosed": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"ContactEmail": "a@example.org"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ({"Subject": "x" * 256}, "STRING_TOO_LONG"),
    ({"Palaute_Comment__c": "x" * 32001}, "STRING_TOO_LONG"),
    ({"Palaute_Metric__c": "x" * 41}, "STRING_TOO_LONG"),
    ({"Palaute_Score__c": 1000}, "NUMBER_OUTSIDE_VALID_RANGE"),
    ({"Palaute_Score__c": "nine"}, "JSON_PARSER_ERROR"),
    ({"Palaute_Score__c": True}, "JSON_PARSER_ERROR"),
    ({"Palaute_Answered_At__c": "yesterday"}, "JSON_PARSER_ERROR"),
    ({"SuppliedEmail": "not an address"}, "INVALID_EMAIL_ADDRESS"),
    ({"ContactId": "003"}, "MALFORMED_ID"),
    ({"ContactId": "001Qy0000000001IAA"}, "FIELD_INTEGRITY_EXCEPTION"),
    ({"ContactId": "003Qy00000000zzIAA"}, "INVALID_CROSS_REFERENCE_KEY"),
    ({"OwnerId": None}, "REQUIRED_FIELD_MISSING"),
]


@pytest.mark.parametrize(("values", "code"), BAD_VALUES)
def test_a_value_that_does_not_fit_is_refused(client: Client, values: dict[str, Any], code: str) -> None:
    assert client.error("PATCH", f"sobjects/Case/{case(client)}", json=values) == (400, code)


@pytest.mark.parametrize("score", [0, 10, 7.5])
def test_scores_from_nought_to_ten_fit(client: Client, score: float) -> None:
    identifier = case(client)
    client.json("PATCH", f"sobjects/Case/{identifier}", json={"Palaute_Score__c": score})
    assert client.org.records("Case", [identifier])[0]["Palaute_Score__c"] == score


def test_missing_required_fields_are_named(client: Client) -> None:
    reply = client.call("POST", "sobjects/Contact", json={"FirstName": "Lauri"}).json()[0]
    assert reply == {
        "message": "Required fields are missing: [LastName]",
        "errorCode": "REQUIRED_FIELD_MISSING",
        "fields": ["LastName"],
    }


def test_broken_json_is_a_parser_error(client: Client) -> None:
    head = {"Content-Type": "application/json"}
    assert client.error("POST", "sobjects/Contact", data=b'{"LastName"', headers=head) == (400, "JSON_PARSER_ERROR")


def test_closing_by_the_api_sets_the_closing_moment_and_re_opening_clears_it(client: Client) -> None:
    identifier = case(client)
    client.json("PATCH", f"sobjects/Case/{identifier}", json={"Status": "Closed"})
    closed = client.org.records("Case", [identifier])[0]
    assert (closed["IsClosed"], closed["ClosedDate"]) == (True, closed["SystemModstamp"])
    client.json("PATCH", f"sobjects/Case/{identifier}", json={"Status": "New"})
    opened = client.org.records("Case", [identifier])[0]
    assert (opened["IsClosed"], opened["ClosedDate"]) == (False, None)
    history = client.query(f"SELECT OldValue, NewValue FROM CaseHistory WHERE CaseId = '{identifier}' AND Field = 'Status'")
    assert history[-1] == {"OldValue": "Closed", "NewValue": "New"}


def test_the_duplicate_rule_stops_a_second_contact_until_it_is_allowed(client: Client) -> None:
    person = client.org.records("Contact")[0]
    values = {"LastName": person["LastName"], "Email": person["Email"]}
    reply = client.call("POST", "sobjects/Contact", json=values)
    error = reply.json()[0]
    assert (reply.status_code, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    assert error["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"]["Id"] == person["Id"]
    allowed = client.call("POST", "sobjects/Contact", json=values, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    assert allowed.status_code == 201


def test_upsert_by_external_id_creates_then_updates(client: Client) -> None:
    path = "sobjects/Contact/CrmKey__c/new-1"
    first = client.call("PATCH", path, json={"LastName": "Niemi"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    second = client.call("PATCH", path, json={"LastName": "Niemi", "FirstName": "Noora"})
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert client.json("GET", path)["FirstName"] == "Noora"
    assert client.error("PATCH", "sobjects/Contact/LastName/x", json={}) == (404, "NOT_FOUND")


def test_a_unique_value_cannot_be_taken_twice(client: Client) -> None:
    reply = client.call("POST", "sobjects/Contact", json={"LastName": "Salo", "CrmKey__c": "person-1"}).json()[0]
    assert reply["errorCode"] == "DUPLICATE_VALUE"
    assert "CrmKey__c duplicates value on record with id: 003" in reply["message"]


def test_a_parent_may_be_named_by_its_external_id(client: Client) -> None:
    made = client.json("POST", "sobjects/Case", json={"Subject": "x", "Contact": {"CrmKey__c": "person-2"}})
    assert client.org.records("Case", [made["id"]])[0]["ContactEmail"] == "person2@example.org"


def test_a_new_order_is_a_draft_and_activation_is_stamped(client: Client) -> None:
    wrong = {"EffectiveDate": "2026-01-01", "Status": "Activated"}
    assert client.error("POST", "sobjects/Order", json=wrong) == (400, "FAILED_ACTIVATION")
    made = client.json("POST", "sobjects/Order", json=wrong | {"Status": "Draft"})
    client.json("PATCH", f"sobjects/Order/{made['id']}", json={"Status": "Activated"})
    order = client.org.records("Order", [made["id"]])[0]
    assert (order["StatusCode"], order["ActivatedDate"]) == ("Activated", order["SystemModstamp"])


def test_an_activated_order_is_locked_without_the_permission(client: Client) -> None:
    order = client.org.act("make_purchases", count=2)[1]
    client.json("PATCH", f"sobjects/Order/{order}", json={"Palaute_Score__c": 9})
    client.org.faults.add("without_PermissionsEditActivatedOrders")
    assert client.error("PATCH", f"sobjects/Order/{order}", json={"Palaute_Score__c": 8}) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_a_score_on_a_won_opportunity_is_taken_but_its_contact_is_not(client: Client) -> None:
    won = client.org.act("make_purchases", count=1)[0]
    client.json("PATCH", f"sobjects/Opportunity/{won}", json={"Palaute_Score__c": 9})
    contact = client.org.records("Contact")[0]["Id"]
    error = client.error("PATCH", f"sobjects/Opportunity/{won}", json={"ContactId": contact})
    assert error == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_collections_answer_row_by_row_in_the_order_asked(client: Client) -> None:
    ids = [record["Id"] for record in client.org.records("Case")[:3]]
    rows = [
        row(ids[0], Palaute_Score__c=9),
        row(ids[1], Subject="x" * 256),
        row("500", Subject="x"),
        row(ids[2], Palaute_Score__c=3),
    ]
    reply = client.call("PATCH", "composite/sobjects", json={"allOrNone": False, "records": rows})
    assert reply.status_code == 200
    good, too_long, malformed, also_good = reply.json()
    assert good == {"id": ids[0], "success": True, "errors": []}
    assert (too_long["success"], too_long["errors"][0]["statusCode"]) == (False, "STRING_TOO_LONG")
    assert malformed["errors"][0]["statusCode"] == "MALFORMED_ID"
    assert also_good["success"] is True


def test_all_or_none_takes_everything_back(client: Client) -> None:
    ids = [record["Id"] for record in client.org.records("Case")[:2]]
    rows = [row(ids[0], Palaute_Score__c=9), row(ids[1], Subject="x" * 256)]
    reply = client.json("PATCH", "composite/sobjects", json={"allOrNone": True, "records": rows})
    assert [one["errors"][0]["statusCode"] for one in reply] == [ROLLED_BACK, "STRING_TOO_LONG"]
    assert client.org.records("Case", [ids[0]])[0]["Palaute_Score__c"] is None


def test_more_than_two_hundred_rows_are_refused(client: Client) -> None:
    rows = [row(case(client))] * 201
    assert client.error("PATCH", "composite/sobjects", json={"records": rows}) == (400, "EXCEEDED_ID_LIMIT")


def test_more_than_ten_runs_of_types_are_refused(client: Client) -> None:
    contact = client.org.records("Contact")[0]["Id"]
    rows = [row(case(client)), row(contact, "Contact")] * 6
    assert client.error("PATCH", "composite/sobjects", json={"records": rows}) == (400, "LIMIT_EXCEEDED")
    sorted_rows = [row(case(client))] * 6 + [row(contact, "Contact")] * 6
    assert client.call("PATCH", "composite/sobjects", json={"records": sorted_rows}).status_code == 200


def test_a_value_of_the_wrong_kind_fails_the_whole_collection_and_changes_nothing(client: Client) -> None:
    ids = [record["Id"] for record in client.org.records("Case")[:2]]
    rows = [row(ids[0], Palaute_Score__c=9), row(ids[1], Palaute_Score__c="many")]
    assert client.error("PATCH", "composite/sobjects", json={"records": rows}) == (400, "JSON_PARSER_ERROR")
    assert client.org.records("Case", [ids[0]])[0]["Palaute_Score__c"] is None


def test_collections_upsert_says_which_rows_are_new(client: Client) -> None:
    rows = [{"attributes": {"type": "Contact"}, "CrmKey__c": key, "LastName": "Ranta"} for key in ("person-1", "fresh-1")]
    reply = client.json("PATCH", "composite/sobjects/Contact/CrmKey__c", json={"records": rows})
    assert [one["created"] for one in reply] == [False, True]


def test_collections_create_read_and_delete(client: Client) -> None:
    rows = [{"attributes": {"type": "Task"}, "Subject": f"Call {place}"} for place in range(3)]
    ids = [one["id"] for one in client.json("POST", "composite/sobjects", json={"records": rows})]
    found = client.json("GET", "composite/sobjects/Task", params={"ids": ",".join(ids), "fields": "Subject"})
    assert [one["Subject"] for one in found] == ["Call 0", "Call 1", "Call 2"]
    gone = client.json("DELETE", "composite/sobjects", params={"ids": ",".join(ids[:2])})
    assert [one["success"] for one in gone] == [True, True]
    left = client.json("GET", "composite/sobjects/Task", params={"ids": ",".join(ids), "fields": "Id"})
    assert left[:2] == [None, None]


def part(reference: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    made = {"method": method, "url": f"/services/data/v{VERSION}/{path}", "referenceId": reference}
    return made if body is None else made | {"body": body}


def test_composite_hands_results_on_by_reference_and_costs_one_call(client: Client) -> None:
    parts = [
        part("account", "POST", "sobjects/Account", {"Name": "Tammi"}),
        part("contact", "POST", "sobjects/Contact", {"LastName": "Tamminen", "AccountId": "@{account.id}"}),
        part("look", "GET", "query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{contact.id}'"),
        part("again", "GET", "sobjects/Account/@{account.id}?fields=Name"),
    ]
    reply = client.json("POST", "composite", json={"compositeRequest": parts})["compositeResponse"]
    assert [one["httpStatusCode"] for one in reply] == [201, 201, 200, 200]
    assert reply[2]["body"]["records"][0]["Account"]["Name"] == "Tammi"
    assert reply[3]["body"]["Name"] == "Tammi"
    assert client.org.counters.as_json() == {"total": 1, "endpoints": {"POST composite": 1}}


def test_composite_reports_failures_part_by_part(client: Client) -> None:
    parts = [
        part("bad", "POST", "sobjects/Contact", {"FirstName": "x"}),
        part("dependent", "GET", "sobjects/Contact/@{bad.id}"),
        part("good", "GET", "limits"),
    ]
    reply = client.json("POST", "composite", json={"compositeRequest": parts})["compositeResponse"]
    assert [one["httpStatusCode"] for one in reply] == [400, 400, 200]
    assert reply[0]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert reply[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_composite_all_or_none_rolls_back_and_says_so(client: Client) -> None:
    parts = [
        part("good", "PATCH", f"sobjects/Case/{case(client)}", {"Palaute_Score__c": 9}),
        part("bad", "POST", "sobjects/Contact", {}),
    ]
    body = {"allOrNone": True, "compositeRequest": parts}
    reply = client.json("POST", "composite", json=body)["compositeResponse"]
    assert reply[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert client.org.records("Case", [case(client)])[0]["Palaute_Score__c"] is None


@pytest.mark.parametrize(
    ("number", "path", "words"), [(26, "limits", "25 operations"), (6, "query?q=SELECT+Id+FROM+Case", "5 query")]
)
def test_composite_keeps_its_two_limits(client: Client, number: int, path: str, words: str) -> None:
    parts = [part(f"r{place}", "GET", path) for place in range(number)]
    reply = client.call("POST", "composite", json={"compositeRequest": parts})
    error = reply.json()["compositeResponse"][0]["body"][0]
    assert error["errorCode"] == "LIMIT_EXCEEDED"
    assert words in error["message"]


def test_five_collections_of_two_hundred_are_one_call(client: Client) -> None:
    client.org.act("close_cases", count=1000)
    ids = [record["Id"] for record in client.org.records("Case")]
    parts = [
        part(
            f"r{run}",
            "PATCH",
            "composite/sobjects",
            {"records": [row(key, Palaute_Score__c=9) for key in ids[run * 200 :][:200]]},
        )
        for run in range(5)
    ]
    reply = client.json("POST", "composite", json={"compositeRequest": parts})["compositeResponse"]
    assert all(one["success"] for answer in reply for one in answer["body"])
    assert client.org.counters.total == 1


def test_a_batch_is_billed_by_its_parts(client: Client) -> None:
    requests = [{"method": "GET", "url": f"v{VERSION}/limits"}, {"method": "GET", "url": f"v{VERSION}/sobjects/Kase/x"}]
    reply = client.json("POST", "composite/batch", json={"batchRequests": requests})
    assert reply["hasErrors"] is True
    assert [one["statusCode"] for one in reply["results"]] == [200, 404]
    assert client.org.counters.total == 2


def test_a_batch_that_halts_does_not_do_the_rest(client: Client) -> None:
    requests = [{"method": "GET", "url": f"v{VERSION}/nonsense"}, {"method": "GET", "url": f"v{VERSION}/limits"}]
    reply = client.json("POST", "composite/batch", json={"haltOnError": True, "batchRequests": requests})
    assert reply["results"][1]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def test_a_contact_with_cases_cannot_be_deleted(client: Client) -> None:
    contact = client.org.records("Case")[0]["ContactId"]
    assert client.error("DELETE", f"sobjects/Contact/{contact}") == (400, "DELETE_FAILED")


def test_the_comments_column_of_a_case_becomes_a_row_of_its_own(client: Client) -> None:
    client.json("PATCH", f"sobjects/Case/{case(client)}", json={"Comments": "Called back."})
    found = client.query(f"SELECT CommentBody FROM CaseComment WHERE ParentId = '{case(client)}'")
    assert found == [{"CommentBody": "Called back."}]


def test_a_tree_makes_parents_and_children_or_nothing(client: Client) -> None:
    child = {"attributes": {"type": "Contact", "referenceId": "child"}, "LastName": "Tamminen"}
    parent = {"attributes": {"type": "Account", "referenceId": "parent"}, "Name": "Tammi", "Contacts": {"records": [child]}}
    made = client.json("POST", "composite/tree/Account", json={"records": [parent]})
    ids = {one["referenceId"]: one["id"] for one in made["results"]}
    assert client.org.records("Contact", [ids["child"]])[0]["AccountId"] == ids["parent"]
    child["LastName"], parent["Name"] = "", "Saarni"
    reply = client.call("POST", "composite/tree/Account", json={"records": [parent]})
    assert (reply.status_code, reply.json()["results"][0]["referenceId"]) == (400, "child")
    assert client.query("SELECT Id FROM Account WHERE Name = 'Saarni'") == []


def test_only_a_restricted_picklist_refuses_a_value_it_does_not_know(client: Client) -> None:
    order = client.org.records("Order")[0]["Id"]
    error = client.error("PATCH", f"sobjects/Order/{order}", json={"Status": "Sleeping"})
    assert error == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert client.call("PATCH", f"sobjects/Case/{case(client)}", json={"Origin": "Pigeon"}).status_code == 204
