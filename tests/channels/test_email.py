"""The e-mail channel keeps the contract against a real mail server."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from channels import base
from channels.email import channel as email_channel
from channels.email import settings
from tests.channels import contract, mail_server, messages
from wire import errors, finding

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # TLS from the first byte is TLS


def opened(server: mail_server.Server, **told: Any) -> email_channel.EmailChannel:
    """A channel that sends through the server."""
    common = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "Havu <feedback@havu.example>",
        "timeout": "5s",
    }
    return email_channel.EmailChannel(settings.EmailSettings.model_validate(common | told))


class TestEmail(contract.ChannelContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.handler = mail_server.Handler()
        self.server = mail_server.start(self.handler)
        yield
        self.server.stop()

    @pytest.fixture
    def channel(self) -> Iterator[base.Channel]:
        channel = opened(self.server)
        yield channel
        channel.close()

    def taken(self) -> list[str]:
        return [address for address, _ in self.handler.mails]

    def next_is(self, mood: contract.Mood) -> None:
        self.handler.mood = mood

    def test_mails_go_over_one_kept_connection(self, channel: base.Channel) -> None:
        for number in range(5):
            channel.send(messages.message(key=str(number)))
        assert len(self.handler.sessions) == 1

    def test_a_refused_recipient_does_not_cost_the_connection(self, channel: base.Channel) -> None:
        channel.send(messages.message())
        self.next_is(contract.Mood.REFUSE)
        with pytest.raises(errors.Never):
            channel.send(messages.message())
        channel.send(messages.message())
        assert len(self.handler.sessions) == 1

    def test_a_connection_that_the_server_closed_meanwhile_is_opened_again(self, channel: base.Channel) -> None:
        channel.send(messages.message())
        port = self.server.port
        self.server.stop()
        again = mail_server.Server(self.handler, hostname="127.0.0.1", port=port)
        again.start()
        channel.send(messages.message(key="second"))
        again.stop()
        assert len(self.handler.mails) == 2

    def test_a_server_that_is_gone_is_asked_later(self, channel: base.Channel) -> None:
        self.server.stop()
        with pytest.raises(errors.Later, match="cannot be reached"):
            channel.send(messages.message())
        assert [found.grade for found in channel.check()] == [finding.Grade.WRONG]

    def test_the_mail_arrives_as_it_was_written(self, channel: base.Channel) -> None:
        subject = ".\n.. „Rätsel“ = 100 % \U0001f600 ."
        channel.send(messages.message(subject=subject, language="fi"))
        _, raw = self.handler.mails[0]
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        assert mail["Subject"] == "Yksi kysymys asiastasi ”. .. „Rätsel“ = 100 % \U0001f600 .”"
        assert mail["To"].addresses[0].addr_spec == "aino.virtanen@posti.example"
        text = mail.get_body(("plain",))
        assert text is not None
        assert "”. .. „Rätsel“ = 100 % \U0001f600 .”" in text.get_content()

    def test_an_address_with_letters_outside_ascii_arrives_as_it_is(self, channel: base.Channel) -> None:
        channel.send(messages.message(address="äinö@posti.example"))
        address, raw = self.handler.mails[0]
        assert address == "äinö@posti.example"
        assert '\r\nTo: "Aino Virtanen" <äinö@posti.example>\r\n'.encode() in raw

    def test_the_pace_tells_each_mail_its_turn_and_waits_for_none(self) -> None:
        channel = opened(self.server, per_second=2, per_domain="3 per 1m")
        now = datetime(2026, 3, 2, 9, tzinfo=UTC)
        turns = [channel.turn(str(number), "aino@posti.example", now) - now for number in range(4)]
        assert [turn.total_seconds() for turn in turns] == [0, 0, 1, 60]
        assert channel.paced
        channel.close()

    def test_each_mail_may_have_an_envelope_sender_and_headers_of_its_own(self) -> None:
        bounces = {"address": "bounces@havu.example", "own_address": True}
        channel = opened(self.server, bounces=bounces, headers={"X-PM-Metadata-palaute": "{id}"})
        channel.send(messages.message())
        _, raw = self.handler.mails[0]
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert self.handler.senders == [f"bounces+{mail['X-PM-Metadata-palaute']}@havu.example"]
        assert mail["Message-ID"] == f"<{mail['X-PM-Metadata-palaute']}@havu.example>" == channel.reference("invitation-1")
        channel.close()


def test_letters_outside_ascii_need_a_server_that_takes_them() -> None:
    server = mail_server.start(mail_server.Handler(), utf8=False)
    channel = opened(server)
    with pytest.raises(base.Unfit, match="SMTPUTF8"):
        channel.send(messages.message(address="äinö@posti.example"))
    channel.send(messages.message())
    channel.close()
    server.stop()


class TestEncryption:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def ca(self, authority: trustme.CA, tmp_path: Path) -> str:
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        return str(tmp_path / "ca.pem")

    @pytest.fixture(params=["starttls", "tls"])
    def security(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def server(self, authority: trustme.CA, security: str) -> Iterator[mail_server.Server]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server = mail_server.start(mail_server.Handler(), certificate=context, at_once=security == "tls", password="right")
        yield server
        server.stop()

    def test_a_trusted_server_and_the_right_password_are_good(self, server: mail_server.Server, security: str, ca: str) -> None:
        channel = opened(server, security=security, ca=ca, username="havu", password=SecretStr("right"))
        channel.send(messages.message())
        assert {found.grade for found in channel.check()} == {finding.Grade.GOOD}
        assert any("TLSv1.3" in found.message for found in channel.check())
        channel.close()

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({"password": SecretStr("wrong")}, "sign-in"),
            ({"ca": None}, "not trusted"),
            ({"host": "localhost"}, "not trusted"),
        ],
    )
    def test_a_person_must_act(
        self, server: mail_server.Server, security: str, ca: str, told: dict[str, Any], words: str
    ) -> None:
        right = {"security": security, "ca": ca, "username": "havu", "password": SecretStr("right")}
        channel = opened(server, **right | told)
        with pytest.raises(errors.NeedsPerson, match=words) as caught:
            channel.send(messages.message())
        assert caught.value.remedy
        assert "wrong" not in str(caught.value)
        assert [found.grade for found in channel.check()] == [finding.Grade.WRONG]


def test_tls_on_a_port_for_starttls_is_a_settings_mistake() -> None:
    server = mail_server.start(mail_server.Handler())
    with pytest.raises(errors.NeedsPerson, match="no encryption could be agreed"):
        opened(server, security="tls").send(messages.message())
    server.stop()


def test_a_server_without_starttls_is_a_settings_mistake() -> None:
    server = mail_server.start(mail_server.Handler())
    with pytest.raises(errors.NeedsPerson, match="offers no STARTTLS"):
        opened(server, security="starttls").send(messages.message())
    server.stop()
