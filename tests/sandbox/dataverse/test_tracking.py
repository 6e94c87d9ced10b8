"""Change tracking: delta links, deletions, expiry, and changes that happen between pages."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.dataverse.conftest import Organization

TRACK = "odata.track-changes,odata.maxpagesize=3"


def follow(org: Organization, path: str, prefer: str = TRACK) -> tuple[list[dict[str, Any]], str]:
    """All rows and the delta link behind them."""
    rows: list[dict[str, Any]] = []
    page = org.get(path, Prefer=prefer)
    while "@odata.nextLink" in page:
        rows += page["value"]
        page = org.get(page["@odata.nextLink"], Prefer=prefer)
    return rows + page["value"], page["@odata.deltaLink"]


@pytest.fixture
def accounts(org: Organization) -> list[str]:
    """Eight accounts."""
    return [org.create("accounts", name=f"A{number}") for number in range(8)]


def test_first_read_gives_the_whole_table_and_a_link(org: Organization, accounts: list[str]) -> None:
    rows, link = follow(org, "accounts?$select=name")
    assert sorted(row["accountid"] for row in rows) == sorted(accounts)
    assert "$select=name&$deltatoken=" in link
    assert follow(org, link)[0] == []


def test_changes_and_deletions_come_by_the_link(org: Organization, accounts: list[str]) -> None:
    _, link = follow(org, "accounts?$select=name")
    org.done("PATCH", f"accounts({accounts[2]})", {"name": "new"})
    org.done("DELETE", f"accounts({accounts[5]})")
    rows, _ = follow(org, link)
    assert [row.get("name") or row["reason"] for row in rows] == ["new", "deleted"]
    assert rows[1]["id"] == accounts[5]
    assert rows[1]["@odata.context"].endswith("#accounts/$deletedEntity")
    assert org.call("GET", "accounts/$count?" + link.split("&")[1]).content.decode("utf-8-sig") == "2"


def test_created_and_deleted_between_reads_shows_as_deleted(org: Organization, accounts: list[str]) -> None:
    _, link = follow(org, "accounts?$select=name")
    org.done("DELETE", f"accounts({org.create('accounts', name='short')})")
    assert [row["reason"] for row in follow(org, link)[0]] == ["deleted"]


def test_change_between_pages_is_not_lost(org: Organization, accounts: list[str]) -> None:
    page = org.get("accounts?$select=name", Prefer=TRACK)
    seen = [row["accountid"] for row in page["value"]]
    org.done("PATCH", f"accounts({seen[0]})", {"name": "again"})
    rows, link = follow(org, page["@odata.nextLink"])
    assert set(seen) | {row["accountid"] for row in rows} == set(accounts)
    again = [row["accountid"] for row in rows + follow(org, link)[0]]
    assert seen[0] in again


@pytest.mark.parametrize("option", ["$filter=name eq 'x'", "$orderby=name", "$top=3", "$expand=primarycontactid"])
def test_other_options_are_refused(org: Organization, option: str) -> None:
    _, _, message = org.refused("GET", f"accounts?{option}", Prefer="odata.track-changes")
    assert message == f'The "{option.split("=")[0]}" query parameter isn\'t supported when Change Tracking is enabled.'


def test_token_expires_with_the_clock(org: Organization, accounts: list[str]) -> None:
    _, link = follow(org, "accounts?$select=name")
    org.clock.advance(timedelta(minutes=30))
    assert follow(org, link)[0] == []
    assert len(accounts) == 8
    org.clock.advance(timedelta(days=7))
    assert org.dataverse.token_app.good("") is False
    org.renew()
    assert org.refused("GET", link)[:2] == (400, "0x80044352")


def test_token_expires_on_demand(org: Organization, accounts: list[str]) -> None:
    _, link = follow(org, "accounts?$select=name")
    org.dataverse.faults.add("delta_expired")
    assert org.refused("GET", link)[1] == "0x80044352"
    assert len(follow(org, link)[0]) == 0 < len(accounts)


def test_tables_without_tracking_refuse(org: Organization) -> None:
    assert org.refused("GET", "roles", Prefer="odata.track-changes")[0] == 400


def test_tracking_needs_the_whole_organisation(org: Organization) -> None:
    org.restrict({"prvReadAccount": "Local"})
    assert org.refused("GET", "accounts", Prefer="odata.track-changes")[:2] == (403, "0x80040220")
    assert org.rows("accounts") == []


def test_token_does_not_pass_a_transaction_that_is_still_open(peopled: Organization) -> None:
    peopled.dataverse.faults.add("late_commit", count=1, seconds=600)
    ids = peopled.dataverse.act("close_cases", count=2)
    other = peopled.create("accounts", name="later")
    _, link = follow(peopled, "incidents?$select=statecode", "odata.track-changes")
    assert other
    peopled.clock.advance(timedelta(minutes=10))
    changed = {row["incidentid"]: row["statecode"] for row in follow(peopled, link, "odata.track-changes")[0]}
    assert changed == dict.fromkeys(ids, 1)
