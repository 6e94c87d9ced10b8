"""What the belt makes of channels over HTTP: later with the same id, refused for good, and the next channel of the rule."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pydantic
import pytest

from channels.sms import channel as sms_channel
from channels.sms import settings as sms_settings
from channels.webhook import channel as webhook_channel
from channels.webhook import settings as webhook_settings
from tests.channels import gateway_server, webhook_receiver
from tests.journey.conftest import World, sqlite_only
from triggers import rule

pytestmark = sqlite_only
PHONE = "+358451234567"


@pytest.fixture
def receiver() -> Iterator[webhook_receiver.Receiver]:
    made = webhook_receiver.Receiver()
    yield made
    made.stop()


@pytest.fixture
def server() -> Iterator[gateway_server.Server]:
    with gateway_server.running() as made:
        yield made


@pytest.fixture
def world(
    make_world: Callable[..., World], receiver: webhook_receiver.Receiver, server: gateway_server.Server
) -> Iterator[World]:
    """Invitations are handed over; what cannot be is texted."""
    webhook = webhook_settings.WebhookSettings(
        url=receiver.url, secret=pydantic.SecretStr(webhook_receiver.SECRET), facts=("subject",)
    )
    told: Any = {"gateway": "http", "url": f"{server.url}/messages", "sender": "+358457300000"}
    channels = {
        "webhook": webhook_channel.WebhookChannel(webhook),
        "sms": sms_channel.SmsChannel(sms_settings.HttpSettings.model_validate(told)),
    }
    one = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": ["webhook", "sms"], "expires": "7d"}
    made = make_world(rules=rule.Rules.model_validate({"rules": [one]}), channels=channels, short_url="https://hv.example")
    made.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    made.turn()
    yield made
    for channel in channels.values():
        channel.close()


def states(world: World, case: str) -> list[tuple[str, str]]:
    return [(send["channel"], send["state"]) for send in world.why(case)["invitation"]["messages"]]


def test_an_invitation_is_handed_over_with_its_facts(world: World, receiver: webhook_receiver.Receiver) -> None:
    case = world.close_case(contact__phone=PHONE)
    world.turn()
    [told] = receiver.taken.values()
    assert states(world, case) == [("webhook", "sent")]
    assert told["data"]["touchpoint"]["record"] == case
    assert told["data"]["facts"] == {"subject": "Router keeps restarting"}
    assert told["data"]["page_url"].startswith("http://survey.example/s/")
    assert told["data"]["person"]["phone"] == PHONE


def test_a_receiver_that_is_down_gets_it_later_with_the_same_id(world: World, receiver: webhook_receiver.Receiver) -> None:
    receiver.status += [503]
    case = world.close_case(contact__phone=PHONE)
    world.turn()
    assert states(world, case) == [("webhook", "due")]
    world.clock.advance(timedelta(minutes=10))
    world.turn()
    assert states(world, case) == [("webhook", "sent")]
    assert len({told["webhook-id"] for told in receiver.seen}) == 1


def test_a_line_that_broke_is_tried_again_and_counts_once(world: World, receiver: webhook_receiver.Receiver) -> None:
    receiver.mute = True
    case = world.close_case(contact__phone=PHONE)
    world.turn()
    world.clock.advance(timedelta(minutes=10))
    world.turn()
    assert states(world, case) == [("webhook", "sent")]
    assert (len(receiver.seen), len(receiver.taken)) == (2, 1)


def test_what_the_receiver_refuses_for_good_is_texted(
    world: World, receiver: webhook_receiver.Receiver, server: gateway_server.Server
) -> None:
    receiver.status += [410]
    case = world.close_case(contact__phone=PHONE)
    world.turn()
    assert states(world, case) == [("webhook", "refused"), ("sms", "sent")]
    assert "https://hv.example/s/" in server.gateway.messages[0].text


def test_who_cannot_be_reached_by_either_is_not_asked(world: World, receiver: webhook_receiver.Receiver) -> None:
    receiver.status += [422]
    case = world.close_case(contact__phone="09 1234567")
    world.turn()
    assert world.why(case)["decision"]["reason"] == "undeliverable"


def test_a_person_with_a_phone_alone_is_handed_over_too(world: World, receiver: webhook_receiver.Receiver) -> None:
    world.close_case(contact__email="", contact__phone="045 1234567")
    world.turn()
    assert [told["data"]["person"]["email"] for told in receiver.taken.values()] == [""]
