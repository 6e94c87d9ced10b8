"""A long backlog of Salesforce comes through a job of Bulk API 2.0, with the same values as by REST."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors import org as orgs
from tests.connectors import stand_in
from tests.connectors.test_salesforce import SalesforceOrg
from wire import errors

CASES = base.Watch(
    name="closed",
    object="Case",
    fields=("Subject", "IsClosed", "ClosedDate", "Contact.Email", "Contact.HasOptedOutOfEmail", "Owner.Name", "SuppliedEmail"),
    where="IsClosed = true",
    optional=("Contact.HasOptedOutOfEmail",),
)
WON = base.Watch(
    name="won",
    object="Opportunity",
    fields=("Name", "Amount", "CloseDate", "LastStageChangeDate", "Account.Name", "IsWon"),
    where="IsWon = true",
)


@pytest.fixture
def org(sandbox: stand_in.Control) -> Iterator[SalesforceOrg]:
    made = SalesforceOrg(sandbox)
    yield made
    made.close()


def backlog(org: SalesforceOrg, watch: base.Watch, do: str, count: int) -> dict[str, base.Bookmark]:
    """Bookmarks as they were when so much happened, two days ago."""
    marks = dict(org.connector().start([watch]))
    org.act(do, count=count)
    org.advance(timedelta(days=2))
    return marks


def desk(org: SalesforceOrg, watch: base.Watch, marks: dict[str, base.Bookmark], **changed: Any) -> orgs.Desk:
    made = orgs.Desk(org.connector(**{"page": 10, **changed}), watch)
    made.bookmarks = dict(marks)
    return made


def jobs(org: SalesforceOrg) -> int:
    """Jobs made so far."""
    made: int = org.control.ask("GET", "/counters")["salesforce"]["endpoints"].get("POST jobs/query", 0)
    return made


@pytest.mark.parametrize(("watch", "do"), [(CASES, "close_cases"), (WON, "make_purchases")], ids=["cases", "opportunities"])
def test_a_job_hands_out_what_rest_hands_out(org: SalesforceOrg, watch: base.Watch, do: str) -> None:
    marks = backlog(org, watch, do, 60)
    before = jobs(org)
    by_job, by_page = desk(org, watch, marks, bulk_above=5), desk(org, watch, marks)
    by_job.poll()
    assert jobs(org) == before + 1
    by_page.poll()
    assert jobs(org) == before + 1
    assert [(one.record, one.stamp, one.values) for one in by_job.seen] == [
        (one.record, one.stamp, one.values) for one in by_page.seen
    ]
    assert by_job.bookmarks["closed" if watch is CASES else "won"].stamp > org.now() - timedelta(minutes=1)


def test_a_backlog_of_less_is_read_page_by_page(org: SalesforceOrg) -> None:
    marks = backlog(org, CASES, "close_cases", 30)
    before = jobs(org)
    reading = desk(org, CASES, marks, bulk_above=500)
    reading.poll()
    assert jobs(org) == before
    assert len(reading.records) == 30


def test_a_bookmark_of_today_makes_no_job(org: SalesforceOrg) -> None:
    reading = desk(org, CASES, dict(org.connector().start([CASES])), bulk_above=5)
    before = jobs(org)
    org.close_cases(30)
    org.advance(timedelta(hours=3))
    reading.poll()
    assert jobs(org) == before
    assert len(reading.records) == 30


def test_a_crash_in_the_middle_goes_on_from_the_bookmark(org: SalesforceOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.salesforce.bulk._PAGE", 12)
    marks = backlog(org, CASES, "close_cases", 60)
    broken = desk(org, CASES, marks, bulk_above=5)
    broken.poll(3)
    seen = set(broken.records)
    assert 10 < len(seen) < 60
    broken.connector = org.connector(page=10, bulk_above=5)
    assert broken.bookmarks["closed"].stamp > marks["closed"].stamp
    broken.poll()
    assert len(set(broken.records)) == 60


def test_what_is_closed_while_the_job_runs_is_not_lost(org: SalesforceOrg) -> None:
    marks = backlog(org, CASES, "close_cases", 40)
    reading = desk(org, CASES, marks, bulk_above=5)
    pages = reading.connector.read(reading.watches, reading.bookmarks)
    first = next(pages)
    late = org.close_cases(3)
    records = {change.record for page in (first, *pages) for change in page.changes}
    assert set(late) <= records
    assert len(records) == 43


def test_an_org_that_cannot_be_read_through_jobs_is_read_page_by_page(
    org: SalesforceOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.salesforce.bulk.queries.MAXIMUM_JOBS", 0)
    marks = backlog(org, CASES, "close_cases", 40)
    reading = desk(org, CASES, marks, bulk_above=5)
    reading.poll()
    assert len(set(reading.records)) == 40


def test_a_job_that_never_ends_is_left_and_the_next_round_reads_page_by_page(
    org: SalesforceOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.salesforce.bulk._PATIENCE", 0.0)
    marks = backlog(org, CASES, "close_cases", 40)
    reading = desk(org, CASES, marks, bulk_above=5)
    with pytest.raises(errors.Later, match="page by page"):
        reading.poll()
    reading.poll()
    assert len(set(reading.records)) == 40
