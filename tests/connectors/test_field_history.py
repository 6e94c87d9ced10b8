"""How fields changed, as each CRM tells it: lookups, types, pages, and users who may not see it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import base, field_history
from connectors.dynamics import changedata
from connectors.salesforce import history
from tests.connectors import stand_in, test_dynamics, test_salesforce
from wire import errors

LIES = ["truncated_json", "html_page", "error_in_200", "wrong_content_type"]


@pytest.fixture
def salesforce(sandbox: stand_in.Control) -> Iterator[test_salesforce.SalesforceOrg]:
    made = test_salesforce.SalesforceOrg(sandbox)
    yield made
    made.close()


@pytest.fixture
def dynamics(sandbox: stand_in.Control) -> Iterator[test_dynamics.DynamicsOrg]:
    made = test_dynamics.DynamicsOrg(sandbox)
    yield made
    made.close()


@pytest.fixture(params=["salesforce", "dynamics"])
def either(request: pytest.FixtureRequest) -> stand_in.StandInOrg:
    made: stand_in.StandInOrg = request.getfixturevalue(request.param)
    return made


def asked(org: stand_in.StandInOrg, record: str, *columns: str, of: str = "") -> field_history.Asked:
    """The changes of these columns on one record, of the last hour."""
    since = org.now() - timedelta(hours=1)
    return field_history.Asked(object=of or org.watch.object, records=(record,), fields=columns, since=since)


def write(org: stand_in.StandInOrg, connector: base.Connector, record: str, values: Mapping[str, Any], of: str = "") -> None:
    """Somebody changes a record."""
    update = base.FieldUpdate(key="x", object=of or org.watch.object, record=record, values=values)
    assert [row.outcome for row in connector.write([update])] == [base.Outcome.DONE]


def told(
    connector: base.Connector, question: field_history.Asked
) -> tuple[dict[str, tuple[Any, Any]], Mapping[str, field_history.Untold]]:
    """Column → from what to what, of its last change; and what is not told."""
    [answer] = connector.field_changes([question])
    return {one.column: (one.was, one.became) for one in answer.changes}, answer.untold


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_answer_tells_no_changes(either: stand_in.StandInOrg, lie: str) -> None:
    connector = either.connector()
    [case] = either.close_cases(1)
    question = either.asked([case])
    either.fault(lie, count=9)
    with pytest.raises(errors.Later):
        connector.field_changes([question])
    either.fail_calls(0)
    assert connector.field_changes([question])[0].untold == {}


def test_changes_over_several_pages_are_all_told(either: stand_in.StandInOrg) -> None:
    connector = either.connector()
    cases = either.close_cases(7)
    for number in range(3):
        value = either.tracked.values[number % 2]
        for case in cases:
            write(either, connector, case, {either.tracked.column: value})
        either.advance(timedelta(seconds=10))
    before = connector.field_changes([either.asked(cases)])[0].changes
    either.fault("small_pages", seconds=60, size=4)
    assert connector.field_changes([either.asked(cases)])[0].changes == before
    assert len(before) >= 14


def test_ids_that_are_none_are_not_asked_about(either: stand_in.StandInOrg) -> None:
    [answer] = either.connector().field_changes([either.asked(["x' OR Id != '", ""])])
    assert (answer.changes, answer.untold) == ([], {})


def test_salesforce_tells_a_lookup_by_its_ids(salesforce: test_salesforce.SalesforceOrg) -> None:
    connector = salesforce.connector()
    [case] = salesforce.close_cases(1)
    owner = salesforce.case(case)["OwnerId"]
    other = next(row["Id"] for row in salesforce.control.sandbox.salesforce.records("Group") if row["Id"] != owner)
    write(salesforce, connector, case, {"OwnerId": other})
    assert told(connector, asked(salesforce, case, "OwnerId")) == ({"OwnerId": (owner, other)}, {})


def test_salesforce_tells_numbers_as_numbers(salesforce: test_salesforce.SalesforceOrg) -> None:
    connector = salesforce.connector()
    deal = salesforce.control.sandbox.salesforce.records("Opportunity")[0]
    write(salesforce, connector, deal["Id"], {"Amount": 12.5}, of="Opportunity")
    changes, untold = told(connector, asked(salesforce, deal["Id"], "Amount", "StageName", of="Opportunity"))
    assert (changes, untold) == ({"Amount": (deal["Amount"], 12.5)}, {})


def test_salesforce_a_field_that_the_user_cannot_see_is_not_told(salesforce: test_salesforce.SalesforceOrg) -> None:
    [case] = salesforce.close_cases(1)
    salesforce.hide("Priority")
    _, untold = told(salesforce.connector(), asked(salesforce, case, "Priority", "Status"))
    assert set(untold) == {"Priority"}
    assert "field-level security" in untold["Priority"].remedy


def test_salesforce_an_object_without_history_is_not_told(salesforce: test_salesforce.SalesforceOrg) -> None:
    contact = salesforce.control.sandbox.salesforce.records("Contact")[0]["Id"]
    _, untold = told(salesforce.connector(), asked(salesforce, contact, "Title", of="Contact"))
    assert "ContactHistory cannot be read" in untold["Title"].message


def test_salesforce_without_the_right_to_see_the_setup_only_rows_are_proof(salesforce: test_salesforce.SalesforceOrg) -> None:
    connector = salesforce.connector()
    [case] = salesforce.close_cases(1)
    salesforce.fault("without_PermissionsViewSetup", seconds=600)
    _, untold = told(connector, asked(salesforce, case, "Priority"))
    assert "whether its history is tracked cannot be read" in untold["Priority"].message
    assert "view setup and configuration" in untold["Priority"].remedy
    write(salesforce, connector, case, {"Priority": salesforce.tracked.other(salesforce.case(case)["Priority"])})
    changes, untold = told(connector, asked(salesforce, case, "Priority"))
    assert (set(changes), untold) == ({"Priority"}, {})


@pytest.mark.parametrize(
    ("of", "where"),
    [
        ("Case", ("CaseHistory", "CaseId")),
        ("Order", ("OrderHistory", "OrderId")),
        ("Opportunity", ("OpportunityFieldHistory", "OpportunityId")),
        ("Visit__c", ("Visit__History", "ParentId")),
        ("ns__Visit__c", ("ns__Visit__History", "ParentId")),
    ],
)
def test_salesforce_keeps_history_beside_the_object(of: str, where: tuple[str, str]) -> None:
    assert history.source(of) == where


@pytest.mark.parametrize(
    ("of", "column", "names"),
    [
        ("Case", "Priority", ("Priority",)),
        ("Case", "OwnerId", ("OwnerId", "Owner", "ownerAssignment", "ownerAccepted", "ownerEscalated")),
        ("Opportunity", "OwnerId", ("OwnerId", "Owner")),
        ("Visit__c", "Contact__c", ("Contact__c",)),
    ],
)
def test_salesforce_names_changes_in_its_own_way(of: str, column: str, names: tuple[str, ...]) -> None:
    assert history.shown(of, column) == names


def test_dynamics_tells_lookups_and_choices(dynamics: test_dynamics.DynamicsOrg) -> None:
    connector = dynamics.connector()
    [case] = dynamics.close_cases(1)
    before = dynamics.case(case)
    team = dynamics.control.sandbox.dynamics.records("team")[0]["teamid"]
    write(dynamics, connector, case, {"ownerid@odata.bind": f"/teams({team})", "isescalated": not before["isescalated"]})
    changes, untold = told(connector, asked(dynamics, case, "_ownerid_value", "isescalated", "statuscode"))
    assert untold == {}
    assert changes["_ownerid_value"] == (before["_ownerid_value"], team)
    assert changes["isescalated"] == (before["isescalated"], not before["isescalated"])
    assert changes["statuscode"] == (1, before["statuscode"])


def test_dynamics_without_the_privilege_nothing_is_told(dynamics: test_dynamics.DynamicsOrg) -> None:
    store = dynamics.control.sandbox.dynamics.store
    links = store.links["systemuserroles_association"]
    before = set(links)
    role = next(record for record, row in store.table("role").by_id.items() if row["name"] == "Basic User")
    [case] = dynamics.close_cases(1)
    try:
        user = next(user for user, _ in links)
        links.clear()
        links.add((user, role))
        _, untold = told(dynamics.connector(), asked(dynamics, case, "prioritycode"))
    finally:
        links.clear()
        links.update(before)
    assert "prvReadAuditSummary" in untold["prioritycode"].message
    assert "View Audit Summary" in untold["prioritycode"].remedy


def test_dynamics_a_column_that_does_not_exist_is_not_told(dynamics: test_dynamics.DynamicsOrg) -> None:
    [case] = dynamics.close_cases(1)
    _, untold = told(dynamics.connector(), asked(dynamics, case, "new_mood"))
    assert "does not exist" in untold["new_mood"].message


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CASE = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("picklist", "717660001", 717660001),
        ("picklist", "1,High", 1),
        ("status", "-1", -1),
        ("money", "120.5000", 120.5),
        ("decimal", "many", "many"),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("datetime", "05/04/2026 12:00:00", NOON),
        ("datetime", "2026-05-04T12:00:00Z", NOON),
        ("datetime", "05/04/2026", datetime(2026, 5, 4, tzinfo=UTC)),
        ("datetime", "tomorrow", "tomorrow"),
        ("owner", f"team,{CASE.upper()}", CASE),
        ("customer", CASE, CASE),
        ("lookup", "nobody", "nobody"),
        ("string", "Parcel", "Parcel"),
        ("string", "", None),
        ("memo", None, None),
        ("memo", {"odd": 1}, None),
    ],
)
def test_texts_of_audits_are_read_by_the_columns_type(kind: str, text: Any, value: Any) -> None:
    assert changedata.value(text, kind) == value


def row(data: Any, **more: Any) -> dict[str, Any]:
    """An audit row."""
    return {"createdon": "2026-05-04T12:00:00Z", "_objectid_value": CASE, "operation": 2, "changedata": data, **more}


@pytest.mark.parametrize("data", [None, "", "{", "[]", "3", '{"changedAttributes": 4}', '{"changedAttributes": [7, null]}'])
def test_an_audit_whose_data_cannot_be_read_tells_nothing(data: Any) -> None:
    columns = {"title": changedata.Column("string", audited=True)}
    assert list(changedata.changes(row(data), {"title": "title"}, columns)) == []


def test_an_audit_of_a_row_that_was_made_tells_no_change() -> None:
    data = '{"changedAttributes": [{"logicalName": "title", "oldValue": null, "newValue": "New"}]}'
    columns = {"title": changedata.Column("string", audited=True)}
    assert list(changedata.changes(row(data, operation=1), {"title": "title"}, columns)) == []
    assert [one.became for one in changedata.changes(row(data), {"title": "title"}, columns)] == ["New"]


@pytest.mark.parametrize("wrong", [{"createdon": None}, {"createdon": "soon"}, {"_objectid_value": "me"}])
def test_an_audit_without_moment_or_record_is_a_lie(wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.Later):
        list(changedata.changes(row("{}", **wrong), {}, {}))
