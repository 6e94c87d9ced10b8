"""Paging: opaque cookies, the preferred size, and that no row is lost or repeated."""

from datetime import timedelta

import pytest

from sandbox import base
from sandbox.dataverse import schema
from sandbox.dataverse.rows import indexes, records
from sandbox.dataverse.tables import standard
from tests.sandbox.dataverse.conftest import Organization

ORDERS = [
    "",
    "&$orderby=modifiedon asc",
    "&$orderby=modifiedon asc,incidentid asc",
    "&$orderby=title",
    "&$orderby=prioritycode desc,ticketnumber",
    "&$filter=prioritycode ne 2",
    "&$filter=modifiedon ge 2000-01-01&$orderby=modifiedon,incidentid",
]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_row_once(peopled: Organization, order: str) -> None:
    whole = [row["incidentid"] for row in peopled.rows(f"incidents?$select=title{order}")]
    paged = [row["incidentid"] for row in peopled.rows(f"incidents?$select=title{order}", Prefer="odata.maxpagesize=4")]
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_paging_follows_rows_while_others_change(peopled: Organization) -> None:
    path = "incidents?$select=title&$orderby=createdon,incidentid"
    page = peopled.get(path, Prefer="odata.maxpagesize=10")
    seen = [row["incidentid"] for row in page["value"]]
    peopled.done("DELETE", f"incidents({seen[0]})")
    rest = peopled.rows(page["@odata.nextLink"], Prefer="odata.maxpagesize=10")
    assert len(seen) + len(rest) == 25
    assert not set(seen) & {row["incidentid"] for row in rest}


def test_page_size_without_preference_is_the_default(peopled: Organization) -> None:
    page = peopled.get("incidents?$select=title", Prefer="odata.maxpagesize=10")
    assert len(peopled.get(page["@odata.nextLink"])["value"]) == 15


def test_top_yields_to_a_preferred_page_size(peopled: Organization) -> None:
    assert "@odata.nextLink" not in peopled.get("incidents?$top=3")
    assert len(peopled.rows("incidents?$top=3", Prefer="odata.maxpagesize=10")) == 25


def test_an_edited_cookie_is_refused(peopled: Organization) -> None:
    link = peopled.get("incidents?$select=title", Prefer="odata.maxpagesize=10")["@odata.nextLink"]
    status, _, message = peopled.refused("GET", link.replace("pagenumber=%222", "pagenumber=%223"))
    assert (status, message) == (400, "Malformed XML in the Paging Cookie")


def test_cookie_is_encoded_twice(peopled: Organization) -> None:
    link = peopled.get("incidents?$select=title", Prefer="odata.maxpagesize=10")["@odata.nextLink"]
    assert "$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253Ccookie" in link
    assert link.endswith("istracking=%22False%22%20/%3E")


def test_small_pages_come_on_demand(peopled: Organization) -> None:
    peopled.dataverse.faults.add("small_pages", count=100, size=7)
    assert len(peopled.get("incidents")["value"]) == 7
    assert len(peopled.rows("incidents?$select=title")) == 25


def test_keyset_by_stamp_and_id_reads_everything_once(peopled: Organization) -> None:
    seen: list[str] = []
    condition = "modifiedon ge 2000-01-01T00:00:00Z"
    while True:
        rows = peopled.get(f"incidents?$select=modifiedon&$filter={condition}&$orderby=modifiedon asc,incidentid asc&$top=6")[
            "value"
        ]
        if not rows:
            break
        seen += [row["incidentid"] for row in rows]
        last = rows[-1]
        when, record = last["modifiedon"], last["incidentid"]
        condition = f"(modifiedon gt {when} or (modifiedon eq {when} and incidentid gt {record}))"
    assert len(seen) == len(set(seen)) == 25


def test_ids_are_ordered_as_sql_server_orders_them() -> None:
    low, high = "ffffffff-ffff-ffff-ffff-000000000001", "00000000-0000-0000-0000-000000000002"
    assert indexes.guid_order(low) < indexes.guid_order(high)


def test_stamp_index_stays_right_while_rows_move() -> None:
    clock = base.Clock()
    made = standard.standard()
    store = records.Store(clock, made, 1)
    account: schema.Table = made.tables["account"]
    rows = [store.insert(account, {"name": str(number)}, user="u") for number in range(20)]
    for number in (3, 17, 4, 3):
        clock.advance(timedelta(seconds=5))
        store.update(account, rows[number], {"name": "changed"}, user="u")
    store.delete(account, rows[0])
    held = store.table("account")
    expected = sorted(held.by_id.values(), key=lambda row: (row["modifiedon"], row[indexes.ORDER]))
    assert list(held.index.after()) == [row["accountid"] for row in expected]
    assert [held.by_id[one]["name"] for one in list(held.index.after())[-3:]] == ["changed"] * 3
