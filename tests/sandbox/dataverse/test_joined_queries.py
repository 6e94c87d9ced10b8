"""FetchXML and SQL: conditions, joins, totals, order, pages, labels, and what is refused."""

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from tests.sandbox.dataverse.conftest import Organization

FORMATTED = "OData.Community.Display.V1.FormattedValue"
PAGED = 'odata.include-annotations="Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords"'


@pytest.fixture
def firms(org: Organization) -> Organization:
    """Three accounts; five contacts, four of them of the first two accounts."""
    for name, revenue in (("Aalto Oy", 1000.5), ("Björk Ab", 200), ("50% Off", None)):
        org.create("accounts", name=name, revenue=revenue)
    ids = {row["name"]: row["accountid"] for row in org.rows("accounts?$select=name")}
    people: list[tuple[str, str | None, bool, str | None]] = [
        ("Aino", "Aalto Oy", False, "aino@example.com"),
        ("Bo", "Aalto Oy", True, "bo@example.com"),
        ("Carl", "Björk Ab", False, None),
        ("Dora", "Björk Ab", False, "dora@example.com"),
        ("Eeva", None, True, None),
    ]
    for name, firm, optout, address in people:
        bound = {"parentcustomerid_account@odata.bind": f"/accounts({ids[firm]})"} if firm else {}
        org.create("contacts", firstname=name, lastname="O'Neil", donotemail=optout, emailaddress1=address, **bound)
    return org


def sql(org: Organization, text: str, entity_set: str = "contacts", **headers: str) -> list[dict[str, Any]]:
    """All rows of a query, without etags and keys."""
    rows = org.rows(f"{org.root}{entity_set}?sql={quote(text)}", **headers)
    return [{name: value for name, value in row.items() if name not in ("@odata.etag", "contactid", "accountid")} for row in rows]


def fetch(org: Organization, inside: str, entity_set: str = "contacts", options: str = "", **headers: str) -> dict[str, Any]:
    """The answer to FetchXML."""
    found: dict[str, Any] = org.get(f"{org.root}{entity_set}?fetchXml={quote(f'<fetch {options}>{inside}</fetch>')}", **headers)
    return found


def contacts(org: Organization, inside: str, options: str = "") -> str:
    """Initials of the contacts that an entity element's contents find, in order."""
    found = fetch(org, f"<entity name='contact'><attribute name='firstname'/>{inside}</entity>", options=options)
    return "".join(row["firstname"][0] for row in found["value"])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("firstname = 'aino'", "A"),
        ("firstname <> 'Aino' AND donotemail = 0", "CD"),
        ("(firstname = 'Bo' OR firstname = 'Eeva') AND donotemail = 'true'", "BE"),
        ("lastname = 'O''Neil' AND firstname > 'D'", "DE"),
        ("firstname LIKE '%a%'", "ACDE"),
        ("firstname LIKE '_ora'", "D"),
        ("firstname NOT LIKE 'A%' AND firstname IN ('Aino', 'Carl', 'Dora')", "CD"),
        ("firstname NOT IN ('Aino', 'Bo')", "CDE"),
        ("firstname BETWEEN 'B' AND 'Dora'", "BCD"),
        ("emailaddress1 IS NULL", "CE"),
        ("emailaddress1 IS NOT NULL AND emailaddress1 <> 'bo@example.com'", "AD"),
        ("emailaddress1 <> 'bo@example.com'", "AD"),
        ("createdon >= '2000-01-01' AND createdon < '2999-01-01 12:00:00'", "ABCDE"),
        ("statecode = 0 AND contactid > '00000000-0000-0000-0000-000000000000'", "ABCDE"),
    ],
)
def test_sql_conditions(firms: Organization, condition: str, found: str) -> None:
    rows = sql(firms, f"SELECT firstname FROM contact WHERE {condition} ORDER BY firstname")
    assert "".join(row["firstname"][0] for row in rows) == found


def test_sql_answers_the_columns_asked_for_with_the_key_and_the_etag(firms: Organization) -> None:
    text = "SELECT c.firstname AS who, parentcustomerid FROM contact AS c WHERE c.firstname = 'Aino'"
    [row] = firms.rows(f"{firms.root}contacts?sql={quote(text)}")
    assert set(row) == {"@odata.etag", "who", "_parentcustomerid_value", "contactid"}
    assert row["who"] == "Aino"


def test_sql_joins_inner_and_left(firms: Organization) -> None:
    columns = "SELECT a.name, c.firstname FROM account a"
    inner = sql(
        firms, f"{columns} INNER JOIN contact c ON a.accountid = c.parentcustomerid ORDER BY c.firstname DESC", "accounts"
    )
    assert [(row["name"], row["firstname"]) for row in inner] == [
        ("Björk Ab", "Dora"),
        ("Björk Ab", "Carl"),
        ("Aalto Oy", "Bo"),
        ("Aalto Oy", "Aino"),
    ]
    left = sql(
        firms,
        f"{columns} LEFT JOIN contact c ON c.parentcustomerid = a.accountid AND c.donotemail = 0 ORDER BY a.name",
        "accounts",
    )
    assert (left[0]["name"], left[0]["firstname"]) == ("50% Off", None)
    assert sorted(row["firstname"] for row in left if row["firstname"]) == ["Aino", "Carl", "Dora"]


def test_sql_adds_up(firms: Organization) -> None:
    grouped = "SELECT a.name, COUNT(*) AS people, COUNT(c.emailaddress1) AS reachable FROM account a"
    rows = sql(firms, f"{grouped} JOIN contact c ON a.accountid = c.parentcustomerid GROUP BY a.name ORDER BY a.name", "accounts")
    assert rows == [{"name": "Aalto Oy", "people": 2, "reachable": 2}, {"name": "Björk Ab", "people": 2, "reachable": 1}]
    figures = "SELECT COUNT(*) AS n, SUM(revenue) AS total, AVG(revenue) AS mean, MIN(revenue) AS least, MAX(revenue) AS most"
    [row] = sql(firms, f"{figures} FROM account", "accounts")
    assert row == {"n": 3, "total": 1200.5, "mean": 600.25, "least": 200, "most": 1000.5}
    assert sql(firms, "SELECT COUNT(*) AS n FROM contact WHERE firstname = 'Nobody'") == [{"n": 0}]


def test_sql_distinct_top_and_offset(firms: Organization) -> None:
    assert sql(firms, "SELECT DISTINCT lastname FROM contact") == [{"lastname": "O'Neil"}]
    assert [row["firstname"] for row in sql(firms, "SELECT TOP 2 firstname FROM contact ORDER BY firstname")] == ["Aino", "Bo"]
    later = sql(firms, "SELECT firstname FROM contact ORDER BY firstname OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY -- a comment")
    assert [row["firstname"] for row in later] == ["Bo", "Carl"]


def test_sql_comes_in_pages(firms: Organization) -> None:
    whole = sql(firms, "SELECT firstname FROM contact ORDER BY firstname", Prefer="odata.maxpagesize=2")
    assert "".join(row["firstname"][0] for row in whole) == "ABCDE"


def test_sql_tells_labels_and_what_an_alias_stands_for(firms: Organization) -> None:
    [row] = sql(
        firms, "SELECT statecode, firstname AS who FROM contact WHERE firstname = 'Bo'", Prefer='odata.include-annotations="*"'
    )
    assert row[f"statecode@{FORMATTED}"] == "Active"
    assert row["who@OData.Community.Display.V1.AttributeName"] == "firstname"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM contact",
        "SELECT nonsense FROM contact",
        "SELECT firstname FROM nowhere",
        "SELECT firstname FROM contact; SELECT lastname FROM contact",
        "DELETE FROM contact",
        "SELECT firstname FROM contact WHERE",
        "SELECT TOP 1.5 firstname FROM contact",
        f"SELECT firstname FROM contact WHERE {'(' * 900}firstname = 'x'{')' * 900}",
        "SELECT firstname FROM contact WHERE firstname = lastname",
        "SELECT firstname FROM contact c RIGHT JOIN account a ON a.accountid = c.parentcustomerid",
        "SELECT lastname, COUNT(*) AS n FROM contact GROUP BY lastname HAVING COUNT(*) > 1",
        "SELECT name FROM account",
        "SELECT firstname FROM contact WHERE createdon > 'yesterday'",
        "§",
        "",
    ],
)
def test_sql_that_is_refused(firms: Organization, text: str) -> None:
    assert firms.call("GET", f"{firms.root}contacts?sql={quote(text)}").status_code == 400


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("<condition attribute='firstname' operator='eq' value='AINO'/>", "A"),
        ("<condition attribute='emailaddress1' operator='ne' value='bo@example.com'/>", "ACDE"),
        ("<condition attribute='firstname' operator='like' value='%a%'/>", "ACDE"),
        ("<condition attribute='firstname' operator='not-like' value='%a%'/>", "B"),
        ("<condition attribute='firstname' operator='begins-with' value='d'/>", "D"),
        ("<condition attribute='firstname' operator='in'><value>Bo</value><value>Carl</value></condition>", "BC"),
        ("<condition attribute='emailaddress1' operator='null'/>", "CE"),
        ("<condition attribute='donotemail' operator='eq' value='1'/>", "BE"),
        ("<condition attribute='createdon' operator='last-x-days' value='2'/>", "ABCDE"),
        ("<condition attribute='createdon' operator='older-than-x-months' value='2'/>", ""),
        ("<condition attribute='ownerid' operator='eq-userid'/>", "ABCDE"),
        (
            "<filter type='or'><condition attribute='firstname' operator='eq' value='Bo'/>"
            "<condition attribute='firstname' operator='gt' value='dora'/></filter>",
            "BE",
        ),
    ],
)
def test_fetchxml_conditions(firms: Organization, condition: str, found: str) -> None:
    assert contacts(firms, f"<order attribute='firstname'/><filter>{condition}</filter>") == found


def test_fetchxml_links_carry_their_alias(firms: Organization) -> None:
    link = "<link-entity name='account' from='accountid' to='parentcustomerid' link-type='{}' alias='firm'>{}</link-entity>"
    inside = "<attribute name='name'/><filter><condition attribute='revenue' operator='gt' value='500'/></filter>"
    entity = "<entity name='contact'><attribute name='firstname'/><order attribute='firstname'/>{}</entity>"
    inner = fetch(firms, entity.format(link.format("inner", inside)))["value"]
    assert [(row["firstname"], row["firm.name"]) for row in inner] == [("Aino", "Aalto Oy"), ("Bo", "Aalto Oy")]
    outer = fetch(firms, entity.format(link.format("outer", inside)))["value"]
    assert [row.get("firm.name") for row in outer] == ["Aalto Oy", "Aalto Oy", None, None, None]
    unmatched = "<filter><condition entityname='firm' attribute='accountid' operator='null'/></filter>"
    without = fetch(firms, entity.format(link.format("outer", "") + unmatched))["value"]
    assert [row["firstname"] for row in without] == ["Eeva"]


def test_fetchxml_adds_up(firms: Organization) -> None:
    inside = (
        "<entity name='contact'><attribute name='donotemail' alias='refuses' groupby='true'/>"
        "<attribute name='contactid' alias='n' aggregate='count'/>"
        "<attribute name='emailaddress1' alias='reachable' aggregate='countcolumn'/><order alias='n' descending='true'/></entity>"
    )
    rows = fetch(firms, inside, options="aggregate='true'", Prefer='odata.include-annotations="*"')["value"]
    words = f"refuses@{FORMATTED}"
    assert [(row["refuses"], row["n"], row["reachable"]) for row in rows] == [(False, 3, 2), (True, 2, 1)]
    assert [row[words] for row in rows] == ["Allow", "Do Not Allow"]


def test_fetchxml_pages_by_its_cookie(firms: Organization) -> None:
    text = "<fetch count='2'><entity name='contact'><attribute name='firstname'/><order attribute='firstname'/></entity></fetch>"
    seen = ""
    while text:
        answer = firms.get(f"{firms.root}contacts?fetchXml={quote(text)}", Prefer=PAGED)
        seen += "".join(row["firstname"][0] for row in answer["value"])
        root, text = ElementTree.fromstring(text), ""
        if answer["@Microsoft.Dynamics.CRM.morerecords"]:
            cookie = ElementTree.fromstring(answer["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"])
            root.attrib |= {"page": cookie.attrib["pagenumber"], "paging-cookie": cookie.attrib["pagingcookie"]}
            text = ElementTree.tostring(root, encoding="unicode")
    assert seen == "ABCDE"


def test_fetchxml_top_distinct_and_total(firms: Organization) -> None:
    assert contacts(firms, "<order attribute='firstname' descending='true'/>", "top='2'") == "ED"
    names = "<entity name='contact'><attribute name='lastname'/></entity>"
    assert fetch(firms, names, options="distinct='true'")["value"] == [{"lastname": "O'Neil"}]
    total = fetch(firms, names, options="count='1' returntotalrecordcount='true'")
    assert total["@Microsoft.Dynamics.CRM.totalrecordcount"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "<fetch>",
        "<fetch/>",
        "<fetch><entity name='nowhere'/></fetch>",
        "<fetch><entity name='account'/></fetch>",
        "<fetch><entity name='contact'><attribute name='nonsense'/></entity></fetch>",
        f"<fetch><entity name='contact'>{'<filter>' * 400}{'</filter>' * 400}</entity></fetch>",
        "<fetch top='1' page='2'><entity name='contact'/></fetch>",
        "<fetch top='many'><entity name='contact'/></fetch>",
        "<fetch><entity name='contact'><filter><condition attribute='firstname' operator='resembles'/></filter></entity></fetch>",
        "<fetch><entity name='contact'><filter><condition attribute='firstname' operator='eq'/></filter></entity></fetch>",
        "<fetch aggregate='true'><entity name='contact'><attribute name='firstname'/></entity></fetch>",
    ],
)
def test_fetchxml_that_is_refused(firms: Organization, text: str) -> None:
    assert firms.call("GET", f"{firms.root}contacts?fetchXml={quote(text)}").status_code in (400, 404)
