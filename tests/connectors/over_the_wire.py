"""What connectors promise that speak over a network: against servers, proxies and people that behave badly.

A connector's own test file subclasses ``OverTheWireContract`` beside ``ConnectorContract``.
"""

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import base
from tests.connectors import proxy
from tests.connectors.contract import Desk
from tests.connectors.stand_in import StandInOrg
from wire import errors, finding

LYING = ["truncated_json", "html_page", "error_in_200", "redirect", "wrong_content_type"]
"""Answers that are none, as the stand-ins can give them."""


class OverTheWireContract:
    """Reads and writes survive, and a hostile answer harms nothing."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    @pytest.mark.parametrize("hours", [-1, 1])
    def test_a_client_clock_an_hour_wrong(self, org: StandInOrg, hours: int) -> None:
        ahead = org.now() - datetime.now(UTC)
        org.shift(timedelta(hours=-hours) - ahead)
        try:
            desk = Desk(org.connector(), org.watch)
            early = org.close_cases(2)
            desk.poll()
            org.shift(timedelta(minutes=5))
            late = org.close_cases(2)
            desk.poll()
            assert {*early, *late} <= set(desk.records)
            assert abs(org.now() - timedelta(seconds=10) - desk.bookmarks["closed"].stamp) < timedelta(seconds=10)
        finally:
            org.shift(ahead + timedelta(hours=hours + 1))

    def test_check_tells_of_a_wrong_clock(self, org: StandInOrg) -> None:
        org.advance(timedelta(hours=1))
        [clock] = [one for one in org.connector().check() if one.subject.endswith("clock")]
        assert clock.grade is finding.Grade.WARNING
        assert "behind" in clock.message
        assert clock.remedy

    def test_varying_page_sizes(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(40)
        org.fault("small_pages", count=50, size=7)
        desk.poll()
        assert sorted(desk.records) == sorted(closed)
        looked = desk.connector.look([org.look(closed)])
        assert [(change.record, change.deleted) for change in looked] == [(record, False) for record in closed]

    def test_a_row_that_changes_while_pages_are_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(page=4), org.watch)
        closed = org.close_cases(12)
        for number, page in enumerate(desk.connector.read(desk.watches, desk.bookmarks), start=1):
            desk.seen += page.changes
            desk.bookmarks |= page.bookmarks
            if number == 1:
                org.advance(timedelta(seconds=3))
                org.act("close_cases", records=org.act("reopen_cases", records=[closed[6], closed[0]]))
        desk.poll()
        assert set(desk.records) == set(closed)

    def test_a_reopened_and_reclosed_case_is_read_again(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        [closed] = org.close_cases(1)
        [first] = desk.poll()
        org.advance(timedelta(seconds=30))
        org.act("reopen_cases", records=[closed])
        assert desk.poll() == []
        org.advance(timedelta(seconds=30))
        org.act("close_cases", records=[closed])
        [second] = desk.poll()
        assert (first.record, second.record) == (closed, closed)
        assert first.stamp is not None
        assert second.stamp is not None
        assert second.stamp > first.stamp

    def test_deleted_and_merged_cases_are_not_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        deleted, merged, kept = org.close_cases(3)
        org.delete_cases([deleted])
        org.merge_case(merged)
        desk.poll()
        assert kept in desk.records
        assert not {deleted, merged} & set(desk.records)

    def test_optional_columns_that_the_org_has_not_are_absent_and_cost_no_call_later(self, org: StandInOrg) -> None:
        there = org.watch.fields
        fields = (*there, "no_such_column", f"{org.consent.split('.')[0]}.no_such_column")
        watch = dataclasses.replace(org.watch, fields=fields, optional=(*org.watch.optional, *fields[-2:]))
        desk = Desk(org.connector(), watch)
        org.close_cases(1)
        [change] = desk.poll()
        assert set(change.values) == set(there)
        before = org.calls()
        desk.poll()
        assert org.calls() - before == 1

    def test_consent_of_the_standard_needs_not_be_called_optional(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), dataclasses.replace(org.watch, optional=()))
        org.hide(org.consent)
        org.close_cases(1)
        [change] = desk.poll()
        assert org.consent not in change.values

    def test_seven_watches_are_read(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), *(dataclasses.replace(org.watch, name=f"w{number}") for number in range(7)))
        closed = org.close_cases(3)
        desk.poll()
        assert sorted(desk.records) == sorted(closed * 7)
        assert {change.watch for change in desk.seen} == {f"w{number}" for number in range(7)}

    def test_four_thousand_are_looked_at_in_one_call(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(4000)
        before = org.calls()
        looked = connector.look([org.look(closed)])
        assert [change.record for change in looked] == closed
        assert org.calls() - before <= 1

    def test_a_hidden_field_that_is_needed_needs_a_person_and_is_named(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        org.close_cases(1)
        org.hide(org.subject)
        with pytest.raises(errors.NeedsPerson) as refused:
            desk.poll()
        assert org.subject in str(refused.value)
        assert refused.value.remedy

    def test_a_watch_of_an_object_that_is_not_there_stops_no_other(self, org: StandInOrg) -> None:
        missing = dataclasses.replace(org.watch, name="missing", fields=(*org.watch.fields, "no_such_column"))
        desk = Desk(org.connector(), missing, org.watch)
        closed = org.close_cases(2)
        with pytest.raises(errors.NeedsPerson):
            desk.poll()
        assert sorted(desk.records) == sorted(closed)

    def test_consent_that_is_hidden_on_the_way_fails_closed_and_comes_back(self, org: StandInOrg) -> None:
        connector = org.connector()
        [closed] = org.close_cases(1)
        [seen] = connector.look([org.look([closed])])
        assert org.consent in seen.values
        org.hide(org.consent)
        [hidden] = connector.look([org.look([closed])])
        assert org.consent not in hidden.values

    @pytest.mark.parametrize("lie", LYING)
    def test_a_lying_answer_moves_no_bookmark_and_is_told_in_one_line(self, org: StandInOrg, lie: str) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(3)
        marks = dict(desk.bookmarks)
        org.fault(lie, count=9)
        with pytest.raises(errors.Later) as refused:
            desk.poll()
        assert desk.bookmarks == marks
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) > 20
        org.fail_calls(0)
        desk.poll()
        assert sorted(desk.records) == sorted(closed)

    @pytest.mark.parametrize("lie", LYING)
    def test_a_lying_answer_to_a_write_settles_nothing_that_was_not_written(self, org: StandInOrg, lie: str) -> None:
        connector = org.connector()
        [closed] = org.close_cases(1)
        connector.look([org.look([closed])])
        org.fault(lie, count=9)
        [row] = connector.write([org.update(closed, 3)])
        # An answer without a body has nothing to lie with, so the row may be done; then it must be written.
        assert row.outcome is base.Outcome.LATER or (row.outcome is base.Outcome.DONE and org.case(closed)[org.score] == 3)
        org.fail_calls(0)
        [row] = connector.write([org.update(closed, 3)])
        assert row.outcome is base.Outcome.DONE

    def test_a_huge_answer_is_given_up(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(largest_answer=1024 * 1024), org.watch)
        org.close_cases(1)
        org.fault("huge_body", count=1)
        with pytest.raises(errors.Later, match="largest_answer"):
            desk.poll()

    def test_a_dropped_connection_is_tried_again_at_once(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(), org.watch)
        closed = org.close_cases(1)
        org.fault("drop", count=2)
        desk.poll()
        assert desk.records == closed

    def test_a_server_that_hangs_is_given_up_after_the_timeout(self, org: StandInOrg) -> None:
        desk = Desk(org.connector(timeout="0.4s"), org.watch)
        org.fault("timeout", count=1)
        with pytest.raises(errors.Later, match="timeout"):
            desk.poll()

    def test_a_rate_limit_is_obeyed(self, org: StandInOrg) -> None:
        connector = org.connector()
        desk = Desk(connector, org.watch)
        [closed] = org.close_cases(1)
        org.fault("rate_limit", count=2, retry_after=7)
        with pytest.raises(errors.Later) as refused:
            desk.poll()
        assert refused.value.delay == org.rate_limit_delay
        [row] = connector.write([org.update(closed, 3)])
        assert (row.outcome, row.delay) == (base.Outcome.LATER, org.rate_limit_delay)

    def test_a_token_that_expires_is_renewed_once_for_all_threads(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(1)
        connector.look([org.look(closed)])
        org.expire_tokens()
        threads = [threading.Thread(target=connector.look, args=([org.look(closed)],)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert org.tokens() == 1

    def test_a_wrong_secret_needs_a_person_and_is_not_shown(self, org: StandInOrg) -> None:
        connector = org.connector(client_secret=org.secret("hush-hush-hush"))
        with pytest.raises(errors.NeedsPerson) as refused:
            connector.start([org.watch], None)
        assert refused.value.remedy
        assert "hush" not in f"{refused.value!r}{refused.value.remedy}"
        assert [one.grade for one in connector.check()] == [finding.Grade.WRONG]

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_our_own_ca_wins_over_the_environments(
        self, org: StandInOrg, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "other.pem").write_text("no certificate")
        monkeypatch.setenv(variable, str(tmp_path / "other.pem"))
        assert org.connector().start([org.watch], None)

    def test_everything_goes_through_the_proxy_of_the_settings(self, org: StandInOrg, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        with proxy.running() as way:
            desk = Desk(org.connector(proxy=way.url), org.watch)
            closed = org.close_cases(1)
            desk.poll()
            assert desk.records == closed
            assert len(set(way.led_to)) == 2

    def test_a_proxy_that_is_not_there_is_named(self, org: StandInOrg) -> None:
        with pytest.raises(errors.Later, match="proxy"):
            org.connector(proxy="http://127.0.0.1:9").start([org.watch], None)

    def test_without_our_own_ca_a_person_is_told_of_it(self, org: StandInOrg) -> None:
        with pytest.raises(errors.NeedsPerson) as refused:
            org.connector(ca=None).start([org.watch], None)
        assert "ca" in refused.value.remedy

    def test_a_crm_that_cannot_be_reached_is_later(self, org: StandInOrg) -> None:
        connector = org.connector(**{org.address_key: "https://localhost:9/somebody"})
        with pytest.raises(errors.Later):
            connector.start([org.watch], None)
        assert finding.Grade.WRONG in {one.grade for one in connector.check()}

    def test_several_rows_of_a_batch_fail_and_the_others_are_written(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(30)
        org.delete_cases(closed[10:13])
        settled = connector.write([org.update(record, 6) for record in closed])
        dead = [row.key for row in settled if row.outcome is base.Outcome.DEAD]
        assert dead == closed[10:13]
        assert {row.outcome for row in settled if row.key not in dead} == {base.Outcome.DONE}

    def test_a_value_that_is_refused_is_not_repeated(self, org: StandInOrg) -> None:
        [closed] = org.close_cases(1)
        comment = "The printer is broken " * 4000
        update = base.FieldUpdate(key="k", object=org.watch.object, record=closed, values={org.comment: comment})
        [row] = org.connector().write([update])
        assert row.outcome is base.Outcome.DEAD
        assert row.code
        assert "printer" not in row.message

    def test_a_column_that_is_not_there_is_dead_and_spoils_no_other_row(self, org: StandInOrg) -> None:
        first, second = org.close_cases(2)
        wrong = base.FieldUpdate(key="wrong", object=org.watch.object, record=first, values={"no_such_column": 1})
        settled = org.connector().write([wrong, org.update(second, 4)])
        assert [row.outcome for row in settled] == [base.Outcome.DEAD, base.Outcome.DONE]

    def test_an_id_that_is_none_is_dead_and_looked_at_as_deleted(self, org: StandInOrg) -> None:
        connector = org.connector()
        [row] = connector.write([org.update("' OR 1=1", 4)])
        assert row.outcome is base.Outcome.DEAD
        [looked] = connector.look([org.look(["' OR 1=1"])])
        assert looked.deleted

    def test_concurrent_edits_do_not_undo_each_other(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(20)
        answered = org.now().replace(microsecond=0)
        instants = [
            base.FieldUpdate(key=record, object=org.watch.object, record=record, values={org.answered_at: answered})
            for record in closed
        ]
        scores = [org.update(record, 8) for record in closed]
        threads = [threading.Thread(target=connector.write, args=(updates,)) for updates in (scores, instants)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        look = base.Look(name="l", object=org.watch.object, records=tuple(closed), fields=(org.score, org.answered_at))
        assert {tuple(change.values.values()) for change in connector.look([look])} == {(8, answered)}

    def test_a_batch_of_ten_thousand(self, org: StandInOrg) -> None:
        connector = org.connector()
        closed = org.close_cases(10_000)
        before = org.calls()
        settled = connector.write([org.update(record, 5) for record in closed])
        assert {row.outcome for row in settled} == {base.Outcome.DONE}
        assert [row.key for row in settled] == closed
        assert org.calls() - before == 10
