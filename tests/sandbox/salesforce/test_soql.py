"""What queries find."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import Client


def held(client: Client, name: str) -> list[dict[str, Any]]:
    return client.org.records(name)


CONDITIONS: list[tuple[str, Any]] = [
    ("Origin = 'Web'", lambda row: row["Origin"] == "Web"),
    ("Origin = 'wEB'", lambda row: row["Origin"] == "Web"),
    ("Origin != 'Web'", lambda row: row["Origin"] != "Web"),
    ("Origin IN ('Web', 'Phone')", lambda row: row["Origin"] in ("Web", "Phone")),
    ("Origin NOT IN ('Web')", lambda row: row["Origin"] != "Web"),
    ("NOT Origin = 'Web'", lambda row: row["Origin"] != "Web"),
    ("Subject LIKE 'wrong%'", lambda row: row["Subject"].startswith("Wrong")),
    ("Subject LIKE '%_o_nection'", lambda row: row["Subject"] == "No connection"),
    (r"Subject LIKE '%\%%'", lambda row: False),
    ("CaseNumber > '00000020'", lambda row: row["CaseNumber"] > "00000020"),
    (
        "IsClosed = false AND (Origin = 'Web' OR Priority = 'High')",
        lambda row: row["Origin"] == "Web" or row["Priority"] == "High",
    ),
    ("ClosedDate = null", lambda row: row["ClosedDate"] is None),
    ("Palaute_Score__c = null AND Palaute_Score__c != 5", lambda row: True),
    ("Palaute_Score__c < 5", lambda row: False),
    ("ContactEmail = null", lambda row: row["ContactEmail"] is None),
    ("Contact.Email = ''", lambda row: row["ContactEmail"] is None),
    ("Contact.Email LIKE 'person1%'", lambda row: (row["ContactEmail"] or "").startswith("person1")),
    ("CreatedDate <= TODAY AND CreatedDate = LAST_N_DAYS:30", lambda row: True),
    ("CreatedDate > NEXT_YEAR", lambda row: False),
    ("CreatedDate >= 2020-01-01T00:00:00+02:00", lambda row: True),
]


@pytest.mark.parametrize(("where", "fits"), CONDITIONS)
def test_a_condition_finds_what_it_describes(client: Client, where: str, fits: Any) -> None:
    found = {row["Id"] for row in client.query(f"SELECT Id FROM Case WHERE {where}")}
    assert found == {row["Id"] for row in held(client, "Case") if fits(row)}


REFUSED = [
    ("SELECT Foo FROM Case", "INVALID_FIELD", "No such column 'Foo' on entity 'Case'"),
    ("SELECT Contact.Foo FROM Case", "INVALID_FIELD", "No such column 'Foo' on entity 'Contact'"),
    ("SELECT Kontact.Id FROM Case", "INVALID_FIELD", "Didn't understand relationship 'Kontact'"),
    ("SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD", "can not be filtered"),
    ("SELECT Owner.Palaute__c FROM Case", "INVALID_FIELD", "on entity 'Name'"),
    ("SELECT Id FROM Kase", "INVALID_TYPE", "sObject type 'Kase' is not supported"),
    ("SELECT Id, (SELECT Id FROM Kontacts) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Kontacts'"),
    ("SELECT Id, Id FROM Case", "INVALID_FIELD", "duplicate field selected: Id"),
    ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
    ("SELECT Id FROM Case ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
    ("SELECT Id FROM Case WHERE IsClosed = 'true'", "INVALID_FIELD", "must be of type boolean and should not be enclosed"),
    ("SELECT Id FROM Case WHERE Subject = 5", "INVALID_FIELD", "must be of type string and should be enclosed in quotes"),
    ("SELECT Id FROM Case WHERE ClosedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
    ("SELECT Id FROM Case WHERE ClosedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD", "should not be enclosed in quotes"),
    ("SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date "),
    ("SELECT Id FROM Case WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nonsense"),
    ("SELECT Id FROM Case WHERE Id LIKE '500%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Case WHERE IsClosed > false", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean"),
    ("SELECT Id FROM Case WHERE Origin INCLUDES ('Web')", "INVALID_QUERY_FILTER_OPERATOR", "includes operator"),
    ("SELECT Id FROM Case LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
    ("SELECT Origin, COUNT(Id) FROM Case", "MALFORMED_QUERY", "Field must be grouped or aggregated: Origin"),
    ("SELECT Id FROM Case GROUP BY Origin", "MALFORMED_QUERY", "Field must be grouped or aggregated: Id"),
    ("SELECT SUM(Subject) FROM Case", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
    ("SELECT COUNT(Id) FROM Case GROUP BY Description", "INVALID_FIELD", "can not be grouped"),
    ("SELECT FIELDS(ALL) FROM Case", "MALFORMED_QUERY", "LIMIT of at most 200"),
    ("SELECT Id FROM Case WHERE ContactId IN (SELECT Name FROM Contact)", "MALFORMED_QUERY", "should point to the same object"),
]


@pytest.mark.parametrize(("soql", "code", "words"), REFUSED)
def test_a_query_that_cannot_be_answered_is_refused_in_salesforces_words(
    client: Client, soql: str, code: str, words: str
) -> None:
    found, message = client.refusal(soql)
    assert found == code
    assert words in message


def test_parents_come_as_nested_records_with_attributes(client: Client) -> None:
    row = client.query("SELECT Id, Contact.Account.Name, Owner.Name FROM Case WHERE Contact.AccountId != null LIMIT 1")[0]
    assert row["Contact"]["attributes"]["type"] == "Contact"
    assert row["Contact"]["Account"]["Name"] in ("Havu", "Kuusi", "Mänty", "Leppä", "Koivu")
    assert row["Owner"]["attributes"]["type"] == "Name"


def test_a_parent_that_is_not_there_is_null(client: Client) -> None:
    row = client.query("SELECT Id, Contact.Account.Name FROM Case WHERE ContactId != null AND Contact.AccountId = null LIMIT 1")[
        0
    ]
    assert row["Contact"]["Account"] is None


def test_children_come_as_a_result_of_their_own(client: Client) -> None:
    rows = client.query("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC LIMIT 2) FROM Account ORDER BY Name")
    names = [child["LastName"] for child in rows[0]["Contacts"]["records"]]
    assert rows[0]["Contacts"]["done"] is True
    assert len(names) == rows[0]["Contacts"]["totalSize"] == 2
    assert names == sorted(names, reverse=True)


def test_no_children_are_null(client: Client) -> None:
    assert all(row["Orders"] is None for row in client.query("SELECT Id, (SELECT Id FROM Orders) FROM Opportunity"))


def test_a_sub_select_chooses_by_the_children(client: Client) -> None:
    primary = "SELECT OpportunityId FROM OpportunityContactRole WHERE IsPrimary = true"
    assert len(client.query(f"SELECT Id FROM Opportunity WHERE Id IN ({primary})")) == 5
    assert client.query(f"SELECT Id FROM Opportunity WHERE Id NOT IN ({primary})") == []


def test_order_by_several_terms_puts_null_first_and_picklists_in_the_admins_order(client: Client) -> None:
    rows = client.query("SELECT Priority, CaseNumber FROM Case ORDER BY Priority, CaseNumber DESC")
    order = {"High": 0, "Medium": 1, "Low": 2}
    assert [row["Priority"] for row in rows] == sorted((row["Priority"] for row in rows), key=order.__getitem__)
    emails = [row["Email"] for row in client.query("SELECT Email FROM Contact ORDER BY Email")]
    assert emails[0] is None
    last = [row["Email"] for row in client.query("SELECT Email FROM Contact ORDER BY Email DESC NULLS LAST")]
    assert last[-1] is None


def test_the_keyset_walks_through_all_records_of_one_second_once(client: Client) -> None:
    client.org.act("close_cases", count=30)
    seen: list[str] = []
    where = "IsClosed = true"
    while True:
        page = client.query(f"SELECT Id, SystemModstamp FROM Case WHERE {where} ORDER BY SystemModstamp, Id LIMIT 7")
        if not page:
            break
        seen += [row["Id"] for row in page]
        stamp, last = page[-1]["SystemModstamp"].replace("+0000", "Z"), page[-1]["Id"]
        where = f"IsClosed = true AND ((SystemModstamp = {stamp} AND Id > '{last}') OR SystemModstamp > {stamp})"
    assert len(seen) == len(set(seen)) == 30


def test_counting_without_fields_answers_the_number_and_no_records(client: Client) -> None:
    body = client.json("GET", "query", params={"q": "SELECT COUNT() FROM Case"})
    assert (body["totalSize"], body["records"]) == (40, [])


def test_grouping_counts_and_having_chooses(client: Client) -> None:
    rows = client.query(
        "SELECT Origin, COUNT(Id) n, MIN(CreatedDate) FROM Case GROUP BY Origin HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC"
    )
    assert sum(row["n"] for row in rows) == 40
    assert [row["n"] for row in rows] == sorted((row["n"] for row in rows), reverse=True)
    assert set(rows[0]) == {"Origin", "n", "expr0"}


def test_sums_and_averages_leave_null_out(client: Client) -> None:
    amounts = [row["Amount"] for row in held(client, "Opportunity")]
    row = client.query("SELECT SUM(Amount) total, AVG(Amount) mean, COUNT_DISTINCT(StageName) stages FROM Opportunity")[0]
    assert row["total"] == sum(amounts)
    assert row["mean"] == pytest.approx(sum(amounts) / len(amounts))
    assert row["stages"] <= 2


def test_offset_skips(client: Client) -> None:
    everything = [row["Id"] for row in client.query("SELECT Id FROM Case ORDER BY Id")]
    assert [row["Id"] for row in client.query("SELECT Id FROM Case ORDER BY Id LIMIT 5 OFFSET 10")] == everything[10:15]


def test_typeof_shows_other_fields_for_other_owners(client: Client) -> None:
    rows = client.query("SELECT TYPEOF Owner WHEN User THEN Username WHEN Group THEN DeveloperName END FROM Case")
    kinds = {row["Owner"]["attributes"]["type"]: set(row["Owner"]) for row in rows}
    assert kinds == {"User": {"attributes", "Username"}, "Group": {"attributes", "DeveloperName"}}


def test_a_fifteen_character_id_is_understood(client: Client) -> None:
    first = held(client, "Case")[0]["Id"]
    assert client.query(f"SELECT Id FROM Case WHERE Id = '{first[:15]}'") == [{"Id": first}]


def test_fields_standard_leaves_custom_ones_out(client: Client) -> None:
    row = client.query("SELECT FIELDS(STANDARD) FROM Case LIMIT 1")[0]
    assert "Subject" in row
    assert not [name for name in row if name.endswith("__c")]


def test_a_queue_owns_some_cases_and_says_so(client: Client) -> None:
    rows = client.query("SELECT OwnerId, Owner.Type, Owner.Name FROM Case")
    kinds = {row["OwnerId"][:3]: row["Owner"]["Type"] for row in rows}
    assert kinds == {"005": "User", "00G": "Queue"}
    queues = client.query("SELECT Id FROM Case WHERE Owner.Type = 'Queue'")
    assert len(queues) == sum(row["OwnerId"].startswith("00G") for row in rows)


def test_replies_to_cases_are_counted_in_one_query(client: Client) -> None:
    closed = client.org.act("close_cases", count=20)
    listed = "','".join(closed)
    soql = f"SELECT ParentId, COUNT(Id) n FROM EmailMessage WHERE Incoming = false AND ParentId IN ('{listed}') GROUP BY ParentId"
    mailed = [row["Id"] for row in client.org.records("Case", closed) if row["Origin"] == "Email"]
    assert {row["ParentId"]: row["n"] for row in client.query(soql)} == dict.fromkeys(mailed, 1)


def test_an_address_is_made_of_its_parts(client: Client) -> None:
    account = client.org.records("Account")[0]["Id"]
    client.json("PATCH", f"sobjects/Account/{account}", json={"BillingCity": "Oulu", "BillingCountry": "Finland"})
    row = client.query(f"SELECT BillingAddress, ShippingAddress FROM Account WHERE Id = '{account}'")[0]
    assert (row["BillingAddress"]["city"], row["BillingAddress"]["street"]) == ("Oulu", None)
    assert row["ShippingAddress"] is None


def test_an_owner_is_a_name_whose_address_tells_what_it_is(client: Client) -> None:
    page = client.json("GET", "query", params={"q": "SELECT OwnerId, Owner.Name FROM Case WHERE Owner.Type = 'User' LIMIT 1"})
    [row] = page["records"]
    address = f"/services/data/v62.0/sobjects/User/{row['OwnerId']}"
    assert row["Owner"]["attributes"] == {"type": "Name", "url": address}
    assert client.json("GET", address)["Name"] == row["Owner"]["Name"]
