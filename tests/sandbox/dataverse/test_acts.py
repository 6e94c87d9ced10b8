"""What people in the CRM do, and how it looks over the wire."""

from datetime import timedelta

import pytest

from sandbox import base
from sandbox.dataverse import Dataverse
from tests.sandbox.dataverse.conftest import CLIENT, SECRET, TENANT, Organization, population


def test_population_is_believable(peopled: Organization) -> None:
    contacts = peopled.rows("contacts")
    assert len(contacts) == 32
    assert {row["palaute_language"] for row in contacts} == {"fi", "sv", "en"}
    assert any(row["donotbulkemail"] for row in contacts)
    assert any(row["emailaddress1"] is None for row in contacts)
    cases = peopled.rows("incidents?$filter=statecode eq 0")
    assert len(cases) == 25
    assert len({row["_primarycontactid_value"] for row in cases}) == 25
    assert (
        len(peopled.rows("opportunities?$filter=statecode eq 0")) == len(peopled.rows("salesorders?$filter=statecode eq 0")) == 5
    )


def test_same_seed_makes_the_same_organisation(peopled: Organization) -> None:
    again = Dataverse(base.Clock(), tenant=TENANT, client_id=CLIENT, client_secret=SECRET, seed=7)
    again.populate(population())
    assert [row["ticketnumber"] for row in again.records("incident")] == [
        row["ticketnumber"] for row in peopled.dataverse.records("incident")
    ]


def test_closed_cases_have_a_resolution_by_their_agent(peopled: Organization) -> None:
    ids = peopled.dataverse.act("close_cases", count=3)
    rows = peopled.rows("incidents?$filter=statecode eq 1&$expand=Incident_IncidentResolutions($select=statecode)")
    assert sorted(row["incidentid"] for row in rows) == sorted(ids)
    assert all([one["statecode"] for one in row["Incident_IncidentResolutions"]] == [1] for row in rows)


def test_more_cases_are_made_when_there_are_not_enough(peopled: Organization) -> None:
    assert len(set(peopled.dataverse.act("close_cases", count=40))) == 40
    assert len(peopled.rows("incidents")) == 40


def test_reopening_cancels_the_resolution(peopled: Organization) -> None:
    ids = peopled.dataverse.act("reopen_cases", count=2)
    assert all(row["statecode"] == 0 for row in peopled.dataverse.records("incident", ids))
    assert [row["statecode"] for row in peopled.rows("incidentresolutions")] == [2, 2]
    peopled.dataverse.act("close_cases", records=ids)
    assert sorted(row["statecode"] for row in peopled.rows("incidentresolutions")) == [1, 1, 2, 2]


def test_purchases_are_half_won_and_half_fulfilled(peopled: Organization) -> None:
    ids = peopled.dataverse.act("make_purchases", count=13)
    won = peopled.rows("opportunitycloses?$expand=opportunityid($select=statecode)")
    fulfilled = peopled.rows("ordercloses?$expand=salesorderid($select=statecode)")
    assert (len(won), len(fulfilled)) == (7, 6)
    assert {row["_opportunityid_value"] for row in won} | {row["_salesorderid_value"] for row in fulfilled} == set(ids)
    assert all(row["opportunityid"]["statecode"] == 1 for row in won)
    assert all(row["salesorderid"]["statecode"] == 3 for row in fulfilled)


def test_merged_cases_name_a_master_that_is_still_open(peopled: Organization) -> None:
    ids = peopled.dataverse.act("merge_cases", count=2)
    rows = peopled.rows("incidents?$filter=statuscode eq 2000&$expand=masterid($select=statecode)")
    assert sorted(row["incidentid"] for row in rows) == sorted(ids)
    assert all(row["masterid"]["statecode"] == 0 for row in rows)


def test_deleted_cases_are_gone(peopled: Organization) -> None:
    (case,) = peopled.dataverse.act("delete_cases", count=1)
    assert peopled.call("GET", f"incidents({case})").status_code == 404


@pytest.mark.parametrize("count", [3, 60])
def test_raised_cases_were_lower_before_and_their_audits_say_so(peopled: Organization, count: int) -> None:
    ids = peopled.dataverse.act("raise_priority", count=count)
    assert len(ids) == count
    assert {row["prioritycode"] for row in peopled.dataverse.records("incidents", ids)} == {1}
    audits = {row["_objectid_value"]: row["changedata"] for row in peopled.dataverse.records("audits")}
    assert all('"newValue":"1"' in audits[one] and '"oldValue":"1"' not in audits[one] for one in ids)


def test_opting_out_refuses_mail_in_one_way_or_the_other(peopled: Organization) -> None:
    ids = peopled.dataverse.act("opt_out", count=4)
    flags = [(row["donotemail"], row["donotbulkemail"]) for row in peopled.dataverse.records("contacts", ids)]
    assert sorted(flags) == [(False, True), (False, True), (True, False), (True, False)]
    case = peopled.rows("incidents?$select=_primarycontactid_value&$top=1")[0]["_primarycontactid_value"]
    assert peopled.dataverse.act("opt_out", records=[case]) == [case]


@pytest.mark.parametrize(
    ("do", "how", "words"),
    [
        ("dance", {"count": 1}, "Unknown act"),
        ("close_cases", {}, "Say how many"),
        ("close_cases", {"records": ["00000000-0000-0000-0000-000000000001"]}, "There is no incident"),
        ("opt_out", {"count": 1000}, "not enough contacts"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(peopled: Organization, do: str, how: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        peopled.dataverse.act(do, **how)  # type: ignore[arg-type]  # wrong on purpose


def test_late_commit_shows_later_with_the_older_stamp(peopled: Organization) -> None:
    peopled.dataverse.faults.add("late_commit", count=1, seconds=600)
    before = peopled.rows("incidents?$select=modifiedon&$orderby=modifiedon desc&$top=1")[0]["modifiedon"]
    ids = peopled.dataverse.act("close_cases", count=2)
    assert peopled.rows("incidents?$filter=statecode eq 1") == []
    peopled.clock.advance(timedelta(seconds=2))
    young = peopled.create("accounts", name="later")
    peopled.clock.advance(timedelta(minutes=10))
    rows = peopled.rows("incidents?$filter=statecode eq 1&$select=modifiedon,versionnumber")
    other = peopled.get(f"accounts({young})?$select=modifiedon,versionnumber")
    assert sorted(row["incidentid"] for row in rows) == sorted(ids)
    assert all(
        before <= row["modifiedon"] < other["modifiedon"] and row["versionnumber"] < other["versionnumber"] for row in rows
    )


def test_other_acts_leave_records_of_an_open_transaction_alone(peopled: Organization) -> None:
    peopled.dataverse.faults.add("late_commit", count=1, seconds=60)
    first = peopled.dataverse.act("close_cases", count=5)
    assert not set(first) & set(peopled.dataverse.act("close_cases", count=5))


def test_labels_tell_what_a_mail_would_say(peopled: Organization) -> None:
    case = peopled.rows("incidents?$expand=primarycontactid($select=emailaddress1)&$top=1")[0]
    assert peopled.dataverse.labels(case["incidentid"]) == {
        "email": case["primarycontactid"]["emailaddress1"] or "",
        "label": case["ticketnumber"],
        "subject": case["title"],
    }
    order = peopled.rows("salesorders?$expand=customerid_contact($select=emailaddress1)&$top=1")[0]
    assert peopled.dataverse.labels(order["salesorderid"])["label"] == order["ordernumber"]
    deal = peopled.rows("opportunities?$select=name&$top=1")[0]
    made = peopled.dataverse.labels(deal["opportunityid"])
    assert (made["label"], made["subject"]) == (deal["name"], deal["name"])
    with pytest.raises(ValueError, match="There is no case"):
        peopled.dataverse.labels("00000000-0000-0000-0000-000000000001")


def test_records_are_shown_by_set_and_by_table_name(peopled: Organization) -> None:
    assert len(peopled.dataverse.records("incidents")) == len(peopled.dataverse.records("incident")) == 25
    row = peopled.dataverse.records("incidents")[0]
    wire = peopled.get(f"incidents({row['incidentid']})")
    assert {name: row[name] for name in wire if name in row and name != "@odata.context"} == {
        name: value for name, value in wire.items() if name != "@odata.context"
    }
    with pytest.raises(ValueError, match="no table"):
        peopled.dataverse.records("nothing")
