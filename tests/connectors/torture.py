"""Everything at once: whatever goes wrong between people, network and CRM, no closing is lost; see over_the_wire.py."""

import random
from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors.org import Desk
from tests.connectors.stand_in import StandInOrg
from wire import errors

_FAULTS = [
    "server_error",
    "drop",
    "drop_after",
    "expire_token",
    "rate_limit",
    "truncated_json",
    "html_page",
    "error_in_200",
    "redirect",
    "wrong_content_type",
    "small_pages",
]


class TortureContract:
    """Long random stories, the same for the same seed."""

    @pytest.fixture
    def org(self) -> Any:
        raise NotImplementedError

    @pytest.mark.parametrize("seed", range(6))
    def test_no_closing_is_lost_and_no_score_whatever_goes_wrong(self, org: StandInOrg, seed: int) -> None:
        story = Story(org, random.Random(seed))
        for _ in range(40):
            story.go_on()
        story.end()
        assert story.closed <= set(story.desk.records)
        assert {record: org.case(record)[org.score] for record in story.scores} == story.scores


class Story:
    """One random story, and what must be true at its end."""

    def __init__(self, org: StandInOrg, chance: random.Random) -> None:
        self.org = org
        self.chance = chance
        self.desk = Desk(org.connector(page=5), org.watch)
        self.closed: set[str] = set()
        """Cases that are closed, and have been since we last heard."""
        self.scores: dict[str, int] = {}

    def go_on(self) -> None:
        """Something happens."""
        self.chance.choice([self._close, self._reopen, self._delete, self._fault, self._fault, self._poll, self._poll, self._wait,
                            self._restart, self._write])()  # fmt: skip

    def end(self) -> None:
        """All is well again, and everybody catches up."""
        self.org.fail_calls(0)
        self.org.advance(timedelta(seconds=30))
        self._poll_whole()
        self._write_until_done()

    def _close(self) -> None:
        self.closed |= set(self.org.close_cases(self.chance.randint(1, 12)))

    def _reopen(self) -> None:
        for record in self._some():
            self.org.act("reopen_cases", records=[record])
            self.closed.discard(record)

    def _delete(self) -> None:
        for record in self._some():
            self.org.delete_cases([record])
            self.closed.discard(record)
            self.scores.pop(record, None)

    def _some(self) -> list[str]:
        return self.chance.sample(sorted(self.closed), min(2, len(self.closed)))

    def _fault(self) -> None:
        kind = self.chance.choice(_FAULTS)
        # A fresh token that expires at once is a person's matter and rightly told as one.
        self.org.fault(kind, count=1 if kind == "expire_token" else self.chance.randint(1, 4))

    def _wait(self) -> None:
        self.org.advance(timedelta(seconds=self.chance.choice([1, 5, 20, 300])))

    def _restart(self) -> None:
        self.desk.connector = self.org.connector(page=5)

    def _poll(self) -> None:
        try:
            self.desk.poll(self.chance.choice([1, 2, None]))
        except errors.Later:
            return

    def _poll_whole(self) -> None:
        self.desk.connector = self.org.connector(page=50)
        self.desk.poll()

    def _write(self) -> None:
        self.scores |= {record: self.chance.randint(0, 10) for record in self._some()}
        self.desk.connector.write([self.org.update(record, score) for record, score in self.scores.items()])

    def _write_until_done(self) -> None:
        settled = self.desk.connector.write([self.org.update(record, score) for record, score in self.scores.items()])
        assert {row.outcome for row in settled} <= {base.Outcome.DONE}
