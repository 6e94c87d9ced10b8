"""simple-salesforce, unchanged: SOAP sign-in at login.salesforce.com, queries, writing, bulk."""

from typing import Any

from tests.interop import stage


def client(world: stage.Stage, verb: str, **given: Any) -> Any:
    """Run a verb of the small program, with what an admin would put into its settings."""
    app = world.addresses.salesforce
    person = {name: app[name] for name in ("username", "password", "security_token")}
    secrets = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    return world.script("simple_salesforce_client", verb, **person, **secrets, **given)


def test_it_signs_in_by_password_and_by_client_credentials(world: stage.Stage) -> None:
    world.proxy.used.clear()
    told = client(world, "sign_in")
    assert {"login.salesforce.com", "havu.my.salesforce.com"} <= set(world.proxy.used)
    assert told["refused"] == "INVALID_LOGIN"
    assert told["cases"] == len([row for row in world.records("salesforce", "Case").values() if not row["IsDeleted"]])


def test_it_reads_relationships_groups_and_children(world: stage.Stage) -> None:
    world.act("salesforce", "close_cases", count=6)
    told = client(world, "read")
    held = {record: row for record, row in world.records("salesforce", "Case").items() if not row["IsDeleted"]}
    assert {row["Id"] for row in told["rows"]} == {record for record, row in held.items() if row["IsClosed"]}
    people = world.records("salesforce", "Contact")
    wrong = [row for row in told["rows"] if row["Contact"]["Email"] != people[held[row["Id"]]["ContactId"]]["Email"]]
    assert wrong == []
    assert sum(told["grouped"].values()) == len(held)
    assert all(row["Cases"]["totalSize"] == len(row["Cases"]["records"]) > 0 for row in told["nested"])


def test_what_it_writes_is_on_the_records(world: stage.Stage) -> None:
    closed = world.act("salesforce", "close_cases", count=3)
    values = {"Palaute_Score__c": 8, "Palaute_Comment__c": "Hyvä “palvelu” 👍"}
    told = client(world, "write", ids=closed, values=values)
    assert told["found"]
    assert (told["upserts"], told["kept"], told["gone"]) == ([201, 200], "Second", 204)
    assert [row["success"] for row in told["settled"]] == [True, True, True]
    rows = world.records("salesforce", "Case", closed)
    assert [{name: row[name] for name in values} for row in rows.values()] == [values] * 3


def test_bulk_settles_row_by_row(world: stage.Stage) -> None:
    told = client(world, "bulk")
    counted = [told["told"][name] for name in ("numberRecordsTotal", "numberRecordsProcessed", "numberRecordsFailed")]
    assert counted == [6, 6, 1]
    assert "REQUIRED_FIELD_MISSING" in told["failed"]
    assert len(told["lines"]) == 1 + 5


def test_it_describes_what_we_write_to(world: stage.Stage) -> None:
    told = client(world, "describe")
    assert {"Account", "Case", "Contact", "Opportunity", "Order", "User"} <= set(told["objects"])
    types = {"Palaute_Score__c": "double", "Palaute_Comment__c": "textarea", "Palaute_Answered_At__c": "datetime"}
    assert {name: told["fields"][name] for name in types} == types
    assert "DailyApiRequests" in told["limits"]
