"""Whatever machines and people do with a link, in whatever order and however many at once: people's answers count, no others."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from journey import collect
from journey.answering import reviewing, visits
from store import answers, messages, touchpoints
from tests.journey import conftest

Says = tuple[int, str]
WHICH = st.sampled_from([0, 1])
VALUES = st.integers(1, 5)
COMMENTS = st.sampled_from(["", "Hyvä", "Ei\nniin hyvä"])
MOMENTS = st.sampled_from([timedelta(seconds=3), timedelta(seconds=40), timedelta(minutes=20), timedelta(hours=5)])


@dataclass(frozen=True)
class Handed:
    """A post on its way to the store."""

    by: str
    """``person``, ``change`` or ``machine``; ``again``: the same post once more."""
    token: str
    submission: collect.Submission


class Traffic(RuleBasedStateMachine):
    """Two people with a link each, and what scans, previews and answers in their place."""

    @initialize()
    def ask(self) -> None:
        self.waiting: list[Handed] = []
        self.folder = Path(tempfile.mkdtemp())
        self.world = conftest.World(self.folder, f"sqlite:///{self.folder / 'palaute.db'}")
        self.world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
        self.world.turn()
        self.world.close_case()
        self.world.close_case()
        self.world.turn()
        self.pass_by(timedelta(minutes=1))
        self.tokens = [self.world.token(0), self.world.token(1)]
        self.counting: dict[str, Says] = {}
        self.accepted: set[tuple[str, Says]] = set()
        self.before: list[Handed] = []
        self.machines = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.commit()
            self.what_counts_is_on_the_record()
            self.world.belt.writer.close()
            self.world.belt.store.close()
            shutil.rmtree(self.folder)

    def visit(self, address: str, agent: str, robot: str = "") -> visits.Visit:
        known = visits.visitor(self.world.belt.secret, address, False, (agent,))
        return visits.Visit(visitor=known, robot=robot, at=self.world.clock())

    def person(self, which: int) -> visits.Visit:
        return self.visit(f"198.51.100.{which}", f"Firefox of person {which}")

    def fetch(self, token: str, value: int | None, visit: visits.Visit) -> None:
        conftest.opens(self.world.belt, token, value, visit)

    def hand_in(self, by: str, token: str, post: collect.Post) -> None:
        prepared = collect.prepare(self.world.belt, token, post)
        assert isinstance(prepared, collect.Submission)
        self.waiting.append(Handed(by, token, prepared))

    def pass_by(self, time: timedelta) -> None:
        self.world.clock.advance(time)

    @rule(which=WHICH, value=VALUES, comment=COMMENTS, after=MOMENTS, tap=st.booleans(), change=st.booleans())
    def a_person_answers(self, which: int, value: int, comment: str, after: timedelta, tap: bool, change: bool) -> None:
        token, visit = self.tokens[which], self.person(which)
        unhurried = after > self.world.belt.settings.signs.within  # nobody taps three numbers within ten seconds
        self.fetch(token, value if tap and unhurried else None, visit)
        purpose = collect.Purpose.CHANGE if change else collect.Purpose.ANSWER
        nonce = collect.nonce(self.world.belt, token, purpose, visit.at)
        self.pass_by(after)
        post = collect.Post(nonce=nonce, value=str(value), comment=comment, visit=self.person(which))
        self.hand_in("change" if change else "person", token, post)

    @rule(which=WHICH, place=st.integers(0, 4), wait=st.sampled_from([0.0, 0.5, 5.0, 30.0]), addresses=st.sampled_from([1, 5]))
    def a_scanner_runs_through_the_values_and_submits(self, which: int, place: int, wait: float, addresses: int) -> None:
        token, forms = self.tokens[which], []
        self.machines += 1
        for value in range(1, 6):
            visit = self.visit(f"203.0.{self.machines}.{value % addresses}", "Chrome of a year ago")
            self.fetch(token, value, visit)
            forms.append(collect.nonce(self.world.belt, token, at=visit.at))
            self.pass_by(timedelta(milliseconds=200))
        self.pass_by(timedelta(seconds=wait))
        visit = self.visit(f"203.0.{self.machines}.1", "Chrome of a year ago")
        self.hand_in("machine", token, collect.Post(nonce=forms[place], value=str(place + 1), comment="scan", visit=visit))

    @rule(which=WHICH, value=VALUES, how=st.sampled_from(["named", "decoy", "automated"]), change=st.booleans())
    def a_machine_submits(self, which: int, value: int, how: str, change: bool) -> None:
        token = self.tokens[which]
        visit = self.visit("203.0.113.200", "Headless", robot="HeadlessChrome" if how == "named" else "")
        self.fetch(token, None, visit)
        purpose = collect.Purpose.CHANGE if change else collect.Purpose.ANSWER
        nonce = collect.nonce(self.world.belt, token, purpose, visit.at)
        self.pass_by(timedelta(seconds=9))
        decoy, automated = "x" if how == "decoy" else "", how == "automated"
        post = collect.Post(nonce=nonce, value=str(value), decoy=decoy, automated=automated, visit=visit)
        self.hand_in("machine", token, post)

    @rule(which=WHICH, value=st.sampled_from([None, 1, 5]))
    def a_messenger_shows_a_preview(self, which: int, value: int | None) -> None:
        self.fetch(self.tokens[which], value, self.visit("203.0.113.1", "WhatsApp/2.23", robot="WhatsApp/"))

    @precondition(lambda self: self.before or self.waiting)
    @rule(data=st.data(), elsewhere=st.booleans())
    def a_post_comes_once_more(self, data: st.DataObject, elsewhere: bool) -> None:
        one = data.draw(st.sampled_from(self.before + self.waiting))
        post = collect.Post(
            nonce=one.submission.nonce,
            value=str(one.submission.value),
            comment=one.submission.comment,
            visit=self.visit("203.0.113.77", "A gateway") if elsewhere else one.submission.visit,
        )
        prepared = collect.prepare(self.world.belt, one.token, post)
        if isinstance(prepared, collect.Submission):
            self.waiting.append(Handed("again", one.token, prepared))

    @rule()
    def commit(self) -> None:
        """Everything that waits is stored in one transaction."""
        belt = self.world.belt
        with belt.store.write() as tx:
            outcomes = collect.store_all(belt, tx, [one.submission for one in self.waiting])
        for one, outcome in zip(self.waiting, outcomes, strict=True):
            self.expect(one, outcome)
        self.before += self.waiting
        self.waiting = []

    def expect(self, one: Handed, outcome: collect.Collected) -> None:
        """What must have become of it."""
        says, counting = (one.submission.value, one.submission.comment), self.counting.get(one.token)
        self.accepted.add((one.token, says))
        if one.by in ("machine", "again"):
            assert outcome in (collect.Collected.CHECKED, collect.Collected.SAME)
        elif counting is None:
            assert outcome is collect.Collected.SAVED
            self.counting[one.token] = says
        elif one.by == "change":
            assert outcome is collect.Collected.CHANGED
            self.counting[one.token] = says
        else:
            assert outcome is collect.Collected.SAME

    @rule(time=MOMENTS)
    def time_goes_by(self, time: timedelta) -> None:
        self.pass_by(time)
        self.world.turn()

    @rule(which=WHICH)
    def an_admin_withdraws_what_counts(self, which: int) -> None:
        self.commit()
        for one in self.versions(self.tokens[which]):
            if one.state == "confirmed":
                reviewing.void(self.world.belt.store, [one.id], "", self.world.clock())
                del self.counting[self.tokens[which]]

    @rule(which=WHICH)
    def an_admin_releases_the_latest_doubtful_one(self, which: int) -> None:
        self.commit()
        belt, doubtful = self.world.belt, [one for one in self.versions(self.tokens[which]) if one.state == "doubtful"]
        if doubtful:
            reviewing.release(belt.store, belt.targets, belt.surveys, [doubtful[-1].id], self.world.clock())
            self.counting[self.tokens[which]] = (doubtful[-1].value, doubtful[-1].comment)

    def versions(self, token: str) -> list[sa.Row[tuple[int, str, int, str]]]:
        table = answers.ANSWER
        query = sa.select(table.c.id, table.c.state, table.c.value, table.c.comment).join(messages.INVITATION)
        with self.world.belt.store.read() as tx:
            return list(tx.execute(query.where(messages.INVITATION.c.token == token).order_by(table.c.version)))

    def case(self, token: str) -> str:
        query = sa.select(touchpoints.TOUCHPOINT.c.record).join(messages.INVITATION)
        with self.world.belt.store.read() as tx:
            return str(tx.execute(query.where(messages.INVITATION.c.token == token)).scalar_one())

    @invariant()
    def one_answer_counts_and_it_is_the_persons(self) -> None:
        for token in getattr(self, "tokens", ()):
            counting = [(one.value, one.comment) for one in self.versions(token) if one.state == "confirmed"]
            assert counting == ([self.counting[token]] if token in self.counting else [])

    @invariant()
    def nothing_that_was_posted_is_lost(self) -> None:
        for token, says in getattr(self, "accepted", ()):
            kept = self.versions(token)
            assert says in [(one.value, one.comment) for one in kept] or len(kept) >= collect.MOST_VERSIONS

    def what_counts_is_on_the_record(self) -> None:
        self.world.turn()
        for token in self.tokens:
            held = self.world.values(self.case(token))
            value, comment = self.counting.get(token, (None, None))
            assert (held["score"], held["comment"]) == (value, comment or None)


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(
    max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
