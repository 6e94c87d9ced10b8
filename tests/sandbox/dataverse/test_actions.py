"""Closing, winning, fulfilling, re-opening and merging, with what they leave behind."""

from typing import Any

import pytest

from tests.sandbox.dataverse.conftest import Organization

NOBODY = "00000000-0000-0000-0000-000000000001"


def close(org: Organization, case: str, **values: Any) -> None:
    """Resolve a case as an agent's program would."""
    resolution = {
        "@odata.type": "Microsoft.Dynamics.CRM.incidentresolution",
        "subject": "Done",
        "incidentid@odata.bind": f"/incidents({case})",
    }
    org.done("POST", "CloseIncident", {"IncidentResolution": {**resolution, **values}, "Status": -1})


def test_closing_resolves_the_case_and_leaves_a_completed_resolution(org: Organization) -> None:
    case = org.case()
    close(org, case, timespent=25)
    row = org.get(
        f"incidents({case})?$select=statecode,statuscode&$expand=Incident_IncidentResolutions($select=subject,statecode,timespent)"
    )
    assert (row["statecode"], row["statuscode"]) == (1, 5)
    assert [(one["subject"], one["statecode"], one["timespent"]) for one in row["Incident_IncidentResolutions"]] == [
        ("Done", 1, 25)
    ]


def test_actual_end_is_a_day_and_created_on_an_instant(org: Organization) -> None:
    close(org, org.case())
    row = org.rows("incidentresolutions")[0]
    assert row["actualend"].endswith("T00:00:00Z")
    assert row["createdon"][:10] == row["actualend"][:10]


def test_a_plain_update_cannot_close_a_case(org: Organization) -> None:
    case = org.case()
    for body in ({"statecode": 1}, {"statuscode": 5}, {"statecode": 1, "statuscode": 5}):
        assert org.refused("PATCH", f"incidents({case})", body, If_Match="*")[2] == (
            "This message can not be used to set the state of incident to Closed. In order to set state of incident to Closed, "
            "use the CloseIncidentRequest message instead."
        )


def test_resolutions_are_not_created_by_hand(org: Organization) -> None:
    body = {"subject": "x", "incidentid@odata.bind": f"/incidents({org.case()})"}
    assert org.refused("POST", "incidentresolutions", body)[1] == "0x80040800"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"IncidentResolution": {"subject": "x"}, "Status": 5}, 404),
        ({"IncidentResolution": {"incidentid@odata.bind": f"/incidents({NOBODY})"}, "Status": 5}, 404),
        ({"IncidentResolution": {"incidentid@odata.bind": "/incidents(CASE)"}, "Status": 6}, 400),
        ({"IncidentResolution": {"incidentid@odata.bind": "/incidents(CASE)"}, "Status": 5, "Extra": 1}, 400),
    ],
)
def test_wrong_closing_is_refused(org: Organization, body: dict[str, Any], status: int) -> None:
    case = org.case()
    if "IncidentResolution" in body:
        resolution = {name: str(value).replace("CASE", case) for name, value in body["IncidentResolution"].items()}
        body = {**body, "IncidentResolution": resolution}
    assert org.refused("POST", "CloseIncident", body)[0] == status
    assert org.get(f"incidents({case})")["statecode"] == 0
    assert not org.rows("incidentresolutions")


def test_a_closed_case_is_not_closed_again(org: Organization) -> None:
    case = org.case()
    close(org, case)
    body = {"IncidentResolution": {"subject": "x", "incidentid@odata.bind": f"/incidents({case})"}, "Status": 5}
    assert org.refused("POST", "CloseIncident", body)[0] == 400


def test_reopening_by_an_update_leaves_the_resolution_completed(org: Organization) -> None:
    case = org.case()
    close(org, case)
    org.done("PATCH", f"incidents({case})", {"statecode": 0}, If_Match="*")
    close(org, case)
    assert [row["statecode"] for row in org.rows("incidentresolutions")] == [1, 1]
    assert org.get(f"incidents({case})")["statuscode"] == 5


def test_status_must_belong_to_the_state(org: Organization) -> None:
    case = org.case()
    code = org.refused("PATCH", f"incidents({case})", {"statecode": 2, "statuscode": 1}, If_Match="*")[1]
    assert code == "0x80048408"


def test_cancelling_a_case_is_a_plain_update(org: Organization) -> None:
    case = org.case()
    org.done("PATCH", f"incidents({case})", {"statecode": 2}, If_Match="*")
    assert org.get(f"incidents({case})")["statuscode"] == 6


def test_a_score_can_be_written_to_a_closed_case(org: Organization) -> None:
    case = org.case()
    close(org, case)
    org.done("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*")
    assert org.get(f"incidents({case})")["palaute_score"] == 9


def test_an_organisation_can_lock_closed_cases(org: Organization) -> None:
    case = org.case()
    org.dataverse.faults.add("closed_locked")
    org.done("PATCH", f"incidents({case})", {"palaute_score": 8}, If_Match="*")
    close(org, case)
    assert org.refused("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*")[0] == 400


def test_winning_leaves_a_close_activity_and_a_date(org: Organization) -> None:
    contact = org.create("contacts", lastname="X")
    deal = org.create("opportunities", name="Deal", **{"parentcontactid@odata.bind": f"/contacts({contact})"})
    assert "WinOpportunityRequest" in org.refused("PATCH", f"opportunities({deal})", {"statecode": 1}, If_Match="*")[2]
    body = {"subject": "Won", "actualrevenue": 100.5, "opportunityid@odata.bind": f"/opportunities({deal})"}
    org.done("POST", "WinOpportunity", {"OpportunityClose": body, "Status": 3})
    row = org.get(f"opportunities({deal})")
    assert (row["statecode"], row["statuscode"], row["actualvalue"]) == (1, 3, 100.5)
    assert len(row["actualclosedate"]) == 10
    assert org.rows("opportunitycloses")[0]["_opportunityid_value"] == deal


def test_losing_is_another_state(org: Organization) -> None:
    deal = org.create("opportunities", name="Deal")
    org.done(
        "POST", "LoseOpportunity", {"OpportunityClose": {"opportunityid@odata.bind": f"/opportunities({deal})"}, "Status": 5}
    )
    assert org.get(f"opportunities({deal})")["statecode"] == 2


def test_fulfilling_leaves_an_order_close(org: Organization) -> None:
    contact = org.create("contacts", lastname="X")
    order = org.create("salesorders", name="Order", **{"customerid_contact@odata.bind": f"/contacts({contact})"})
    org.done(
        "POST",
        "FulfillSalesOrder",
        {"OrderClose": {"subject": "x", "salesorderid@odata.bind": f"/salesorders({order})"}, "Status": -1},
    )
    assert org.get(f"salesorders({order})")["statuscode"] == 100001
    assert org.rows("ordercloses?$expand=salesorderid($select=ordernumber)")[0]["salesorderid"]["ordernumber"].startswith("ORD-")


def test_merging_cancels_the_other_case_and_names_the_master(org: Organization) -> None:
    kept, gone = org.case(), org.case()
    kind = "Microsoft.Dynamics.CRM.incident"
    body = {
        "Target": {"@odata.type": kind, "incidentid": kept},
        "Subordinate": {"@odata.type": kind, "incidentid": gone},
        "PerformParentingChecks": False,
    }
    org.done("POST", "Merge", body)
    row = org.get(f"incidents({gone})")
    assert (row["statecode"], row["statuscode"], row["_masterid_value"]) == (2, 2000, kept)


def test_unknown_actions_are_not_found(org: Organization) -> None:
    assert org.refused("POST", "DoMagic", {})[:2] == (404, "0x8006088a")
