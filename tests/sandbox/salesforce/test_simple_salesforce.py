"""A stranger's client, unchanged: simple-salesforce."""

from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound
from simple_salesforce.format import format_soql

from tests.sandbox.salesforce.client import Client


@pytest.fixture
def stranger(client: Client) -> Any:
    """Their client with a token of ours."""
    session = requests.Session()
    session.trust_env, session.verify = False, client.ca
    token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    return Salesforce(session_id=token, instance_url=client.org.instance_url, session=session, version="62.0")


def test_it_reads_all_pages(client: Client, stranger: Any) -> None:
    client.org.act("close_cases", count=2500)
    rows = stranger.query_all("SELECT Id, Contact.Email FROM Case")["records"]
    assert len({row["Id"] for row in rows}) == 2500


def test_it_creates_changes_and_deletes(stranger: Any) -> None:
    made = stranger.Contact.create({"LastName": "O'Hara", "CrmKey__c": "x-1"})
    stranger.Contact.update(made["id"], {"FirstName": "Scarlett"})
    found = stranger.query(format_soql("SELECT Id, Name FROM Contact WHERE LastName = {}", "O'Hara"))
    assert found["records"][0]["Name"] == "Scarlett O'Hara"
    assert stranger.Contact.get_by_custom_id("CrmKey__c", "x-1")["Id"] == made["id"]
    assert stranger.Contact.upsert("CrmKey__c/x-1", {"LastName": "Hamilton"}) == 200
    stranger.Contact.delete(made["id"])
    with pytest.raises(SalesforceResourceNotFound):
        stranger.Contact.get(made["id"])


def test_it_understands_our_refusals(stranger: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        stranger.query("SELECT Foo FROM Case")
    assert "INVALID_FIELD" in str(caught.value.content)


def test_it_reads_its_api_usage(stranger: Any) -> None:
    stranger.limits()
    assert stranger.api_usage["api-usage"].used == 1
    stranger.limits()
    assert stranger.api_usage["per-app-api-usage"].name == "Palaute"


def test_it_loads_and_reads_in_bulk(stranger: Any) -> None:
    loaded = stranger.bulk2.Contact.insert(records=[{"LastName": f"Bulk {number}"} for number in range(25)], wait=1)
    assert sum(int(job["numberRecordsProcessed"]) for job in loaded) == 25
    pages = list(stranger.bulk2.Contact.query("SELECT LastName FROM Contact WHERE LastName LIKE 'Bulk %'", wait=1))
    assert sum(page.count("Bulk") for page in pages) == 25


def test_it_loads_and_reads_by_the_older_bulk_api(stranger: Any) -> None:
    loaded = stranger.bulk.Contact.insert([{"LastName": f"Bulk {number}"} for number in range(3)] + [{"FirstName": "x"}])
    assert [row["success"] for row in loaded] == [True, True, True, False]
    assert loaded[3]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    found = stranger.bulk.Contact.query("SELECT LastName FROM Contact WHERE LastName LIKE 'Bulk %'", wait=1)
    assert sorted(row["LastName"] for row in found) == ["Bulk 0", "Bulk 1", "Bulk 2"]
