"""What connectors promise that speak over a network: against servers, proxies and people that behave badly.

A connector's own test file subclasses ``OverTheWireContract`` beside ``ConnectorContract``.
"""

import random
import threading
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import base
from tests.connectors import proxy
from tests.connectors.org import Desk
from tests.connectors.rough_rows import RoughRowsContract
from tests.connectors.stand_in import StandInOrg
from tests.connectors.torture import TortureContract
from wire import errors, finding

LYING = ["truncated_json", "html_page", "error_in_200", "redirect", "wrong_content_type"]
"""Answers that are none, as the stand-ins can give them."""


class OverTheWireContract(RoughRowsContract, TortureContract):
    """Clocks, proxies, certificates, tokens, limits; and a hostile answer harms nothing."""

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
        assert clock.grade is finding.Grade.WRONG
        assert "behind" in clock.message
        assert clock.remedy

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
            connector.start([org.watch])
        assert refused.value.remedy
        assert "hush" not in f"{refused.value!r}{refused.value.remedy}"
        assert [one.grade for one in connector.check()] == [finding.Grade.WRONG]

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_our_own_ca_wins_over_the_environments(
        self, org: StandInOrg, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "other.pem").write_text("no certificate")
        monkeypatch.setenv(variable, str(tmp_path / "other.pem"))
        assert org.connector().start([org.watch])

    def test_everything_goes_through_the_proxy_of_the_settings(self, org: StandInOrg, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        with proxy.running() as way:
            desk = Desk(org.connector(proxy=way.url), org.watch)
            closed = org.close_cases(1)
            desk.poll()
            assert desk.records == closed
            assert len(set(way.led_to)) == 2

    def test_a_proxy_that_asks_who_we_are_is_told(self, org: StandInOrg) -> None:
        with proxy.running() as way:
            connector = org.connector(proxy=way.url, proxy_username="palaute", proxy_password=org.secret("p@ss:word"))
            assert connector.start([org.watch])
            told = b64encode(b"palaute:p@ss:word").decode()
            assert all(f"Proxy-Authorization: Basic {told}" in head for head in way.heads)
            assert "p@ss" not in repr(connector.__dict__)

    def test_lines_cut_at_any_byte_lose_nothing(self, org: StandInOrg) -> None:
        chance = random.Random(7)
        with proxy.running() as way:
            desk = Desk(org.connector(proxy=way.url), org.watch)
            for _ in range(12):
                closed = org.close_cases(3)
                way.cut_after = chance.randint(0, 6000)
                desk.connector = org.connector(proxy=way.url)
                with suppress(errors.Later):
                    desk.poll()
                org.advance(timedelta(seconds=5))
            way.cut_after = None
            desk.poll()
            assert set(closed) <= set(desk.records)
            assert len(set(desk.records)) == 36

    def test_a_proxy_that_is_not_there_is_named(self, org: StandInOrg) -> None:
        with pytest.raises(errors.Later, match="proxy"):
            org.connector(proxy="http://127.0.0.1:9").start([org.watch])

    def test_without_our_own_ca_a_person_is_told_of_it(self, org: StandInOrg) -> None:
        with pytest.raises(errors.NeedsPerson) as refused:
            org.connector(ca=None).start([org.watch])
        assert "ca" in refused.value.remedy

    def test_a_crm_that_cannot_be_reached_is_later(self, org: StandInOrg) -> None:
        connector = org.connector(**{org.address_key: "https://localhost:9/somebody"})
        with pytest.raises(errors.Later):
            connector.start([org.watch])
        assert finding.Grade.WRONG in {one.grade for one in connector.check()}
