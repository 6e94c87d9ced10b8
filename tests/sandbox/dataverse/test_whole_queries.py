"""FetchXML and SQL: whole queries in languages of their own."""

from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.dataverse import Dataverse
from tests.sandbox.dataverse.conftest import Organization
from tests.sandbox.dataverse.test_robustness import FUZZ, MORE, WORDS, ask, dataverse

__all__ = ["dataverse"]
LINK = "<link-entity name='contact' from='contactid' to='primarycontactid' alias='c'><attribute name='fullname'/></link-entity>"


def fetch(org: Organization, xml: str, **headers: str) -> dict[str, object]:
    """The answer to FetchXML over cases."""
    made: dict[str, object] = org.get(f"{org.root}incidents?fetchXml={quote(xml)}", **headers)
    return made


def sql(org: Organization, text: str) -> list[dict[str, object]]:
    """All rows that SQL over cases gives."""
    return org.rows(f"{org.root}incidents?sql={quote(text)}", Prefer="odata.maxpagesize=7")


def test_fetchxml_joins_filters_and_orders(peopled: Organization) -> None:
    condition = "<filter><condition attribute='statecode' operator='eq' value='0'/></filter>"
    inner = f"<attribute name='title'/><order attribute='ticketnumber'/>{condition}{LINK}"
    xml = f"<fetch><entity name='incident'>{inner}</entity></fetch>"
    found = fetch(peopled, xml)["value"]
    expected = peopled.rows(
        "incidents?$select=title&$expand=primarycontactid($select=fullname)&$filter=statecode eq 0&$orderby=ticketnumber"
    )
    assert isinstance(found, list)
    assert [(row["title"], row["c.fullname"]) for row in found] == [
        (row["title"], row["primarycontactid"]["fullname"]) for row in expected
    ]


def test_fetchxml_pages_by_cookie(peopled: Organization) -> None:
    seen: list[str] = []
    cookie, page = "", 1
    while page:
        place = f" paging-cookie={quoteattr(cookie)}" if cookie else ""
        xml = f"<fetch count='10' page='{page}'{place}><entity name='incident'><attribute name='title'/></entity></fetch>"
        made = fetch(peopled, xml, Prefer='odata.include-annotations="*"')
        rows = made["value"]
        assert isinstance(rows, list)
        seen += [row["incidentid"] for row in rows]
        found = str(made.get("@Microsoft.Dynamics.CRM.fetchxmlpagingcookie", ""))
        cookie = unquote(unquote(found.partition('pagingcookie="')[2].partition('"')[0]))
        page = page + 1 if made["@Microsoft.Dynamics.CRM.morerecords"] else 0
    assert len(seen) == len(set(seen)) == 25


def test_sql_reads_joins_and_counts(peopled: Organization) -> None:
    assert len(sql(peopled, "SELECT title FROM incident WHERE statecode = 0")) == 25
    total = sql(peopled, "SELECT prioritycode, COUNT(*) AS n FROM incident GROUP BY prioritycode")
    assert sum(int(str(row["n"])) for row in total) == 25
    joined = sql(peopled, "SELECT TOP 3 i.title, c.fullname FROM incident i JOIN contact c ON i.primarycontactid = c.contactid")
    assert len(joined) == 3


@pytest.mark.parametrize(
    "query",
    [
        "fetchXml=nonsense",
        "fetchXml=<fetch/>",
        "fetchXml=<fetch><entity name='nothing'/></fetch>",
        "fetchXml=<fetch><entity name='contact'/></fetch>",
        "fetchXml=<fetch><entity name='incident'><attribute name='nope'/></entity></fetch>",
        "sql=DELETE FROM incident",
        "sql=SELECT nope FROM incident",
        "sql=SELECT title FROM",
    ],
)
def test_wrong_queries_are_refused(org: Organization, query: str) -> None:
    name, _, text = query.partition("=")
    assert org.call("GET", f"{org.root}incidents?{name}={quote(text)}").status_code in (400, 404)


def test_joined_tables_need_rights_too(org: Organization) -> None:
    org.restrict({"prvReadIncident": "Global"})
    xml = f"<fetch><entity name='incident'><attribute name='title'/>{LINK}</entity></fetch>"
    assert org.call("GET", f"{org.root}incidents?fetchXml={quote(xml)}").status_code == 403


SQL = st.lists(
    st.sampled_from(["SELECT", "FROM", "incident", "WHERE", "TOP", "*", "COUNT(*)", "JOIN", "ON", "=", "'x'", *WORDS, *MORE]),
    max_size=12,
)
XML = st.lists(
    st.sampled_from(
        [
            "<fetch>",
            "<fetch top='x'>",
            "<fetch aggregate='true' count='2'>",
            "</fetch>",
            "<entity name='incident'>",
            "</entity>",
            "<attribute name='title'/>",
            "<attribute name='statecode' aggregate='count' alias='n'/>",
            "<filter type='or'>",
            "<condition attribute='title' operator='in'/>",
            "<condition attribute='createdon' operator='last-x-days' value='z'/>",
            "<condition/>",
            "</filter>",
            "<order/>",
            LINK,
        ]
    ),
    max_size=9,
)


@FUZZ
@given(words=SQL)
def test_any_sql_is_answered(dataverse: Dataverse, words: list[str]) -> None:
    for text in (" ".join(words), "SELECT title FROM incident " + " ".join(words)):
        assert ask(dataverse, "GET", "incidents", f"sql={quote(text)}").status in (200, 400, 404, 501)


@FUZZ
@given(parts=XML)
def test_any_fetchxml_is_answered(dataverse: Dataverse, parts: list[str]) -> None:
    for text in ("".join(parts), f"<fetch><entity name='incident'>{''.join(parts)}</entity></fetch>"):
        assert ask(dataverse, "GET", "incidents", f"fetchXml={quote(text)}").status in (200, 400, 404, 501)
