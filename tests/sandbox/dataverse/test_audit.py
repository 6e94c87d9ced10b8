"""Auditing as Microsoft documents it: on for organization, table and column; rows with both values; a privilege of its own."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.dataverse.conftest import Organization


def trail(org: Organization, record: str, more: str = "") -> list[dict[str, Any]]:
    """The audit rows of a record, oldest first."""
    return org.rows(f"audits?$filter=_objectid_value eq {record}{more}&$orderby=createdon asc")


def changed(row: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    """Column → value before and after."""
    return {one["logicalName"]: (one["oldValue"], one["newValue"]) for one in json.loads(row["changedata"])["changedAttributes"]}


@pytest.fixture
def case(peopled: Organization) -> str:
    """An open case that was there before."""
    return str(peopled.rows("incidents?$filter=statecode eq 0&$top=1&$select=incidentid")[0]["incidentid"])


def test_a_change_has_its_values_as_texts(org: Organization, case: str) -> None:
    org.done("PATCH", f"incidents({case})", {"prioritycode": 2})
    org.done("PATCH", f"incidents({case})", {"prioritycode": 1, "isescalated": True, "title": "Parcel"})
    row = trail(org, case)[-1]
    assert (row["action"], row["operation"], row["objecttypecode"]) == (2, 2, "incident")
    told = changed(row)
    assert told["prioritycode"] == ("2", "1")
    assert told["isescalated"][1] == "True"
    assert told["title"][1] == "Parcel"
    assert set(told) == {"prioritycode", "isescalated", "title"}
    assert len(row["attributemask"].split(",")) == 3


def test_a_lookup_is_told_with_its_table(org: Organization, case: str) -> None:
    team = org.rows("teams?$select=teamid")[0]["teamid"]
    org.done("PATCH", f"incidents({case})", {"ownerid@odata.bind": f"/teams({team})"})
    row = trail(org, case)[-1]
    before, after = changed(row)["ownerid"]
    assert row["action"] == 13
    assert (before or "").startswith("systemuser,")
    assert after == f"team,{team}"


def test_closing_is_an_action_of_its_own(org: Organization, case: str) -> None:
    org.dataverse.act("close_cases", records=[case])
    row = trail(org, case)[-1]
    assert row["action"] == 16
    assert changed(row)["statecode"] == ("0", "1")


def test_a_row_that_the_api_makes_is_audited_from_nothing(org: Organization) -> None:
    [row] = trail(org, org.case())
    assert (row["action"], changed(row)["title"]) == (1, (None, "It broke"))


def test_several_records_are_asked_for_at_once(peopled: Organization) -> None:
    org = peopled
    cases = [row["incidentid"] for row in org.rows("incidents?$top=3&$select=incidentid")]
    for one in cases:
        org.done("PATCH", f"incidents({one})", {"title": "Later"})
    listed = ",".join(f"'{one}'" for one in cases)
    found = org.rows(f"audits?$filter=Microsoft.Dynamics.CRM.In(PropertyName='objectid',PropertyValues=[{listed}])")
    assert sorted(row["_objectid_value"] for row in found) == sorted(cases)


def test_what_was_there_before_has_no_rows(peopled: Organization) -> None:
    assert peopled.rows("audits") == []


@pytest.mark.parametrize("level", ["organization", "table", "column"])
def test_auditing_is_on_for_organization_table_and_column(org: Organization, case: str, level: str) -> None:
    before = len(trail(org, case))
    off = {"IsAuditEnabled": {"Value": False, "CanBeChanged": True}}
    if level == "organization":
        [row] = org.rows("organizations?$select=isauditenabled")
        org.done("PATCH", f"organizations({row['organizationid']})", {"isauditenabled": False})
    elif level == "table":
        org.done("PUT", "EntityDefinitions(LogicalName='incident')", off)
        assert not org.get("EntityDefinitions(LogicalName='incident')?$select=IsAuditEnabled")["IsAuditEnabled"]["Value"]
    else:
        org.done("PUT", "EntityDefinitions(LogicalName='incident')/Attributes(LogicalName='prioritycode')", off)
        found = org.get("EntityDefinitions(LogicalName='incident')/Attributes(LogicalName='prioritycode')")
        assert not found["IsAuditEnabled"]["Value"]
    org.done("PATCH", f"incidents({case})", {"prioritycode": 3})
    assert len(trail(org, case)) == before


def test_nobody_writes_audits(org: Organization) -> None:
    assert org.refused("POST", "audits", {"action": 1})[0] == 405


def test_reading_audits_takes_a_privilege_of_its_own(org: Organization) -> None:
    org.restrict({"prvReadIncident": "Global"})
    status, code, message = org.refused("GET", "audits")
    assert (status, code) == (403, "0x80040220")
    assert "is missing prvReadAuditSummary privilege" in message


def test_a_transaction_that_fails_leaves_no_audit(org: Organization, case: str) -> None:
    before = len(trail(org, case))
    body = {"Targets": [
        {"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": case, "title": "Half"},
        {"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": "00000000-0000-0000-0000-00000000000f", "title": "Half"},
    ]}  # fmt: skip
    org.refused("POST", "incidents/Microsoft.Dynamics.CRM.UpdateMultiple", body)
    assert len(trail(org, case)) == before


def history(org: Organization, record: str, paging: str = "") -> dict[str, Any]:
    """What RetrieveRecordChangeHistory tells of a case."""
    more = (",PagingInfo=@p", f"&@p={paging}") if paging else ("", "")
    path = f"RetrieveRecordChangeHistory(Target=@t{more[0]})?@t={{'@odata.id':'incidents({record})'}}{more[1]}"
    return dict(org.get(path)["AuditDetailCollection"])


def test_the_history_of_a_record_has_typed_values_the_latest_first(peopled: Organization, case: str) -> None:
    peopled.done("PATCH", f"incidents({case})", {"prioritycode": 2})
    peopled.clock.advance(timedelta(seconds=10))
    body = {"prioritycode": 1, "isescalated": True, "followupby": "2026-05-04T12:00:00Z"}
    peopled.done("PATCH", f"incidents({case})", body)
    told = history(peopled, case)
    first = told["AuditDetails"][0]
    assert {name: value for name, value in first["NewValue"].items() if name != "@odata.type"} == body
    assert first["OldValue"]["prioritycode"] == 2
    assert "followupby" not in first["OldValue"]
    assert first["AuditRecord"]["_objectid_value"] == case
    record = first["AuditRecord"]["auditid"]
    detail = peopled.get(f"audits({record})/Microsoft.Dynamics.CRM.RetrieveAuditDetails")["AuditDetail"]
    assert detail["NewValue"] == first["NewValue"]


def test_the_history_of_a_record_comes_in_pages(peopled: Organization, case: str) -> None:
    for title in ("One", "Two", "Three"):
        peopled.done("PATCH", f"incidents({case})", {"title": title})
    first = history(peopled, case, "{'PageNumber':1,'Count':2,'ReturnTotalRecordCount':true}")
    second = history(peopled, case, "{'PageNumber':2,'Count':2}")
    titles = [one["NewValue"]["title"] for one in (*first["AuditDetails"], *second["AuditDetails"])]
    assert (titles, first["MoreRecords"], first["TotalRecordCount"], second["MoreRecords"]) == (
        ["Three", "Two", "One"], True, 3, False,
    )  # fmt: skip


def test_the_history_of_a_record_takes_a_privilege_of_its_own(peopled: Organization, case: str) -> None:
    peopled.restrict({"prvReadIncident": "Global", "prvReadAuditSummary": "Global"})
    peopled.get("audits")
    target = f"@t={{'@odata.id':'incidents({case})'}}"
    assert peopled.refused("GET", f"RetrieveRecordChangeHistory(Target=@t)?{target}")[0] == 403
