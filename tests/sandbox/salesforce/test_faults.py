"""Misbehaviour that can be switched on."""

import pytest
import requests

from tests.sandbox.salesforce.client import Client


def case(client: Client) -> str:
    return str(client.org.records("Case")[0]["Id"])


def test_a_rate_limit_hits_so_many_calls(client: Client) -> None:
    client.org.faults.add("rate_limit", count=2)
    assert [client.call("GET", "limits").status_code for _ in range(3)] == [403, 403, 200]


def test_an_exhausted_budget_stays_until_it_is_cleared_and_shows_in_the_header(client: Client) -> None:
    client.org.faults.add("budget_exhausted", seconds=60)
    replies = [client.call("GET", "limits") for _ in range(2)]
    assert [reply.json()[0]["errorCode"] for reply in replies] == ["REQUEST_LIMIT_EXCEEDED"] * 2
    assert replies[0].headers["Sforce-Limit-Info"].startswith("api-usage=115000/115000")
    client.org.faults.clear()
    assert client.call("GET", "limits").status_code == 200


@pytest.mark.parametrize("shape", ["html", "json"])
def test_a_server_error_comes_as_page_or_as_json(client: Client, shape: str) -> None:
    client.org.faults.add("server_error", shape=shape)
    reply = client.call("GET", "limits")
    assert reply.status_code == 503
    assert shape in reply.headers["Content-Type"]


def test_a_dropped_call_was_not_done_and_one_dropped_after_was(client: Client) -> None:
    path = f"sobjects/Case/{case(client)}"
    client.org.faults.add("drop")
    with pytest.raises(requests.ConnectionError):
        client.call("PATCH", path, json={"Palaute_Score__c": 1})
    assert client.json("GET", path)["Palaute_Score__c"] is None
    client.org.faults.add("drop_after")
    with pytest.raises(requests.ConnectionError):
        client.call("PATCH", path, json={"Palaute_Score__c": 2})
    assert client.json("GET", path)["Palaute_Score__c"] == 2


def test_a_hanging_call_ends_without_a_reply(client: Client) -> None:
    client.org.faults.add("timeout", count=1, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        client.call("GET", "limits")


def test_a_client_that_waits_less_gives_up(client: Client) -> None:
    client.org.faults.add("timeout")
    with pytest.raises(requests.Timeout):
        client.session.get(f"{client.root}/limits", timeout=0.3)


def test_expired_tokens_are_expired_once(client: Client) -> None:
    client.org.faults.add("expire_token")
    assert client.error("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert client.error("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert client.sign_in().call("GET", "limits").status_code == 200


@pytest.mark.parametrize(
    ("kind", "code"), [("lock_rows", "UNABLE_TO_LOCK_ROW"), ("partial_failure", "FIELD_CUSTOM_VALIDATION_EXCEPTION")]
)
def test_so_many_rows_fail_and_the_others_are_written(client: Client, kind: str, code: str) -> None:
    ids = [row["Id"] for row in client.org.records("Case")[:4]]
    client.org.faults.add(kind, count=2)
    rows = [{"attributes": {"type": "Case"}, "id": identifier, "Palaute_Score__c": 5} for identifier in ids]
    reply = client.json("PATCH", "composite/sobjects", json={"records": rows})
    assert [one["success"] for one in reply] == [False, False, True, True]
    assert reply[0]["errors"][0]["statusCode"] == code
    assert ("fields" in reply[0]["errors"][0]) is (kind == "partial_failure")


def test_small_pages_still_give_every_record_once(client: Client) -> None:
    client.org.act("close_cases", count=1200)
    client.org.faults.add("small_pages", seconds=60)
    ids = [row["Id"] for row in client.query("SELECT Id FROM Case")]
    assert len(ids) == len(set(ids)) == 1200


def test_truncated_json_cannot_be_parsed(client: Client) -> None:
    client.org.faults.add("truncated_json")
    reply = client.call("GET", "sobjects")
    assert reply.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        reply.json()


def test_a_proxys_page_comes_with_status_200(client: Client) -> None:
    client.org.faults.add("html_page")
    reply = client.call("GET", "limits")
    assert (reply.status_code, reply.text[:6]) == (200, "<html>")


def test_an_error_may_come_with_status_200(client: Client) -> None:
    client.org.faults.add("error_in_200")
    reply = client.call("GET", "limits")
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (200, "UNKNOWN_EXCEPTION")


def test_a_redirect_leads_to_the_login_page(client: Client) -> None:
    client.org.faults.add("redirect")
    reply = client.call("GET", "limits", allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"].split("/?")[0]) == (302, client.org.login_url)


def test_right_json_may_come_with_the_wrong_type(client: Client) -> None:
    client.org.faults.add("wrong_content_type")
    reply = client.call("GET", "limits")
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert reply.json()


def test_a_huge_body_is_huge_and_valid(client: Client) -> None:
    client.org.faults.add("huge_body", bytes=3_000_000)
    reply = client.call("GET", "limits")
    assert len(reply.content) > 3_000_000
    assert reply.json()["DailyApiRequests"]


def test_the_token_endpoint_may_be_down(visitor: Client) -> None:
    visitor.org.faults.add("token_error")
    assert visitor.token(grant_type="client_credentials").status_code == 503
