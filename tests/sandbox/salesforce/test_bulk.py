"""Bulk API 2.0: jobs that take a moment, CSV in and out."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.salesforce.client import Client


def finished(client: Client, kind: str, job: str) -> dict[str, Any]:
    """The job after a moment."""
    client.clock.advance(timedelta(seconds=1))
    return dict(client.json("GET", f"jobs/{kind}/{job}"))


def rows(reply: requests.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(reply.content.decode())))


def asked(client: Client, soql: str, operation: str = "query") -> str:
    job = client.json("POST", "jobs/query", json={"operation": operation, "query": soql})
    assert job["state"] == "UploadComplete"
    return str(job["id"])


def loaded(client: Client, text: str, **job: str) -> dict[str, Any]:
    """An ingest job, done."""
    made = client.json("POST", "jobs/ingest", json={"object": "Contact", "contentType": "CSV", "lineEnding": "LF", **job})
    assert made["state"] == "Open"
    head = {"Content-Type": "text/csv"}
    assert client.call("PUT", f"/{made['contentUrl']}", data=text.encode(), headers=head).status_code == 201
    assert client.json("PATCH", f"jobs/ingest/{made['id']}", json={"state": "UploadComplete"})["state"] == "UploadComplete"
    return finished(client, "ingest", made["id"])


def test_a_query_job_is_in_progress_then_complete_and_its_result_comes_in_pages(client: Client) -> None:
    job = asked(client, "SELECT Id, CaseNumber, Contact.Email, IsClosed, CreatedDate FROM Case ORDER BY CaseNumber")
    assert client.json("GET", f"jobs/query/{job}")["state"] == "InProgress"
    assert client.error("GET", f"jobs/query/{job}/results") == (400, "INVALIDJOBSTATE")
    done = finished(client, "query", job)
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 40)
    first = client.call("GET", f"jobs/query/{job}/results", params={"maxRecords": "25"})
    assert first.headers["Sforce-NumberOfRecords"] == "25"
    second = client.call("GET", f"jobs/query/{job}/results", params={"locator": first.headers["Sforce-Locator"]})
    assert second.headers["Sforce-Locator"] == "null"
    found = rows(first) + rows(second)
    assert [row["CaseNumber"] for row in found] == [f"{number:08d}" for number in range(1, 41)]
    assert found[0]["IsClosed"] == "false"
    assert found[0]["CreatedDate"].endswith(".000Z")
    assert {row["Contact.Email"] for row in found} >= {"", "person1@example.org"}


def test_query_all_jobs_see_deleted_rows(client: Client) -> None:
    gone = client.org.act("delete_cases", count=2)
    job = asked(client, "SELECT Id FROM Case WHERE IsDeleted = true", "queryAll")
    finished(client, "query", job)
    assert [row["Id"] for row in rows(client.call("GET", f"jobs/query/{job}/results"))] == sorted(gone)


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT COUNT(Id) FROM Case", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Cases) FROM Contact", "API_ERROR"),
        ("SELECT Foo FROM Case", "INVALID_FIELD"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
def test_queries_that_bulk_cannot_do_are_refused(client: Client, soql: str, code: str) -> None:
    assert client.error("POST", "jobs/query", json={"operation": "query", "query": soql}) == (400, code)


def test_a_job_can_be_aborted_and_deleted(client: Client) -> None:
    job = asked(client, "SELECT Id FROM Case")
    assert client.json("PATCH", f"jobs/query/{job}", json={"state": "Aborted"})["state"] == "Aborted"
    assert client.call("DELETE", f"jobs/query/{job}").status_code == 204
    assert client.error("GET", f"jobs/query/{job}") == (404, "NOT_FOUND")


def test_an_insert_job_tells_what_succeeded_and_what_failed(client: Client) -> None:
    done = loaded(client, "LastName,Email\nLahti,lahti@example.org\n,nobody@example.org\n", operation="insert")
    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ("JobComplete", 2, 1)
    good = rows(client.call("GET", f"jobs/ingest/{done['id']}/successfulResults"))
    assert (good[0]["sf__Created"], good[0]["LastName"], good[0]["sf__Id"][:3]) == ("true", "Lahti", "003")
    bad = rows(client.call("GET", f"jobs/ingest/{done['id']}/failedResults"))
    assert bad[0]["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"


def test_an_empty_cell_says_nothing_and_not_applicable_says_null(client: Client) -> None:
    person = next(row for row in client.org.records("Contact") if row["Email"])
    loaded(client, f"Id,Email,Phone\n{person['Id']},,#N/A\n", operation="update")
    after = client.org.records("Contact", [person["Id"]])[0]
    assert (after["Email"], after["Phone"]) == (person["Email"], None)


def test_an_upsert_job_finds_records_by_their_external_id(client: Client) -> None:
    done = loaded(
        client, "CrmKey__c,LastName\nperson-1,Saari\nfresh,Niemi\n", operation="upsert", externalIdFieldName="CrmKey__c"
    )
    good = rows(client.call("GET", f"jobs/ingest/{done['id']}/successfulResults"))
    assert [row["sf__Created"] for row in good] == ["false", "true"]


def test_an_unknown_column_fails_the_job_and_processes_nothing(client: Client) -> None:
    done = loaded(client, "LastName,Nonsense\nLahti,x\n", operation="insert")
    assert done["state"] == "Failed"
    assert len(rows(client.call("GET", f"jobs/ingest/{done['id']}/unprocessedrecords"))) == 1


def test_an_upload_is_taken_once_and_as_csv_only(client: Client) -> None:
    job = client.json("POST", "jobs/ingest", json={"object": "Contact", "operation": "insert"})
    path = f"jobs/ingest/{job['id']}/batches"
    assert client.error("PUT", path, data=b"{}", headers={"Content-Type": "application/json"}) == (400, "INVALIDCONTENTTYPE")
    assert client.call("PUT", path, data=b"LastName\nx\n", headers={"Content-Type": "text/csv"}).status_code == 201
    assert client.error("PUT", path, data=b"LastName\nx\n", headers={"Content-Type": "text/csv"}) == (400, "INVALIDJOBSTATE")


def test_an_upsert_job_must_name_its_key(client: Client) -> None:
    assert client.error("POST", "jobs/ingest", json={"object": "Contact", "operation": "upsert"}) == (400, "INVALIDJOB")


def test_retired_versions_of_the_older_api_are_refused(client: Client) -> None:
    headers = {"X-SFDC-Session": str(client.session.headers["Authorization"]).removeprefix("Bearer ")}
    reply = client.call("POST", "/services/async/30.0/job", json={}, headers=headers)
    assert (reply.status_code, reply.json()["exceptionCode"]) == (400, "InvalidVersion")
