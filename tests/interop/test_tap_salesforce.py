"""Singer's tap-salesforce, unchanged: it finds the objects and reads the rows that our connector reads."""

from datetime import datetime
from typing import Any

import pytest

from connectors import base
from tests.interop import stage, tap

STREAMS = ("Case", "Contact", "Opportunity")
CLOSED = base.Watch(
    name="closed",
    object="Case",
    fields=("CaseNumber", "Subject", "Status", "IsClosed", "ClosedDate", "Priority", "ContactId", "OwnerId", "Palaute_Score__c"),
    where="IsClosed = true",
)


@pytest.fixture(scope="session")
def catalog(running: stage.Stage) -> dict[str, Any]:
    """What the tap discovers, once for all tests here."""
    return tap.Tap(running).discover()


def same(told: Any, held: Any) -> bool:
    """Whether the tap's value is the stand-in's: instants are written in another way, and a date gets a midnight."""
    if isinstance(held, str) and isinstance(told, str) and held != told:
        try:
            return datetime.fromisoformat(told) == datetime.fromisoformat(held) or told == f"{held}T00:00:00.000000Z"
        except ValueError:
            return False
    return bool(told == held)


def test_it_discovers_the_objects_we_work_with(catalog: dict[str, Any]) -> None:
    streams = {entry["stream"]: entry for entry in catalog["streams"]}
    assert {"Case", "Contact", "Opportunity", "Order", "Account", "User"} <= set(streams)
    assert "Palaute_Score__c" in streams["Case"]["schema"]["properties"]


def test_it_reads_every_record_with_the_values_that_the_org_holds(world: stage.Stage, catalog: dict[str, Any]) -> None:
    sync = tap.Tap(world).sync(catalog, STREAMS)
    for stream in STREAMS:
        held = world.records("salesforce", stream)
        assert sorted(sync.ids(stream)) == sorted(held)
        wrong = [
            (name, value, held[row["Id"]].get(name))
            for row in sync.records[stream]
            for name, value in row.items()
            if not same(value, held[row["Id"]].get(name))
        ]
        assert wrong[:5] == []


def test_a_second_run_reads_only_what_changed(world: stage.Stage, catalog: dict[str, Any]) -> None:
    program = tap.Tap(world)
    world.control("POST", "/clock", advance="5s")
    first = program.sync(catalog, STREAMS)
    world.control("POST", "/clock", advance="5s")
    closed = world.act("salesforce", "close_cases", count=4)
    second = program.sync(catalog, STREAMS, first.state)
    assert set(closed) <= set(second.ids("Case"))
    for stream in STREAMS:
        bookmark = datetime.fromisoformat(first.state["bookmarks"][stream]["SystemModstamp"])
        held = world.records("salesforce", stream)
        changed = [record for record, row in held.items() if datetime.fromisoformat(row["SystemModstamp"]) >= bookmark]
        assert sorted(second.ids(stream)) == sorted(changed)
        assert len(changed) < len(held)


def test_it_reads_the_closed_cases_that_our_connector_reads(world: stage.Stage, catalog: dict[str, Any]) -> None:
    connector = world.connector("salesforce")
    marks = dict(connector.start([CLOSED]))
    world.act("salesforce", "close_cases", count=5)
    world.control("POST", "/clock", advance="3m")
    ours = {change.record: change.values for page in connector.read([CLOSED], marks) for change in page.changes}
    connector.close()
    started = marks["closed"].stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    theirs = {
        row["Id"]: row
        for row in tap.Tap(world, start_date=started).sync(catalog, ["Case"]).records["Case"]
        if row["IsClosed"] and not row["IsDeleted"]
    }
    assert set(ours) == set(theirs)
    assert len(ours) >= 5
    for record, values in ours.items():
        for name, value in values.items():
            told = theirs[record][name]
            assert (datetime.fromisoformat(told) if isinstance(value, datetime) else told) == value, name


def test_deleted_and_merged_cases_come_as_deleted(world: stage.Stage, catalog: dict[str, Any]) -> None:
    program = tap.Tap(world)
    before = program.sync(catalog, ["Case"])
    world.control("POST", "/clock", advance="5s")
    gone = world.act("salesforce", "delete_cases", count=2)
    merged = world.act("salesforce", "merge_cases", count=1)
    rows = {row["Id"]: row for row in program.sync(catalog, ["Case"], before.state).records["Case"]}
    assert [rows[record]["IsDeleted"] for record in gone + merged] == [True, True, True]
    assert rows[merged[0]]["MasterRecordId"]


def test_what_our_connector_writes_is_what_it_reads(world: stage.Stage, catalog: dict[str, Any]) -> None:
    [record] = world.act("salesforce", "close_cases", count=1)
    connector = world.connector("salesforce")
    values = {"Palaute_Score__c": 9, "Palaute_Comment__c": "Kiitos – “hyvä”, 👍"}
    [settled] = connector.write([base.FieldUpdate(key="k", object="Case", record=record, values=values)])
    connector.close()
    assert settled.outcome is base.Outcome.DONE
    rows = {row["Id"]: row for row in tap.Tap(world).sync(catalog, ["Case"]).records["Case"]}
    assert {name: rows[record][name] for name in values} == values


def test_its_bulk_way_reads_what_its_rest_way_reads(world: stage.Stage, catalog: dict[str, Any]) -> None:
    rest = tap.Tap(world).sync(catalog, ["Contact"])
    bulk = tap.Tap(world, api_type="BULK").sync(catalog, ["Contact"])
    assert bulk.records["Contact"] == rest.records["Contact"]


def test_it_keeps_a_refresh_token_that_the_org_rotates(world: stage.Stage, catalog: dict[str, Any]) -> None:
    first = world.refresh_token()
    program = tap.Tap(world, refresh_token=first)
    program.sync(catalog, ["User"])
    second = program.refresh_token
    program.sync(catalog, ["User"])
    assert len({first, second, program.refresh_token}) == 3
