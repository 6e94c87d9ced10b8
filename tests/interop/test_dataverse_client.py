"""Microsoft's PowerPlatform-Dataverse-Client, unchanged: it reads what our connector reads and writes what ours writes."""

from datetime import UTC, datetime
from typing import Any

from connectors import base
from tests.interop import stage

CLOSED = base.Watch(
    name="closed",
    object="incident",
    fields=(
        "ticketnumber",
        "title",
        "statecode",
        "palaute_score",
        "primarycontactid.emailaddress1",
        "primarycontactid.donotemail",
    ),
    where="statecode eq 1",
)


def test_it_works_at_addresses_of_the_vendors(world: stage.Stage) -> None:
    world.proxy.used.clear()
    told = world.dataverse("one_record", url="https://havu.crm4.dynamics.com")
    assert told["second"]["jobtitle"] == "Tester"
    assert {"login.microsoftonline.com", "havu.crm4.dynamics.com"} <= set(world.proxy.used)
    assert world.proxy.refused == []


def test_a_record_is_created_read_changed_and_deleted(world: stage.Stage) -> None:
    told = world.dataverse("one_record")
    made = {"contactid": told["id"], "lastname": "Outsider"}
    assert told["first"] == {**made, "jobtitle": None}
    assert told["second"] == {**made, "jobtitle": "Tester"}
    assert told["gone"] is None
    assert world.records("dynamics", "contacts", [told["id"]]) == {}


def test_records_are_created_and_changed_by_the_many_and_read_by_pages(world: stage.Stage) -> None:
    told = world.dataverse("many_records", names=["Aho", "Berg", "Carlsson", "O'Brien", "Åberg"])
    assert told["pages"] == [["O'Brien", "Carlsson"], ["Berg", "Aho"], ["Åberg"]]
    assert told["counted"] == len(told["ids"]) == 5


def test_it_reads_the_closed_cases_that_our_connector_reads(world: stage.Stage) -> None:
    connector = world.connector("dynamics")
    marks = dict(connector.start([CLOSED]))
    closed = world.act("dynamics", "close_cases", count=9)
    world.control("POST", "/clock", advance="3m")
    ours = {change.record: change.values for page in connector.read([CLOSED], marks) for change in page.changes}
    connector.close()
    theirs = {row["incidentid"]: flat(row) for row in world.dataverse("closed_cases")}
    held = {record for record, row in world.records("dynamics", "incidents").items() if row["statecode"] == 1}
    assert set(theirs) == held
    assert set(ours) == set(closed)
    assert {record: {name: theirs[record][name] for name in values} for record, values in ours.items()} == ours


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its expanded contact's columns as our connector names them."""
    contact = row.get("primarycontactid") or {}
    return row | {f"primarycontactid.{name}": value for name, value in contact.items()}


def test_what_it_writes_is_the_record_that_our_connector_would_leave(world: stage.Stage) -> None:
    mine, theirs = world.act("dynamics", "close_cases", count=2)
    answered = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    values = {"palaute_score": 9, "palaute_comment": "Kiitos – “hyvä”, 👍\nRivi 2", "palaute_metric": "csat"}
    connector = world.connector("dynamics")
    update = base.FieldUpdate(key="k", object="incident", record=mine, values={**values, "palaute_answeredat": answered})
    [settled] = connector.write([update])
    connector.close()
    assert settled.outcome is base.Outcome.DONE
    stamp = {"palaute_answeredat": answered.strftime("%Y-%m-%dT%H:%M:%SZ")}
    world.dataverse("write", table="incident", ids=[theirs], values=values | stamp)
    rows = world.records("dynamics", "incidents", [mine, theirs])
    names = [*values, *stamp]
    assert {name: rows[mine][name] for name in names} == {name: rows[theirs][name] for name in names} == values | stamp


def test_annotations_tell_labels_and_targets(world: stage.Stage) -> None:
    [record] = world.act("dynamics", "close_cases", count=1)
    told = world.dataverse("labels", id=record)
    assert told["statecode@OData.Community.Display.V1.FormattedValue"] == "Resolved"
    assert told["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] in ("systemuser", "team")


def test_wrong_requests_are_refused_with_the_services_own_codes(world: stage.Stage) -> None:
    [record] = world.act("dynamics", "close_cases", count=1)
    still_open = next(id for id, row in world.records("dynamics", "incidents").items() if row["statecode"] == 0)
    told = world.dataverse("refusals", id=record, open=still_open)
    assert told["unknown record"] == [404, "0x80040217"]
    assert {name: refusal[0] for name, refusal in told.items() if name != "unknown record"} == dict.fromkeys(
        ["unknown column", "out of range", "wrong type", "plain close", "wrong filter"], 400
    )


def test_a_batch_answers_part_by_part(world: stage.Stage) -> None:
    [record] = world.act("dynamics", "close_cases", count=1)
    mixed, failing = world.dataverse("batch", id=record)
    assert [part[0] for part in mixed] == [204, 200, 204, 204]
    assert mixed[1][2]["palaute_score"] == 3
    account = world.records("dynamics", "accounts", [mixed[3][1]])[mixed[3][1]]
    assert account["_primarycontactid_value"] == mixed[2][1]
    assert [part[0] for part in failing] == [404, 204]
    assert failing[0][3] == "0x80040217"
    assert world.records("dynamics", "incidents", [record])[record]["palaute_score"] == 4


def test_it_finds_our_columns_with_their_types(world: stage.Stage) -> None:
    told = world.dataverse("metadata")
    assert (told["set"], told["key"]) == ("incidents", "incidentid")
    types = {"palaute_score": "Integer", "palaute_comment": "Memo", "palaute_answeredat": "DateTime", "palaute_metric": "String"}
    assert {name: told["columns"].get(name) for name in types} == types
    assert told["comment"]["MaxLength"] >= 2000


def test_a_table_of_ones_own_takes_keys_upserts_and_lookups(world: stage.Stage) -> None:
    [record] = world.act("dynamics", "close_cases", count=1)
    told = world.dataverse("own_table", id=record)
    rows = [(row["new_code"], row["new_name"], row["new_score"], row["_new_caseid_value"]) for row in told["rows"]]
    assert rows == [("a", "One", 9, record), ("b", "Two", 8, None)]
    assert told["note"]["MaxLength"] > 0
    assert told["gone"] is None


def test_its_sql_answers_what_the_records_say(world: stage.Stage) -> None:
    world.act("dynamics", "close_cases", count=3)
    held = list(world.records("dynamics", "incidents").values())
    resolved = sorted(row["ticketnumber"] for row in held if row["statecode"] == 1)
    texts = [
        "SELECT ticketnumber, statecode FROM incident WHERE statecode = 1 ORDER BY ticketnumber",
        "SELECT statecode, COUNT(*) AS n FROM incident GROUP BY statecode",
        "SELECT TOP 5 i.title, i.ticketnumber, c.emailaddress1 AS address FROM incident i "
        "JOIN contact c ON i.primarycontactid = c.contactid",
    ]
    plain, grouped, joined = world.dataverse("sql", texts=texts)
    assert [row["ticketnumber"] for row in plain] == resolved
    counted = {row["statecode"]: row["n"] for row in grouped}
    assert counted == {state: sum(row["statecode"] == state for row in held) for state in {row["statecode"] for row in held}}
    people = world.records("dynamics", "contacts")
    contact = {
        row["ticketnumber"]: people[row["_primarycontactid_value"]]["emailaddress1"]
        for row in held
        if row["_primarycontactid_value"]
    }
    assert len(joined) == 5
    assert all(row["address"] == contact[row["ticketnumber"]] for row in joined)


def test_its_fetchxml_comes_in_pages(world: stage.Stage) -> None:
    xml = (
        "<fetch count='25'><entity name='incident'><attribute name='ticketnumber'/><order attribute='ticketnumber'/>"
        "<link-entity name='contact' from='contactid' to='primarycontactid' alias='who'><attribute name='lastname'/>"
        "</link-entity></entity></fetch>"
    )
    pages = world.dataverse("fetch", xml=xml)
    held = [row for row in world.records("dynamics", "incidents").values() if row["_primarycontactid_value"]]
    assert [len(page) for page in pages[:-1]] == [25] * (len(pages) - 1)
    assert [row["ticketnumber"] for page in pages for row in page] == sorted(row["ticketnumber"] for row in held)
    assert all(row["who.lastname"] for page in pages for row in page)
