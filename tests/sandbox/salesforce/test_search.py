"""SOSL and parameterizedSearch: words over several objects, groups of columns, limits, and what is refused."""

from typing import Any

import pytest

from tests.sandbox.salesforce.client import Client


@pytest.fixture
def known(client: Client) -> Client:
    """Two contacts and an account that share a word."""
    account = {"Name": "Saimaa Seals Oy", "Website": "https://saimaa.example"}
    first = {"LastName": "Saimaa", "FirstName": "Aino", "Email": "aino@posti.example", "Phone": "+358401112233"}
    second = {"LastName": "Norppa", "FirstName": "Bo", "Email": "saimaa@posti.example", "Department": "Lake Saimaa research"}
    for name, values in (("Account", account), ("Contact", first), ("Contact", second)):
        client.json("POST", f"sobjects/{name}", json=values)
    return client


def found(client: Client, text: str) -> list[dict[str, Any]]:
    """The records that SOSL finds."""
    reply = client.call("GET", "search", params={"q": text})
    assert reply.status_code == 200, reply.text
    rows: list[dict[str, Any]] = reply.json()["searchRecords"]
    return rows


def test_words_are_found_in_several_objects_with_the_fields_asked_for(known: Client) -> None:
    rows = found(known, "FIND {saimaa} IN ALL FIELDS RETURNING Account(Id, Name), Contact(FirstName ORDER BY FirstName)")
    assert [row["attributes"]["type"] for row in rows] == ["Account", "Contact", "Contact"]
    assert rows[0]["Name"] == "Saimaa Seals Oy"
    assert [row["FirstName"] for row in rows[1:]] == ["Aino", "Bo"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FIND {saimaa} IN NAME FIELDS RETURNING Contact(FirstName)", ["Aino"]),
        ("FIND {saimaa} IN EMAIL FIELDS RETURNING Contact(FirstName)", ["Bo"]),
        ('FIND {"lake saimaa"} RETURNING Contact(FirstName)', ["Bo"]),
        ("FIND {sai*} RETURNING Contact(FirstName WHERE FirstName = 'Bo')", ["Bo"]),
        ("FIND {sai} RETURNING Contact(FirstName)", []),
        ("FIND {saimaa} RETURNING Contact(FirstName ORDER BY FirstName LIMIT 1)", ["Aino"]),
        ("FIND {saimaa} RETURNING Contact(FirstName ORDER BY FirstName DESC) LIMIT 1", ["Bo"]),
        ("FIND {\\+358401112233} IN PHONE FIELDS RETURNING Contact(FirstName)", ["Aino"]),
    ],
)
def test_where_and_how_it_looks(known: Client, text: str, names: list[str]) -> None:
    assert [row["FirstName"] for row in found(known, text)] == names


def test_without_returning_the_usual_objects_are_searched(known: Client) -> None:
    assert [row["attributes"]["type"] for row in found(known, "FIND {saimaa}")] == ["Account", "Contact", "Contact"]


def test_parameterized_search_by_get_and_post(known: Client) -> None:
    asked = known.call("GET", "parameterizedSearch", params={"q": "saimaa", "sobject": "Account", "fields": "Name"})
    assert [row["Name"] for row in asked.json()["searchRecords"]] == ["Saimaa Seals Oy"]
    body = {"q": "saimaa", "in": "NAME", "fields": ["Id"], "sobjects": [{"name": "Contact", "fields": ["FirstName"], "limit": 5}]}
    sent = known.call("POST", "parameterizedSearch", json=body)
    assert [row["FirstName"] for row in sent.json()["searchRecords"]] == ["Aino"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("FIND saimaa", 400),
        ("FIND {a}", 400),
        ("FIND {saimaa} RETURNING Contact(Nonsense)", 400),
        ("FIND {saimaa} RETURNING Nowhere(Id)", 404),
        ("FIND {saimaa} RETURNING Contact(Id", 400),
    ],
)
def test_a_wrong_search_is_refused(known: Client, text: str, status: int) -> None:
    assert known.call("GET", "search", params={"q": text}).status_code == status
