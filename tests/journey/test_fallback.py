"""fallback: the rule's next channel, when one does not reach the person; never two at once, none lost."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition
from hypothesis.stateful import rule as step

from channels import memory as memory_channel
from channels import report
from journey import settings, tidy
from journey.reaching import bounces
from store import messages, returned
from tests.journey import conftest
from triggers import rule, touchpoint
from wire import errors

Make = Callable[..., Any]
Fate = report.Fate
HOUR = timedelta(hours=1)
NEVER = errors.Never("no such mailbox", code="550 5.1.1")
RULES = {
    "rules": [
        {
            "name": "Cases",
            "on": "case_closed",
            "survey": "csat",
            "channel": ["first", "second", "third"],
            "expires": "30d",
            "remind": ["2d"],
        }
    ],
    "quiet": {"per_person": "3d"},
}


class ByPhone(memory_channel.MemoryChannel):
    """Reaches people by their phone number."""

    def address(self, person: touchpoint.Recipient) -> str | None:
        return person.phone or None


def channels() -> dict[str, memory_channel.MemoryChannel]:
    return {"first": memory_channel.MemoryChannel("first"), "second": ByPhone("second"), "third": ByPhone("third")}


@pytest.fixture
def there() -> dict[str, memory_channel.MemoryChannel]:
    return channels()


@pytest.fixture
def world(make_world: Make, there: dict[str, memory_channel.MemoryChannel]) -> conftest.World:
    made: conftest.World = make_world(channels=there, rules=rule.Rules.model_validate(RULES))
    made.turn()
    return made


def went(there: dict[str, memory_channel.MemoryChannel]) -> dict[str, int]:
    return {name: len(channel.messages) for name, channel in there.items() if channel.messages}


def come_back(world: conftest.World, channel: memory_channel.MemoryChannel, fate: Fate = Fate.REFUSED) -> None:
    channel.reports.append(report.Report(reference=channel.messages[-1].key, fate=fate, code="5.1.1", words="unknown"))
    world.turn()


@conftest.sqlite_only
class TestFallback:
    def test_a_refusal_is_followed_by_the_next_channel_with_a_key_of_its_own(self, world: conftest.World, there: Any) -> None:
        there["first"].trouble(NEVER)
        case = world.close_case(contact__phone="+358401234567")
        world.turn()
        assert went(there) == {"second": 1}
        told = world.why(case)
        sends = [(one["send"], one["channel"], one["state"]) for one in told["invitation"]["messages"]]
        assert sends[:2] == [("invitation", "first", "refused"), ("fallback-1", "second", "sent")]
        assert (told["decision"]["reason"], told["invitation"]["state"]) == ("asked", "open")
        assert "fallback" in [event["what"] for event in told["events"]]

    @pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.PASSING, Fate.OURS])
    def test_what_comes_back_days_later_is_followed_too(self, world: conftest.World, there: Any, fate: Fate) -> None:
        world.close_case(contact__phone="+358401234567")
        world.turn()
        world.clock.advance(timedelta(days=1))
        come_back(world, there["first"], fate)
        assert went(there) == {"first": 1, "second": 1}
        assert not there["second"].messages[0].reminder

    def test_what_comes_back_too_late_is_not_followed(self, world: conftest.World, there: Any) -> None:
        case = world.close_case(contact__phone="+358401234567")
        world.turn()
        world.clock.advance(settings.Undelivered().fallback_within + HOUR)
        world.turn()
        come_back(world, there["first"])
        assert "second" not in went(there)
        reminded = world.why(case)["invitation"]["messages"]
        assert [one["channel"] for one in reminded] == ["first", "first"]

    def test_nothing_follows_an_answer(self, world: conftest.World, there: Any) -> None:
        world.channel = there["first"]
        world.close_case(contact__phone="+358401234567")
        world.turn()
        world.answer("5")
        come_back(world, there["first"])
        assert went(there) == {"first": 1}

    def test_a_complaint_is_a_no_on_every_channel(self, world: conftest.World, there: Any) -> None:
        world.close_case(contact__phone="+358401234567")
        world.turn()
        come_back(world, there["first"], Fate.COMPLAINT)
        world.clock.advance(timedelta(days=5))
        world.turn()
        assert went(there) == {"first": 1}

    def test_an_unsure_message_is_not_followed(self, world: conftest.World, there: Any) -> None:
        there["first"].trouble(errors.Unsure("the line broke"))
        world.close_case(contact__phone="+358401234567")
        world.turn()
        assert went(there) == {}

    def test_each_channel_is_tried_once_and_then_nobody_was_asked(self, world: conftest.World, there: Any) -> None:
        for channel in there.values():
            channel.trouble(NEVER)
        case = world.close_case(contact__phone="+358401234567")
        world.turn()
        told = world.why(case)
        assert [one["channel"] for one in told["invitation"]["messages"]] == ["first", "second", "third"]
        assert (told["decision"]["reason"], told["person"]["asked_at"]) == ("undeliverable", None)

    def test_a_channel_without_an_address_is_passed_over(self, world: conftest.World, there: Any) -> None:
        there["first"].trouble(NEVER)
        case = world.close_case()
        world.turn()
        assert (went(there), world.why(case)["decision"]["reason"]) == ({}, "undeliverable")

    def test_a_marked_address_is_passed_over_from_the_start(self, world: conftest.World, there: Any) -> None:
        there["first"].trouble(NEVER)
        world.close_case(email="aino@posti.example", contact__phone="+358401234567")
        world.turn()
        world.clock.advance(timedelta(days=10))
        world.close_case(email="aino@posti.example", contact__phone="+358401234567")
        world.turn()
        assert went(there)["second"] >= 2
        assert "first" not in went(there)

    def test_the_case_is_looked_at_again_before_the_next_channel(self, world: conftest.World, there: Any) -> None:
        case = world.close_case(contact__phone="+358401234567")
        world.turn()
        world.reopen(case)
        come_back(world, there["first"])
        assert (went(there), world.why(case)["decision"]["reason"]) == ({"first": 1}, "reopened")

    def test_the_next_channel_keeps_the_window(self, make_world: Make, there: Any) -> None:
        rules = rule.Rules.model_validate({**RULES, "quiet": {"window": "mon-fri 08:00-17:00"}})
        world: conftest.World = make_world(channels=there, rules=rules)
        world.turn()
        world.close_case(contact__phone="+358401234567")
        world.turn()
        world.clock.advance(12 * HOUR)
        come_back(world, there["first"])
        assert went(there) == {"first": 1}
        world.clock.advance(12 * HOUR)
        world.turn()
        assert went(there) == {"first": 1, "second": 1}

    def test_reminders_follow_the_message_that_arrived(self, world: conftest.World, there: Any) -> None:
        world.close_case(contact__phone="+358401234567")
        world.turn()
        come_back(world, there["first"])
        world.clock.advance(timedelta(days=3))
        world.turn()
        assert [message.reminder for message in there["second"].messages] == [False, True]
        assert len(there["first"].messages) == 1

    def test_a_reminder_that_comes_back_is_not_followed_for_the_first_message_arrived(
        self, world: conftest.World, there: Any
    ) -> None:
        world.close_case(contact__phone="+358401234567")
        world.turn()
        world.clock.advance(timedelta(days=3))
        world.turn()
        come_back(world, there["first"])
        assert went(there) == {"first": 2}


SENDS = [
    NEVER,
    errors.Later("greylisted", code="451 4.7.1"),
    errors.Later("down"),
    errors.Unsure("the line broke"),
    errors.NeedsPerson("password", remedy="mend it"),
]


class Killed(BaseException):
    """The process dies in the middle of a send."""


class Life(RuleBasedStateMachine):
    """Cases of people with two addresses, three channels and everything that can become of a message, and of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.there = channels()
        url = f"sqlite:///{self.folder / 'palaute.db'}"
        rules = rule.Rules.model_validate(RULES)
        self.world = conftest.World(self.folder, url, rules=rules, channels=self.there)
        self.world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
        self.world.turn()
        self.answered: dict[str, int] = {}
        """Token → how many messages of it had gone when it was answered."""
        self.lost: set[str] = set()
        """Keys of messages that were told not to have arrived."""

    def teardown(self) -> None:
        self.world.clock.advance(timedelta(days=31))
        self.turn()
        self.nobody_is_lost()
        self.world.belt.writer.close()
        self.world.belt.store.close()
        shutil.rmtree(self.folder)

    def turn(self) -> None:
        """Everything that is due, by as many processes as it takes."""
        while True:
            try:
                self.world.turn()
            except Killed:
                self.restart()
            else:
                return

    def taken(self, token: str) -> int:
        return sum(one.page_url.endswith(token) for channel in self.there.values() for one in channel.messages)

    @step(person=st.integers(0, 3), phone=st.booleans())
    def close(self, person: int, phone: bool) -> None:
        number = f"+35840123456{person}" if phone else ""
        self.world.close_case(email=f"aino{person}@posti.example", contact__phone=number)
        self.turn()

    @step(name=st.sampled_from(["first", "second", "third"]), error=st.sampled_from(SENDS), times=st.integers(1, 3))
    def misbehave(self, name: str, error: errors.OutsideError, times: int) -> None:
        self.there[name].trouble(error, times=times, taken=isinstance(error, errors.Unsure))

    @precondition(lambda self: any(channel.messages for channel in self.there.values()))
    @step(data=st.data(), fate=st.sampled_from(list(Fate)), again=st.booleans())
    def tell(self, data: st.DataObject, fate: Fate, again: bool) -> None:
        every = [(channel, one) for channel in self.there.values() for one in channel.messages]
        channel, one = data.draw(st.sampled_from(every))
        if fate in bounces.FAILED:
            self.lost.add(one.key)
        channel.reports += [report.Report(reference=one.key, fate=fate, code="5.1.1")] * (2 if again else 1)
        self.turn()

    @precondition(lambda self: any(channel.messages for channel in self.there.values()))
    @step(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        channel = data.draw(st.sampled_from([channel for channel in self.there.values() if channel.messages]))
        self.world.channel = channel
        which = data.draw(st.integers(0, len(channel.messages) - 1))
        if self.world.answer("4", which=which) == "saved":
            token = channel.messages[which].page_url.rsplit("/", 1)[1]
            self.answered.setdefault(token, self.taken(token))

    @step(by=st.sampled_from([timedelta(minutes=2), timedelta(hours=5), timedelta(days=1), timedelta(days=5)]))
    def go_on(self, by: timedelta) -> None:
        self.world.clock.advance(by)
        self.turn()

    @step(name=st.sampled_from(["first", "second", "third"]), taken=st.booleans())
    def die_while_sending(self, name: str, taken: bool) -> None:
        died: Any = Killed()
        self.there[name].trouble(died, taken=taken)

    @step()
    def restart(self) -> None:
        self.world.restart()
        tidy.recover(self.world.belt, tidy.AT_ONCE)

    def sends(self) -> dict[int, list[Any]]:
        with self.world.belt.store.read() as tx:
            found: dict[int, list[Any]] = {}
            for row in tx.execute(sa.select(messages.MESSAGE).order_by(messages.MESSAGE.c.id)):
                found.setdefault(row.invitation_id, []).append(row)
        return found

    @invariant()
    def never_two_at_once_and_each_channel_once(self) -> None:
        for sends in self.sends().values():
            alive = {one.channel for one in sends if one.state in returned.ALIVE}
            assert len(alive) <= 1
            first = [one.channel for one in sends if not one.send.startswith("reminder")]
            assert len(first) == len(set(first))

    @invariant()
    def nobody_has_the_question_from_two_channels(self) -> None:
        got: dict[str, set[str]] = {}
        for name, channel in self.there.items():
            for one in channel.messages:
                if one.key not in self.lost:
                    got.setdefault(one.page_url, set()).add(name)
        assert [names for names in got.values() if len(names) > 1] == []

    @invariant()
    def nothing_goes_after_an_answer(self) -> None:
        for token, count in self.answered.items():
            assert self.taken(token) == count

    @invariant()
    def an_open_question_has_a_message_that_reaches_or_may_reach_the_person(self) -> None:
        sends = self.sends()
        with self.world.belt.store.read() as tx:
            still = tx.execute(sa.select(messages.INVITATION.c.id).where(messages.INVITATION.c.state == "open")).scalars().all()
        for i in still:
            assert any(one.state in returned.ALIVE for one in sends[i])

    def nobody_is_lost(self) -> None:
        """In the end each question was answered, ran out, or is known not to have reached anybody."""
        assert self.world.counts("invitations").keys() <= {"answered", "expired", "cancelled"}
        assert not {"due", "sending"} & self.world.counts("messages").keys()


TestLife = Life.TestCase
TestLife.settings = hypothesis_settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
