"""The webhook channel keeps the contract against a receiver that checks every signature by itself."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pydantic
import pytest

from channels import base
from channels.webhook import channel as webhook_channel
from channels.webhook import settings, signing
from tests.channels import contract, messages
from tests.channels.webhook_receiver import SECRET, Receiver
from triggers import touchpoint
from wire import errors, finding

STATUS = {contract.Mood.DEFER: 503, contract.Mood.REFUSE: 410, contract.Mood.WANT_PERSON: 401}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def opened(receiver: Receiver, **changes: Any) -> webhook_channel.WebhookChannel:
    told = {"url": receiver.url, "secret": pydantic.SecretStr(SECRET), "timeout": "5s"}
    return webhook_channel.WebhookChannel(settings.WebhookSettings.model_validate(told | changes))


class TestWebhook(contract.ChannelContract):
    @pytest.fixture(autouse=True)
    def _receiver(self, receiver: Receiver) -> None:
        self.receiver = receiver

    @pytest.fixture
    def channel(self) -> Iterator[base.Channel]:
        channel = opened(self.receiver)
        yield channel
        channel.close()

    def message(self, **changes: object) -> base.Message:
        told: dict[str, Any] = {"address": self.address, "key": str(changes.get("address", "one")), **changes}
        person = touchpoint.Recipient(record="003", name="Aino Virtanen", email=told["address"], phone="045 1234567")
        return messages.message(**{"person": person, "facts": {"team": "North", "plan": "Gold"}, "record": "500", **told})

    def taken(self) -> list[str]:
        return [told["data"]["person"]["email"] for told in self.receiver.taken.values()]

    def next_is(self, mood: contract.Mood) -> None:
        if mood is contract.Mood.FALL_SILENT:
            self.receiver.mute = True
        else:
            self.receiver.status.append(STATUS[mood])

    def test_an_invitation_is_handed_over_whole(self) -> None:
        channel = opened(self.receiver, facts=["team", "unknown"])
        channel.send(self.message(key="k", reference="00001", expires_at=datetime(2026, 11, 28, 9, tzinfo=UTC)))
        channel.close()
        told = self.receiver.taken["msg_k"]
        assert told["type"] == "invitation.created"
        assert told["data"] == {
            "person": {"record": "003", "name": "Aino Virtanen", "email": self.address, "phone": "+358451234567"},
            "language": "en",
            "survey": {
                "key": "asked",
                "metric": "nps",
                "question": "How likely is it that you would recommend Havu to a friend or colleague?",
                "first": 0,
                "last": 10,
            },
            "page_url": "https://feedback.havu.example/s/8KQ2vXw7",
            "unsubscribe_url": "https://feedback.havu.example/u/8KQ2vXw7",
            "privacy_url": "https://feedback.havu.example/privacy",
            "expires_at": "2026-11-28T09:00:00+00:00",
            "touchpoint": {
                "kind": "case_closed",
                "connector": "",
                "object": "",
                "record": "500",
                "label": "00001",
                "happened_at": "2026-11-14T09:00:00+00:00",
            },
            "facts": {"team": "North", "unknown": None},
        }

    def test_a_repeat_has_the_same_id_and_counts_once(self, channel: base.Channel) -> None:
        self.receiver.mute = True
        with pytest.raises(errors.Unsure):
            channel.send(self.message(key="k"))
        channel.send(self.message(key="k"))
        assert [told["webhook-id"] for told in self.receiver.seen] == ["msg_k", "msg_k"]
        assert len(self.receiver.taken) == 1

    @pytest.mark.parametrize(("status", "delay"), [(429, 7), (503, 7), (500, 7), (302, None)])
    def test_the_receiver_may_be_busy(self, channel: base.Channel, status: int, delay: float | None) -> None:
        self.receiver.status.append(status)
        with pytest.raises(errors.Later) as caught:
            channel.send(self.message())
        assert (caught.value.delay, caught.value.code) == (delay, "")
        assert self.receiver.taken == {}

    @pytest.mark.parametrize("status", [400, 404, 410, 422])
    def test_a_refused_invitation_does_not_cost_the_address(self, channel: base.Channel, status: int) -> None:
        self.receiver.status.append(status)
        with pytest.raises(base.Unfit):
            channel.send(self.message())

    def test_a_receiver_that_answers_is_good(self, channel: base.Channel) -> None:
        assert [found.grade for found in channel.check()] == [finding.Grade.GOOD]

    def test_a_reminder_says_so(self, channel: base.Channel) -> None:
        channel.send(self.message(key="r", reminder=True))
        assert self.receiver.taken["msg_r"]["type"] == "invitation.reminder"


def test_a_receiver_that_knows_another_secret_needs_a_person(receiver: Receiver) -> None:
    channel = opened(receiver, secret=pydantic.SecretStr("whsec_" + base64.b64encode(b"x" * 32).decode()))
    with pytest.raises(errors.NeedsPerson, match="401"):
        channel.send(messages.message())
    channel.close()


def test_the_signature_is_that_of_the_specification() -> None:
    """The example in the reference libraries' tests, github.com/standard-webhooks/standard-webhooks."""
    made = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://crm.example/hook"}, "https://"),
        ({"secret": pydantic.SecretStr("hunter2")}, "whsec_"),
        ({"secret": pydantic.SecretStr("whsec_c2hvcnQ=")}, "24 to 64"),
    ],
)
def test_settings_say_what_would_be_right_and_no_secret(changes: dict[str, Any], words: str) -> None:
    told = {"url": "https://crm.example/hook", "secret": pydantic.SecretStr(SECRET)}
    with pytest.raises(pydantic.ValidationError, match=words) as caught:
        settings.WebhookSettings.model_validate(told | changes)
    assert "hunter2" not in str(caught.value)
