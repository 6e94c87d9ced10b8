"""deliver: what is done where nobody knows whether a message went, as after a crash in the middle."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from channels import memory as memory_channel
from journey import notice, settings, steps, tidy
from store import messages, outbox, unsure
from tests.journey import conftest
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
MESSAGE = messages.MESSAGE
HOUR = timedelta(hours=1)


def test_an_unsure_message_is_parked(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    for _ in range(5):
        world.turn()
        world.clock.advance(HOUR)
    assert world.counts("messages") == {"unsure": 1}
    assert len(world.channel.messages) == 1


def test_whoever_got_an_unsure_message_can_answer_and_it_counts_as_sent(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    world.answer("5")
    assert world.counts("messages") == {"sent": 1}


def test_an_unsure_message_that_a_person_retries_goes_once_more_under_the_same_key(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    with world.belt.store.write() as tx:
        assert unsure.send_again(tx, world.clock()) == 1
    world.turn()
    assert len({message.key for message in world.channel.messages}) == 1
    assert world.counts("messages") == {"sent": 1}


@pytest.mark.parametrize("ended", ["answered", "expired"])
def test_a_retry_sends_nothing_for_a_survey_that_is_over(world: conftest.World, ended: str) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    world.close_case()
    world.turn()
    if ended == "answered":
        world.answer("5")
    else:
        world.clock.advance(timedelta(days=15))
    with world.belt.store.write() as tx:
        assert unsure.send_again(tx, world.clock()) == 0


def test_with_resend_an_unsure_message_goes_again(make_world: Make) -> None:
    world: conftest.World = make_world(settings=settings.JourneySettings(unsure="resend"))
    world.turn()
    world.channel.trouble(errors.Unsure("the line broke"))
    world.close_case()
    world.turn()
    assert (len(world.channel.messages), world.counts("messages")) == (1, {"sent": 1})


def test_with_resend_nobody_gets_the_same_mail_for_ever(make_world: Make) -> None:
    world: conftest.World = make_world(settings=settings.JourneySettings(unsure="resend"))
    world.turn()
    world.channel.trouble(errors.Unsure("the line broke"), times=1000, taken=True)
    world.close_case()
    for _ in range(10):
        world.turn()
        world.clock.advance(HOUR)
    assert len(world.channel.messages) == 1 + tidy.MOST_RESENDS
    assert world.counts("messages") == {"unsure": 1}


def test_where_the_transport_drops_repeats_an_unsure_message_is_simply_sent_again(make_world: Make) -> None:
    channel = memory_channel.MemoryChannel("memory", repeatable=True)
    world: conftest.World = make_world(channels={"memory": channel})
    world.turn()
    channel.trouble(errors.Unsure("the line broke"), times=4, taken=True)
    world.close_case()
    for _ in range(10):
        world.turn()
        world.clock.advance(HOUR)
    assert (len(channel.messages), world.counts("messages")) == (1, {"sent": 1})


def claimed(world: conftest.World) -> None:
    """A process took a message and died before anything is known about it."""
    world.close_case()
    notice.notice(world.belt, "crm")
    for step in steps.STEPS[1:3]:
        step.run(world.belt, "")
    with world.belt.store.write() as tx:
        message = outbox.due(tx, "crm", world.clock(), 1)[0]
        assert messages.claim(tx, message, world.clock())
    world.restart()


def test_a_send_that_a_crash_cut_off_is_unsure_at_the_next_start_and_not_repeated(world: conftest.World) -> None:
    claimed(world)
    assert tidy.recover(world.belt, tidy.AT_ONCE) == 1
    world.turn()
    assert (world.counts("messages"), world.channel.messages) == ({"unsure": 1}, [])


def test_a_send_that_is_merely_slow_is_not_taken_for_a_crash(world: conftest.World) -> None:
    claimed(world)
    world.clock.advance(tidy.STALLED - timedelta(seconds=1))
    world.turn()
    assert world.counts("messages") == {"sending": 1}
    world.clock.advance(timedelta(seconds=1))
    world.turn()
    assert world.counts("messages") == {"unsure": 1}


def test_an_outcome_that_comes_after_it_was_given_up_still_counts(world: conftest.World) -> None:
    claimed(world)
    with world.belt.store.write() as tx:
        tx.execute(sa.update(MESSAGE).values(state="due"))
        waiting = outbox.load(tx, outbox.due(tx, "crm", world.clock(), 1))[0]
        messages.claim(tx, waiting.id, world.clock())
    tidy.recover(world.belt, tidy.AT_ONCE)
    with world.belt.store.write() as tx:
        messages.sent(tx, waiting, "reference", world.clock())
    assert world.counts("messages") == {"sent": 1}
