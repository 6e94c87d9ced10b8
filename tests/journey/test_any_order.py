"""Whatever happens in whatever order: what must always hold, holds."""

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from channels import base as channel_base
from channels import memory as memory_channel
from journey import collect, tidy
from store import answers, decisions, messages, touchpoints
from tests.journey import conftest
from triggers import rule as trigger
from wire import errors

PEOPLE = [f"aino{number}@posti.example" for number in range(6)]
THEN = st.sampled_from([None, timedelta(0), timedelta(hours=3)])
"""How long it takes until the daemon's next round; None: something else happens before."""
QUARANTINE = timedelta(days=2)
RULES = {
    "rules": [
        {"name": "A", "on": "case_closed", "survey": "csat", "channel": "memory", "delay": "2h", "expires": "60d"},
        {"name": "B", "on": "purchase", "survey": "csat", "channel": "memory", "priority": 5},
    ],
    "quiet": {"per_person": "2d", "too_old": "20d", "on_conflict": "defer"},
}


class Watched(memory_channel.MemoryChannel):
    """A mail server that looks, for each message it takes, whether it should have been sent."""

    def __init__(self, machine: "Life") -> None:
        super().__init__("memory")
        self._machine = machine

    def send(self, message: channel_base.Message) -> channel_base.Receipt:
        self._machine.about_to_send(message)
        receipt = super().send(message)
        self._machine.sent.append((message.address, self._machine.world.clock()))
        return receipt


class Life(RuleBasedStateMachine):
    """A CRM, its customers and everything that can go wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.channel = Watched(self)
        url = f"sqlite:///{self.folder / 'palaute.db'}"
        rules = trigger.Rules.model_validate(RULES)
        self.world = conftest.World(self.folder, url, rules=rules, channels={"memory": self.channel})
        self.world.channel = self.channel
        self.world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
        self.world.turn()
        self.cases: list[str] = []
        self.said_no: set[str] = set()
        self.sent: list[tuple[str, datetime]] = []
        self.given: dict[str, tuple[datetime, int]] = {}
        """Case → when it was last answered for, and the value."""

    def teardown(self) -> None:
        self.settle()
        self.each_answer_that_counts_is_on_its_record()
        self.world.belt.writer.close()
        self.world.belt.store.close()
        shutil.rmtree(self.folder)

    def settle(self) -> None:
        """Everything outside works again, and time goes by."""
        self.world.crm.failures.clear()
        self.world.crm.refusals.clear()
        self.channel._troubles.clear()
        for _ in range(4):
            self.world.clock.advance(timedelta(minutes=16))
            self.world.turn()

    def about_to_send(self, message: channel_base.Message) -> None:
        """The rules of asking, held against the CRM as it is at this very moment."""
        now = self.world.clock()
        if message.kind == "case_closed":
            held = self.world.crm.get("case", message.subject)
            assert held is not None
            assert held.values["closed"]
            assert not held.deleted
            assert not held.values["contact.opted_out"]
        assert message.address not in self.said_no
        assert all(now - at >= QUARANTINE for address, at in self.sent if address == message.address)

    @rule(person=st.sampled_from(PEOPLE), then=THEN)
    def close(self, person: str, then: timedelta | None) -> None:
        case = self.world.close_case(email=person)
        self.world.crm.put("case", case, {"subject": case})
        self.cases.append(case)
        self.go_on(then)

    @rule(person=st.sampled_from(PEOPLE), then=THEN)
    def buy(self, person: str, then: timedelta | None) -> None:
        self.world.order(contact__email=person)
        self.go_on(then)

    @precondition(lambda self: self.cases)
    @rule(data=st.data(), then=THEN)
    def reopen(self, data: st.DataObject, then: timedelta | None) -> None:
        self.world.reopen(data.draw(st.sampled_from(self.cases)))
        self.go_on(then)

    @precondition(lambda self: self.cases)
    @rule(data=st.data(), then=THEN)
    def close_again(self, data: st.DataObject, then: timedelta | None) -> None:
        self.world.close_again(data.draw(st.sampled_from(self.cases)))
        self.go_on(then)

    @precondition(lambda self: self.cases)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.world.crm.delete("case", data.draw(st.sampled_from(self.cases)))

    @precondition(lambda self: self.cases)
    @rule(data=st.data())
    def opt_out_in_the_crm(self, data: st.DataObject) -> None:
        self.world.crm.put("case", data.draw(st.sampled_from(self.cases)), {"contact.opted_out": True})

    @precondition(lambda self: self.channel.messages)
    @rule(data=st.data())
    def opt_out_on_the_page(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(self.channel.messages))
        collect.unsubscribe(self.world.belt, message.page_url.rsplit("/", 1)[1])
        self.said_no.add(message.address)

    @precondition(lambda self: self.channel.messages)
    @rule(data=st.data(), value=st.integers(1, 5), change=st.booleans(), decoy=st.sampled_from(["", "", "", "x"]))
    def answer(self, data: st.DataObject, value: int, change: bool, decoy: str) -> None:
        which = data.draw(st.integers(0, len(self.channel.messages) - 1))
        collected = self.world.answer(str(value), which=which, change=change, decoy=decoy)
        if collected in ("saved", "changed") and not decoy and self.channel.messages[which].kind == "case_closed":
            self.given[self.channel.messages[which].subject] = (self.world.clock(), value)

    @precondition(lambda self: self.channel.messages)
    @rule(data=st.data(), value=st.integers(0, 6))
    def open_page(self, data: st.DataObject, value: int) -> None:
        message = data.draw(st.sampled_from(self.channel.messages))
        conftest.opens(self.world.belt, message.page_url.rsplit("/", 1)[1], value)

    @rule(calls=st.integers(1, 5), person=st.booleans())
    def crm_goes_down(self, calls: int, person: bool) -> None:
        error: errors.OutsideError = errors.NeedsPerson("password", remedy="mend it") if person else errors.Later("down")
        self.world.crm.failures += [error] * calls

    @rule(count=st.integers(1, 3))
    def rows_are_locked(self, count: int) -> None:
        self.world.crm.refusals += [("locked", "being edited")] * count

    @rule(
        error=st.sampled_from(
            [
                errors.Later("down"),
                errors.Later("greylisted", code="451"),
                errors.Never("no such mailbox", code="550"),
                errors.Unsure("the line broke"),
                errors.NeedsPerson("password", remedy="mend it"),
            ]
        ),
        times=st.integers(1, 3),
    )
    def channel_misbehaves(self, error: errors.OutsideError, times: int) -> None:
        self.channel.trouble(error, times=times)

    @rule(then=st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=3), timedelta(days=3), timedelta(days=31)]))
    def go_on(self, then: timedelta | None) -> None:
        if then is not None:
            self.world.clock.advance(then)
            self.world.turn()

    @rule()
    def restart(self) -> None:
        self.world.restart()
        tidy.recover(self.world.belt, tidy.AT_ONCE)

    @invariant()
    def no_touchpoint_has_two_decisions_or_invitations(self) -> None:
        with self.world.belt.store.read() as tx:
            for table in (decisions.DECISION, messages.INVITATION):
                ids = tx.execute(sa.select(table.c.touchpoint_id)).scalars().all()
                assert len(ids) == len(set(ids))

    def each_answer_that_counts_is_on_its_record(self) -> None:
        """And nothing is on any other."""
        expected: dict[str, Any] = dict.fromkeys(self.cases)
        expected |= {case: value for case, (_, value) in self.given.items()}
        for case, value in expected.items():
            held = self.world.crm.get("case", case)
            assert held is not None
            if not held.deleted:
                assert held.values["score"] == value
        with self.world.belt.store.read() as tx:
            counting = tx.execute(sa.select(answers.ANSWER.c.invitation_id).where(answers.ANSWER.c.state == "confirmed"))
            ids = counting.scalars().all()
            undecided = sa.select(sa.func.count()).select_from(touchpoints.TOUCHPOINT)
            waiting = tx.execute(undecided.where(touchpoints.TOUCHPOINT.c.decide_at <= self.world.clock())).scalar_one()
        assert len(ids) == len(set(ids))
        assert waiting == 0
        assert self.world.counts("writes").keys() <= {"done", "replaced", "dead"}


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
