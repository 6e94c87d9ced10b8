"""The SMS channel keeps the contract with each kind of gateway."""

from collections.abc import Iterator
from typing import Any

import pydantic
import pytest

from channels import base
from channels.sms import alphabet, memory, settings
from channels.sms import channel as sms_channel
from tests.channels import contract, gateway_server, messages
from triggers import touchpoint
from wire import errors, finding

SETTINGS: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(settings.SmsSettings)
NUMBERS = tuple(f"+3584512345{number:02d}" for number in range(24))


@pytest.fixture
def server() -> Iterator[gateway_server.Server]:
    with gateway_server.running() as made:
        yield made


def http(server: gateway_server.Server, **changes: Any) -> sms_channel.SmsChannel:
    token = pydantic.SecretStr(server.gateway.account.token)
    told = {"gateway": "http", "url": f"{server.url}/messages", "check": f"{server.url}/account", "sender": "+358457300000"}
    hooks = {"secret": pydantic.SecretStr(server.gateway.account.hook_secret)}
    return sms_channel.SmsChannel(
        SETTINGS.validate_python(told | {"token": token, "timeout": "5s", "hooks": hooks} | changes), "http://pages.example"
    )


def twilio(server: gateway_server.Server, **changes: Any) -> sms_channel.SmsChannel:
    account = server.gateway.account
    told = {"gateway": "twilio", "url": server.url, "sender": "+358457300000", "account_sid": account.account_sid}
    given = told | {"auth_token": pydantic.SecretStr(account.auth_token), "timeout": "5s"} | changes
    return sms_channel.SmsChannel(SETTINGS.validate_python(given), "http://127.0.0.1:9")


class NumbersContract(contract.ChannelContract):
    """What holds for every gateway, be there a company behind it or not."""

    address, other, many = "+358451234567", "+46701234567", NUMBERS
    telling = ("aino", "virtanen", "451234567", "router", "8kq2vxw7")
    good = ("+358 45 1234567", "  045-123 4567\u200b", "0035845 1234567", "+46 70 123 45 67", "+1 201 555 0123")
    nonsense = (
        "",
        " ",
        "call me",
        "112",
        "+358",
        "09 1234567",
        "+358 9 1234567",
        "0600 12345",
        "+358 700 12345",
        "+358 800 12345",
        "+44 20 7946 0018",
        "+358451234567\r\n+358451234568",
        "1" * 32_000,
    )
    """Emergency, landlines in two countries, premium and free numbers among them."""

    def person(self, address: str) -> touchpoint.Recipient:
        return touchpoint.Recipient(phone=address)

    def test_the_receipt_tells_the_parts(self, channel: base.Channel) -> None:
        assert channel.send(self.message()).parts == 1


class SmsContract(NumbersContract):
    """What holds for every gateway that is reached over a line."""

    def open(self, server: gateway_server.Server) -> base.Channel:
        """The channel to this gateway."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _server(self, server: gateway_server.Server) -> None:
        self.server = server

    @pytest.fixture
    def channel(self) -> Iterator[base.Channel]:
        channel = self.open(self.server)
        yield channel
        channel.close()

    def taken(self) -> list[str]:
        return self.server.numbers

    def next_is(self, mood: contract.Mood) -> None:
        self.server.next_is(mood)

    def test_the_receipt_tells_the_parts_and_the_reference(self, channel: base.Channel) -> None:
        receipt = channel.send(self.message())
        assert receipt.parts == self.server.gateway.messages[0].as_json()["parts"] == 1
        assert receipt.reference == self.server.gateway.messages[0].id

    def test_the_sign_in_is_checked_without_sending(self, channel: base.Channel) -> None:
        assert {found.grade for found in channel.check()} == {finding.Grade.GOOD}
        assert self.taken() == []

    def test_a_busy_gateway_says_when_to_come_back(self, channel: base.Channel) -> None:
        self.server.gateway.faults.add("rate_limit", count=1)
        with pytest.raises(errors.Later) as caught:
            channel.send(self.message())
        assert not caught.value.code

    def test_a_gateway_that_is_gone_is_asked_later(self, channel: base.Channel) -> None:
        self.server.stop()
        with pytest.raises(errors.Later, match="cannot be reached"):
            channel.send(self.message())
        assert channel.check()[0].grade is finding.Grade.WRONG


class TestMemory(NumbersContract):
    @pytest.fixture
    def channel(self) -> base.Channel:
        made = sms_channel.SmsChannel(SETTINGS.validate_python({"gateway": "memory", "sender": "+358457300000"}))
        assert isinstance(made.gateway, memory.MemoryGateway)
        self.gateway = made.gateway
        return made

    def taken(self) -> list[str]:
        return [kept.number for kept in self.gateway.texts]

    def next_is(self, mood: contract.Mood) -> None:
        self.gateway.trouble(mood.value(), taken=mood is contract.Mood.FALL_SILENT)

    def test_a_repeat_with_the_same_key_is_one_text(self, channel: base.Channel) -> None:
        assert channel.repeatable
        self.next_is(contract.Mood.FALL_SILENT)
        with pytest.raises(errors.Unsure):
            channel.send(self.message())
        channel.send(self.message())
        assert len(self.taken()) == 1

    def test_the_check_says_that_nobody_gets_a_text(self, channel: base.Channel) -> None:
        assert [(found.grade, found.message) for found in channel.check()] == [
            (finding.Grade.WARNING, "keeps texts in memory and sends none")
        ]


class TestHttp(SmsContract):
    def open(self, server: gateway_server.Server) -> base.Channel:
        return http(server)

    def test_a_repeat_with_the_same_key_is_one_text(self, channel: base.Channel) -> None:
        assert channel.repeatable
        self.next_is(contract.Mood.FALL_SILENT)
        with pytest.raises(errors.Unsure):
            channel.send(self.message())
        channel.send(self.message())
        assert len(self.taken()) == 1

    def test_retry_after_is_obeyed(self, channel: base.Channel) -> None:
        self.server.gateway.faults.add("defer", count=1)
        with pytest.raises(errors.Later) as caught:
            channel.send(self.message())
        assert caught.value.delay == 1


class TestTwilio(SmsContract):
    one_reference_per_key = False

    def open(self, server: gateway_server.Server) -> base.Channel:
        return twilio(server, reports=False)

    def test_twilio_drops_no_repeats(self, channel: base.Channel) -> None:
        assert not channel.repeatable

    def test_the_report_comes_to_the_pages_with_the_key(self) -> None:
        channel = twilio(self.server)
        channel.send(self.message(key="abc123"))
        assert self.server.gateway.messages[0].report_to == "http://127.0.0.1:9/hooks/sms/status?key=abc123"
        channel.close()

    def test_who_said_stop_to_twilio_is_refused_for_good(self, channel: base.Channel) -> None:
        self.server.gateway.stopped.add(self.address)
        with pytest.raises(base.SaidNo) as caught:
            channel.send(self.message())
        assert caught.value.code == "21610"

    def test_a_server_fault_leaves_it_unsure(self, channel: base.Channel) -> None:
        self.server.gateway.faults.add("server_error", count=1)
        with pytest.raises(errors.Unsure):
            channel.send(self.message())

    def test_a_messaging_service_stands_in_for_the_sender(self, channel: base.Channel) -> None:
        chosen = twilio(self.server, messaging_service="MG" + "0" * 32)
        chosen.send(self.message())
        assert self.server.gateway.messages[0].sender == "+15005550006"
        chosen.close()


@pytest.mark.parametrize("opened", [http, twilio])
def test_the_wrong_secret_is_found_by_the_check(server: gateway_server.Server, opened: Any) -> None:
    secret = {"token": pydantic.SecretStr("no")} if opened is http else {"auth_token": pydantic.SecretStr("no")}
    channel = opened(server, **secret)
    assert [found.grade for found in channel.check() if "sign-in" in found.subject] == [finding.Grade.WRONG]
    with pytest.raises(errors.NeedsPerson) as caught:
        channel.send(messages.message(address="+358451234567"))
    assert caught.value.remedy
    channel.close()


def test_only_numbers_of_the_named_countries_are_texted(server: gateway_server.Server) -> None:
    channel = http(server, countries=["FI", "se"])
    numbers = ("0451234567", "+46701234567", "+12015550123")
    reached = [channel.address(touchpoint.Recipient(phone=number)) for number in numbers]
    assert reached == ["+358451234567", "+46701234567", None]
    channel.close()


def test_a_number_without_a_country_code_belongs_to_the_persons_country(server: gateway_server.Server) -> None:
    channel = http(server)
    assert channel.address(touchpoint.Recipient(phone="070-123 45 67", country="SE")) == "+46701234567"
    channel.close()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "", errors.Never),
        (422, "", errors.Never),
        (400, "E17", errors.Never),
        (400, "E99", errors.NeedsPerson),
        (403, "", errors.NeedsPerson),
        (429, "", errors.Later),
        (500, "", errors.Later),
        (503, "", errors.Later),
        (302, "", errors.Later),
    ],
)
def test_a_gateways_codes_are_translated(scripted: Any, status: int, code: str, error: type[errors.OutsideError]) -> None:
    scripted.answers = [(status, {"fault": {"code": code}})]
    channel = scripted.channel(code="fault.code", refused_codes=["E17"])
    with pytest.raises(error):
        channel.send(messages.message(address="+358451234567"))


def test_the_body_is_posted_as_settings_shape_it(scripted: Any) -> None:
    scripted.answers = [(202, {"results": [{"message": {"id": 77}}]})]
    channel = scripted.channel(
        body={"messages": [{"destinations": [{"to": "{to}"}], "text": "{text}", "flash": False}], "sender": "<{sender}>"},
        id="results.0.message.id",
        idempotency_header="Idempotency-Key",
        header="X-Key",
        scheme="",
        token=pydantic.SecretStr("abc"),
    )
    receipt = channel.send(messages.message(address="+358451234567", key="k1", subject="{to}"))
    body, headers = scripted.posted[0]
    assert body["messages"][0]["destinations"] == [{"to": "+358451234567"}]
    assert body["messages"][0]["flash"] is False
    assert body["sender"] == "<Havu>"
    assert (headers["Idempotency-Key"], headers["X-Key"], receipt.reference) == ("k1", "abc", "77")
    assert channel.repeatable


def test_a_gateway_without_a_key_is_not_repeated(scripted: Any) -> None:
    scripted.answers = [(500, {})]
    channel = scripted.channel(body={"to": "{to}", "message": "{text}"})
    assert not channel.repeatable
    with pytest.raises(errors.Unsure):
        channel.send(messages.message(address="+358451234567"))


def test_a_form_is_posted_where_settings_say_so(scripted: Any) -> None:
    scripted.answers = [(200, {"id": "a"})]
    channel = scripted.channel(format="form", body={"msisdn": "{to}", "msg": "{text}"})
    channel.send(messages.message(address="+358451234567"))
    assert scripted.posted[0][0]["msisdn"] == "+358451234567"


def test_every_language_fits_one_part(server: gateway_server.Server) -> None:
    channel = http(server)
    token = "8KQ2vXw7_bZ-4d9AcR1TqL"
    links = {
        "page_url": f"https://feedback.havu.example/s/{token}",
        "unsubscribe_url": f"https://feedback.havu.example/u/{token}",
    }
    for language in ("fi", "sv", "en"):
        for metric in ("nps", "csat", "csat_7", "ces", "ces_5", "ces_effort", "csat_yes_no", "fcr"):
            text = channel.text(messages.message(metric, language=language, **links))
            assert alphabet.size(text).parts == 1, text
            assert links["page_url"] in text.split()
    channel.close()
