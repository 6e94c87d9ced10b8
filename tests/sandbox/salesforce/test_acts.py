"""What people in the org do, and what the API then shows."""

from datetime import timedelta

import pytest

from tests.sandbox.salesforce import conftest
from tests.sandbox.salesforce.client import Client


def test_a_closed_case_has_its_closing_moment_and_an_agent_did_it(client: Client) -> None:
    closed = client.org.act("close_cases", count=5)
    rows = client.query("SELECT Id, ClosedDate, SystemModstamp, LastModifiedBy.Username FROM Case WHERE IsClosed = true")
    assert {row["Id"] for row in rows} == set(closed)
    assert all(row["ClosedDate"] == row["SystemModstamp"] for row in rows)
    assert all(row["LastModifiedBy"]["Username"].startswith("agent") for row in rows)


def test_re_opening_clears_the_moment_and_closing_again_sets_another(client: Client) -> None:
    case = client.org.act("close_cases", count=1)
    first = client.org.records("Case", case)[0]["ClosedDate"]
    client.org.act("reopen_cases", records=case)
    assert client.org.records("Case", case)[0]["ClosedDate"] is None
    client.clock.advance(timedelta(minutes=1))
    client.org.act("close_cases", records=case)
    assert client.org.records("Case", case)[0]["ClosedDate"] > first


def test_purchases_are_won_opportunities_and_activated_orders(client: Client) -> None:
    bought = client.org.act("make_purchases", count=4)
    assert [identifier[:3] for identifier in bought] == ["006", "006", "801", "801"]
    won = client.query("SELECT Id, LastStageChangeDate, Probability FROM Opportunity WHERE IsWon = true")
    assert {row["Id"] for row in won} == set(bought[:2])
    assert all(row["LastStageChangeDate"] and row["Probability"] == 100 for row in won)
    orders = client.query("SELECT Id, ActivatedDate FROM Order WHERE StatusCode = 'Activated'")
    assert {row["Id"] for row in orders} == set(bought[2:])


def test_every_opportunity_has_one_primary_contact(client: Client) -> None:
    rows = client.query("SELECT Id, ContactId, (SELECT ContactId, IsPrimary FROM OpportunityContactRoles) FROM Opportunity")
    assert all(row["OpportunityContactRoles"]["totalSize"] == 1 for row in rows)
    both = [row for row in rows if row["ContactId"]]
    assert all(row["OpportunityContactRoles"]["records"][0]["ContactId"] == row["ContactId"] for row in both)


def test_acts_make_more_records_when_there_are_not_enough(client: Client) -> None:
    assert len(client.org.act("close_cases", count=100)) == 100
    assert len(client.org.act("make_purchases", count=30)) == 30


def test_a_merged_case_points_at_its_winner_whose_stamp_moves(client: Client) -> None:
    before = client.clock.now() - timedelta(seconds=2)
    loser = client.org.act("merge_cases", count=1)[0]
    row = client.org.records("Case", [loser])[0]
    winner = client.org.records("Case", [row["MasterRecordId"]])[0]
    assert (row["IsDeleted"], winner["IsDeleted"]) == (True, False)
    assert winner["SystemModstamp"] >= before.strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize("count", [3, 60])
def test_raised_cases_were_lower_before_and_their_history_says_so(client: Client, count: int) -> None:
    ids = client.org.act("raise_priority", count=count)
    rows = client.org.records("Case", ids)
    assert {(row["Priority"], row["IsClosed"]) for row in rows} == {("High", False)}
    last = {row["CaseId"]: (row["OldValue"], row["NewValue"]) for row in client.org.records("CaseHistory")}
    assert len(ids) == count
    assert all(last[one][0] in ("Low", "Medium") and last[one][1] == "High" for one in ids)


def test_opting_out_takes_contacts_or_the_cases_they_belong_to(client: Client) -> None:
    case = next(row for row in client.org.records("Case") if row["ContactEmail"])
    assert client.org.act("opt_out", records=[case["Id"]]) == [case["ContactId"]]
    assert client.org.records("Contact", [case["ContactId"]])[0]["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize(
    ("do", "records", "words"),
    [
        ("sing", None, "unknown act"),
        ("close_cases", ["nonsense"], "Salesforce ids"),
        ("close_cases", ["500Qy00000zzzzz"], "no such Case"),
        ("make_purchases", ["500Qy0000000001"], "opportunities and orders"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(client: Client, do: str, records: list[str] | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        client.org.act(do, records=records)


def test_labels_tell_what_a_customer_knows(client: Client) -> None:
    case = next(row for row in client.org.records("Case") if row["ContactEmail"])
    assert client.org.labels(case["Id"]) == {
        "email": case["ContactEmail"],
        "label": case["CaseNumber"],
        "subject": case["Subject"],
    }
    order = client.org.records("Order")[0]
    labels = client.org.labels(order["Id"])
    assert (labels["label"], labels["subject"]) == (order["OrderNumber"], "")
    with pytest.raises(ValueError, match="no such record"):
        client.org.labels("500Qy00000zzzzz")


def test_a_late_commit_appears_later_with_its_older_stamp(client: Client) -> None:
    client.org.faults.add("late_commit")
    closed = client.org.act("close_cases", count=3)
    assert client.query("SELECT Id FROM Case WHERE IsClosed = true") == []
    error = client.error("PATCH", f"sobjects/Case/{closed[0]}", json={"Subject": "x"})
    assert error == (400, "UNABLE_TO_LOCK_ROW")
    client.clock.advance(timedelta(seconds=30))
    on_time = client.org.act("close_cases", count=1)
    rows = client.query("SELECT Id, SystemModstamp FROM Case WHERE IsClosed = true ORDER BY SystemModstamp, Id")
    assert [row["Id"] for row in rows] == [*sorted(closed), *on_time]


def test_the_same_seed_makes_the_same_org(client: Client) -> None:
    other = type(client.org)(client.clock, client_id="a", client_secret="b")
    other.populate(conftest.population())
    ours = [(row["Subject"], row["Origin"], row["ContactId"]) for row in client.org.records("Case")]
    assert [(row["Subject"], row["Origin"], row["ContactId"]) for row in other.records("Case")] == ours
