"""Misbehaviours on demand, service protection, and what is counted."""

import pytest
import requests

from tests.sandbox.dataverse.conftest import Organization


@pytest.mark.parametrize(
    ("kind", "options", "status", "code", "wait"),
    [
        ("rate_limit", {}, 429, "0x80072322", "1"),
        ("rate_limit", {"retry_after": 7}, 429, "0x80072322", "7"),
        ("budget_exhausted", {}, 429, "0x80072322", "3600"),
        ("server_error", {}, 503, "0x80044a1a", None),
        ("server_error", {"status": 500, "retry_after": 2}, 500, "0x80044a1a", "2"),
        ("rate_limit", {"code": "0x80072321"}, 429, "0x80072321", "1"),
        ("expire_token", {}, 401, "0x8004a101", None),
    ],
)
def test_call_is_refused_once(
    org: Organization, kind: str, options: dict[str, object], status: int, code: str, wait: str | None
) -> None:
    org.get("WhoAmI")
    org.dataverse.faults.add(kind, **options)  # type: ignore[arg-type]  # options are free
    answer = org.call("GET", "WhoAmI")
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers.get("Retry-After")) == (status, code, wait)
    if kind == "expire_token":
        org.renew()
    assert org.call("GET", "WhoAmI").status_code == 200


def test_line_is_cut_without_a_word(org: Organization) -> None:
    org.get("WhoAmI")
    org.dataverse.faults.add("drop")
    with pytest.raises(requests.ConnectionError):
        org.call("GET", "WhoAmI")
    org.get("WhoAmI")


def test_what_was_done_stays_done_though_nobody_hears_of_it(org: Organization) -> None:
    case = org.case()
    org.dataverse.faults.add("drop_after")
    with pytest.raises(requests.ConnectionError):
        org.call("PATCH", f"incidents({case})", {"palaute_score": 5})
    assert org.get(f"incidents({case})")["palaute_score"] == 5


def test_line_hangs_and_is_cut(org: Organization) -> None:
    org.get("WhoAmI")
    org.dataverse.faults.add("timeout", count=1, seconds=5)
    with pytest.raises(requests.Timeout):
        org.http.get(org.root + "WhoAmI", timeout=0.3)


def test_answers_are_spoilt(org: Organization) -> None:
    org.get("WhoAmI")
    faults = org.dataverse.faults
    faults.add("truncated_json")
    with pytest.raises(requests.JSONDecodeError):
        org.call("GET", "WhoAmI").json()
    faults.add("html_page")
    assert org.call("GET", "WhoAmI").headers["Content-Type"].startswith("text/html")
    faults.add("error_in_200")
    assert "error" in org.call("GET", "WhoAmI").json()
    faults.add("wrong_content_type")
    assert org.call("GET", "WhoAmI").headers["Content-Type"] == "text/plain"
    faults.add("huge_body", size=3_000_000)
    assert len(org.call("GET", "WhoAmI").content) > 3_000_000
    faults.add("redirect", location=f"{org.root}WhoAmI")
    assert org.http.get(org.root + "WhoAmI", allow_redirects=False, timeout=5, headers=org.signed()).status_code == 302


def test_too_many_requests_are_refused_for_a_while(org: Organization) -> None:
    org.dataverse.limits.requests = 3
    for _ in range(3):
        org.get("WhoAmI")
    answers = [org.call("GET", "WhoAmI") for _ in range(2)]
    assert all(answer.json()["error"]["code"] == "0x80072322" for answer in answers)
    first, second = (int(answer.headers["Retry-After"]) for answer in answers)
    assert 290 <= first < second
    assert "limit of 3 over time window of 300 seconds" in answers[0].text


def test_too_much_execution_time_is_refused(org: Organization) -> None:
    org.dataverse.limits.execution = 0.0001
    org.get("EntityDefinitions?$expand=Attributes")
    assert org.refused("GET", "WhoAmI")[1] == "0x80072321"


def test_too_many_at_once_are_refused(org: Organization) -> None:
    org.dataverse.limits.concurrent = 0
    assert org.refused("GET", "WhoAmI")[:2] == (429, "0x80072326")


def test_refused_calls_are_not_counted_and_answered_ones_are(org: Organization) -> None:
    org.get("WhoAmI")
    org.dataverse.faults.add("rate_limit")
    org.call("GET", "WhoAmI")
    org.call("GET", "incidents?$bogus=1")
    org.rows("incidents")
    org.case()
    assert org.dataverse.counters.as_json() == {
        "total": 5,
        "endpoints": {"GET WhoAmI": 1, "GET incidents": 2, "POST contacts": 1, "POST incidents": 1},
    }


@pytest.mark.parametrize(
    "address", ["/", "/api/data/v8.2/WhoAmI", "/api/data/v9.2x/WhoAmI", "/XRMServices/2011/Organization.svc"]
)
def test_other_addresses_are_not_found(org: Organization, address: str) -> None:
    assert org.http.get(org.dataverse.url + address, timeout=5).status_code == 404


@pytest.mark.parametrize("version", ["v9.0", "v9.1", "v9.2"])
def test_three_versions_are_served_and_name_themselves(org: Organization, version: str) -> None:
    org.get("WhoAmI")
    answer = org.http.get(f"{org.dataverse.url}/api/data/{version}/WhoAmI", headers=org.signed(), timeout=5).json()
    assert f"/api/data/{version}/$metadata" in answer["@odata.context"]
