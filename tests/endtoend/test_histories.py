"""Random histories in both CRMs: the touchpoints that are found are those that happened, each of them once.

What happened is taken from the CRMs themselves, after every act. A closing must be found when it still stood at the end, or while
a whole round was read; one that was undone before anybody looked may be found. ``PALAUTE_HISTORIES`` is how many histories to
live through (default 8, the same ones every time; other numbers draw new ones).
"""

import dataclasses
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import daemon
from journey import belt as belts
from journey import notice, outside
from sandbox import server
from settings import load
from store import rows, tables
from wire import retry

HISTORIES = int(os.environ.get("PALAUTE_HISTORIES", "8"))
CRMS = ("salesforce", "dynamics")
FAULTS = ("server_error", "drop", "drop_after", "expire_token", "rate_limit", "truncated_json", "html_page", "error_in_200",
          "redirect", "wrong_content_type", "small_pages")  # fmt: skip
LATE = {"salesforce": 30.0, "dynamics": 0.2}
"""Seconds that a late commit takes: by the sandbox's clock, and by the machine's."""
Closing = tuple[str, str, str]
"""CRM, case, occurrence."""

TOUCHPOINT = rows.table(tables.Touchpoint)

step = st.one_of(
    st.tuples(st.just("close"), st.sampled_from(CRMS), st.integers(1, 9)),
    st.tuples(st.just("close_late"), st.sampled_from(CRMS), st.integers(1, 4)),
    st.tuples(st.just("reopen"), st.sampled_from(CRMS), st.integers(0, 9)),
    st.tuples(st.just("merge"), st.sampled_from(CRMS), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.sampled_from(CRMS), st.integers(0, 9)),
    st.tuples(st.sampled_from(FAULTS), st.sampled_from(CRMS), st.integers(1, 4)),
    st.tuples(st.just("read"), st.sampled_from(CRMS), st.just(0)),
    st.tuples(st.just("read"), st.sampled_from(CRMS), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 5, 40, 300, 100_000])),
    st.tuples(st.just("delta_expired"), st.just("dynamics"), st.just(1)),
    st.tuples(st.just("crash"), st.just(""), st.just(0)),
)


class History:
    """One history: what people do, what goes wrong, and a belt that reads."""

    def __init__(self, box: server.Sandbox, number: int, reading: str) -> None:
        self.box = box
        self.settings = box.directory / f"history-{number}.toml"
        text = (box.directory / "settings.toml").read_text().replace("/palaute.db", f"/history-{number}.db")
        text = text.replace('type = "salesforce"', 'type = "salesforce"\npage = 5\nbulk_above = 3')
        self.settings.write_text(text.replace('type = "dynamics"', f'type = "dynamics"\npage = 5\nreading = "{reading}"'))
        self.late_until = 0.0
        self.cases: set[str] = set()
        box.clock.advance(timedelta(hours=2))
        self.belt = self.compose()
        for crm in CRMS:
            notice.notice(self.belt, crm)
        self.before = self.standing()
        self.happened: set[Closing] = set()
        self.must: set[Closing] = set()

    def compose(self) -> belts.Belt:
        """A belt on the history's store, which rests after no failure and begins to read where it starts."""
        ticks = itertools.count()

        def now() -> datetime:
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=2) * next(ticks)

        made = daemon.compose(load.load(self.settings), patient=False)
        since = dict.fromkeys(CRMS, timedelta())
        return dataclasses.replace(made, now=now, since=since, outside=outside.Outside(made.store, now))

    def standing(self) -> set[Closing]:
        """The closings that the CRMs tell of at the moment."""
        cases = self.box.salesforce.records("Case", sorted(self.cases)) if self.cases else []
        found = {
            ("salesforce", row["Id"], datetime.fromisoformat(row["ClosedDate"]).isoformat())
            for row in cases
            if row["IsClosed"] and not row["IsDeleted"]
        }
        resolved = self.box.dynamics.records("incidentresolutions")
        return found | {("dynamics", row["_incidentid_value"], row["activityid"]) for row in resolved}

    def go_on(self, do: str, crm: str, number: int) -> None:
        """One step."""
        if do in ("close", "close_late"):
            self.close(crm, number, late=do == "close_late")
        elif do in ("reopen", "merge", "delete"):
            self.undo(crm, do, number)
        elif do == "read":
            self.read(crm)
        elif do == "wait":
            self.wait(number)
        elif do == "crash":
            self.belt.close()
            self.belt = self.compose()
        else:
            self.box.stand_ins[crm].faults.add(do, count=1 if do == "expire_token" else number)
        self.happened |= self.standing() - self.before

    def close(self, crm: str, number: int, *, late: bool) -> None:
        if late:
            self.box.stand_ins[crm].faults.add("late_commit", count=1, seconds=LATE[crm], delay=LATE[crm])
            self.late_until = time.monotonic() + LATE["dynamics"] if crm == "dynamics" else self.late_until
        closed = self.box.stand_ins[crm].act("close_cases", count=number)
        self.cases |= set(closed) if crm == "salesforce" else set()
        if late:  # the bookmark goes past the stamps of what nobody can see yet
            self.box.clock.advance(timedelta(seconds=5))
            self.read(crm)

    def undo(self, crm: str, do: str, number: int) -> None:
        """Something becomes of a closed case."""
        closed = sorted({record for where, record, _ in self.standing() - self.before if where == crm})
        if closed:
            with suppress(ValueError):  # Dataverse merges no resolved cases, nor re-opens what is open
                self.box.stand_ins[crm].act(f"{do}_cases", records=[closed[number % len(closed)]])

    def read(self, crm: str) -> None:
        """A round; what stood while a whole one was read must be found."""
        standing = {one for one in self.standing() - self.before if one[0] == crm}
        notice.notice(self.belt, crm)
        if not self.belt.outside.rests(f"connectors.{crm}") and not self.failed(crm):
            self.must |= standing

    def failed(self, crm: str) -> bool:
        with self.belt.store.read() as tx:
            health = rows.table(tables.Health)
            since = sa.select(health.c.failing_since).where(health.c.subject == f"connectors.{crm}")
            return tx.execute(since).scalar() is not None

    def wait(self, seconds: float) -> None:
        """Time passes; not so that a commit is later than the look-back reaches."""
        time.sleep(max(0.0, self.late_until - time.monotonic()))
        self.standing()
        self.box.clock.advance(timedelta(seconds=min(seconds, LATE["salesforce"])))
        self.happened |= self.standing() - self.before
        self.box.clock.advance(timedelta(seconds=max(0.0, seconds - LATE["salesforce"])))

    def end(self) -> tuple[list[Closing], set[Closing]]:
        """All is well again and the belt catches up: the touchpoints, and what still stands."""
        for stand_in in self.box.stand_ins.values():
            stand_in.faults.clear()
        self.wait(LATE["salesforce"])
        for crm in CRMS:
            notice.notice(self.belt, crm)
            assert not self.failed(crm)
        self.happened |= self.standing() - self.before
        with self.belt.store.read() as tx:
            found = tx.execute(sa.select(TOUCHPOINT).where(TOUCHPOINT.c.kind == "case_closed")).all()
        self.belt.close()
        return [(row.connector, row.record, _occurrence(row)) for row in found], self.standing() - self.before


def _occurrence(row: sa.Row[tuple[str, ...]]) -> str:
    """As ``Closing`` writes it."""
    return row.occurrence if row.connector == "dynamics" else datetime.fromisoformat(row.occurrence).isoformat()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with pytest.MonkeyPatch.context() as patch, server.Sandbox(_folder(tmp_path_factory), cases=40, purchases=4) as made:
        patch.setattr(retry, "sleep", lambda seconds: None)
        yield made


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("box")


numbers = itertools.count()


@given(script=st.lists(step, min_size=10, max_size=30), reading=st.sampled_from(["poll", "delta", "auto"]))
@settings(
    max_examples=HISTORIES, deadline=None, derandomize=HISTORIES == 8, suppress_health_check=list(HealthCheck), print_blob=True
)
def test_touchpoints_found_are_those_that_happened_each_once(
    box: server.Sandbox, script: list[tuple[str, str, int]], reading: str
) -> None:
    history = History(box, next(numbers), reading)
    for do, crm, number in script:
        history.go_on(do, crm, number)
    found, standing = history.end()
    note(f"{len(found)} found, {len(history.happened)} happened")
    assert len(found) == len(set(found))
    assert set(found) <= history.happened
    assert history.must | standing <= set(found)
