"""SOQL that is refused before it is run, and the way that is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce import errors
from sandbox.salesforce.soql import parser

BAD = [
    ("SELEC Id FROM Case", "unexpected token: 'SELEC'"),
    ("SELECT FROM Case", "unexpected token: 'FROM'"),
    ("SELECT Id Case", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM Case WHERE", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM Case WHERE Id", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM Case WHERE (IsClosed = true", "expecting a right parentheses"),
    ("SELECT Id FROM Case WHERE IsClosed = true AND Origin = 'Web' OR Origin = 'Phone'", "unexpected token: 'OR'"),
    ("SELECT Id FROM Case WHERE Subject = 'it's'", "unexpected token"),
    ("SELECT Id FROM Case WHERE Subject = 'open", "unexpected token: '<EOF>'"),
    (r"SELECT Id FROM Case WHERE Subject = '\q'", "illegal character sequence"),
    ("SELECT Id FROM Case WHERE SystemModstamp > 2026-01-01T00:00:00 00:00", "unexpected token"),
    ("SELECT Id FROM Case WHERE Id IN ()", "unexpected token: ')'"),
    ("SELECT Id FROM Case ORDER Id", "unexpected token: 'Id'"),
    ("SELECT Id FROM Case LIMIT -1", "unexpected token: '-1'"),
    ("SELECT Id FROM Case LIMIT 1 WHERE Id = null", "unexpected token: 'WHERE'"),
    ("SELECT * FROM Case", "unexpected token: '*'"),
    ("SELECT Id FROM Case; DELETE", "unexpected token: ';'"),
    ("SELECT MEDIAN(Id) FROM Case", "unexpected token: 'MEDIAN'"),
    ("SELECT Id FROM Case WHERE OwnerId = :me", "variable references"),
    ("SELECT Id FROM Case WHERE CreatedDate = SOMEDAY", "unexpected token: 'SOMEDAY'"),
]


@pytest.mark.parametrize(("soql", "words"), BAD)
def test_wrong_soql_is_malformed_and_the_message_says_where(soql: str, words: str) -> None:
    with pytest.raises(errors.ApiError) as caught:
        parser.parse(soql)
    assert caught.value.code == "MALFORMED_QUERY"
    assert words in caught.value.message
    assert "ERROR at Row:1:Column:" in caught.value.message


def test_the_place_counts_rows_and_columns() -> None:
    with pytest.raises(errors.ApiError) as caught:
        parser.parse("SELECT Id\nFROM Case\nWHER IsClosed = true AND")
    assert "Row:3:Column:6" in caught.value.message


def test_a_query_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(errors.ApiError, match="MALFORMED_QUERY"):
        parser.parse("SELECT Id FROM Case WHERE Id IN ('" + "','".join(["5" * 18] * 5000) + "')")


def outcome(soql: str) -> str:
    """``parsed`` or the error's code."""
    try:
        parser.parse(soql)
    except errors.ApiError as error:
        return error.code
    return "parsed"


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_parser(text: str) -> None:
    assert outcome(text) in ("parsed", "MALFORMED_QUERY")


GOOD = [
    "select id from case",
    "SELECT Id FROM Order ORDER BY OrderNumber",
    "SELECT c.Id, c.Contact.Email FROM Case c WHERE c.IsClosed = TRUE",
    "SELECT Id FROM Case WHERE NOT (IsClosed = true) AND (Origin = 'Web' OR Origin = 'Phone')",
    "SELECT Id FROM Case USING SCOPE everything WHERE Id != null WITH SECURITY_ENFORCED",
    "SELECT Id FROM Case ORDER BY Priority DESC NULLS LAST, CaseNumber LIMIT 10 OFFSET 20 FOR VIEW",
    "SELECT Name, (SELECT Id FROM Contacts WHERE Email LIKE '%@example.org' LIMIT 3) FROM Account ALL ROWS",
    "SELECT TYPEOF Owner WHEN User THEN Email ELSE Name END FROM Case",
    "SELECT FIELDS(STANDARD) FROM Case",
    "SELECT CALENDAR_YEAR(convertTimezone(CreatedDate)) y FROM Case GROUP BY CALENDAR_YEAR(convertTimezone(CreatedDate))",
]


@pytest.mark.parametrize("soql", GOOD)
def test_right_soql_parses(soql: str) -> None:
    assert parser.parse(soql).select
