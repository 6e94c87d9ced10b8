"""What each reply and each break of the mail server comes to."""

import pytest
from pydantic import SecretStr

from channels import base
from channels.email import settings, smtp, transport
from tests.channels import scripted_server
from tests.channels.scripted_server import After, Answer, Break, Script
from wire import errors

MAIL = b"Subject: hello\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n..two\r\n"
OUTCOMES: list[tuple[str, Answer, type[errors.OutsideError], str]] = [
    ("CONNECT", "421 4.3.2 busy", errors.Later, ""),
    ("CONNECT", "554 no service", errors.NeedsPerson, "554"),
    ("CONNECT", "SSH-2.0-OpenSSH_9.6", errors.Later, ""),
    ("CONNECT", Break.HANG_UP, errors.Later, ""),
    ("CONNECT", Break.SAY_NOTHING, errors.Later, ""),
    ("EHLO", "550 who are you", errors.NeedsPerson, "550"),
    ("EHLO", Break.HANG_UP, errors.Later, ""),
    ("AUTH", "535 5.7.8 wrong password", errors.NeedsPerson, "535 5.7.8"),
    ("AUTH", "454 4.7.0 directory is down", errors.Later, ""),
    ("AUTH", Break.HANG_UP, errors.Later, ""),
    ("MAIL", "451 4.3.0 try again", errors.Later, ""),
    ("MAIL", "553 5.7.1 not your address", errors.NeedsPerson, "553 5.7.1"),
    ("MAIL", "550 5.7.60 may not send as this sender", errors.NeedsPerson, "550 5.7.60"),
    ("MAIL", Break.HANG_UP, errors.Later, ""),
    ("MAIL", Break.SAY_NOTHING, errors.Later, ""),
    ("RCPT", "450 4.2.1 mailbox busy", errors.Later, "450 4.2.1"),
    ("RCPT", "452 4.2.2 mailbox full", errors.Later, "452 4.2.2"),
    ("RCPT", "421 closing", errors.Later, ""),
    ("RCPT", "550 no such user", errors.Never, "550"),
    ("RCPT", "550 5.1.1 no such user", errors.Never, "550 5.1.1"),
    ("RCPT", "501 5.1.3 bad address", errors.Never, "501 5.1.3"),
    ("RCPT", "556 5.1.10 domain takes no mail", errors.Never, "556 5.1.10"),
    ("RCPT", "554 5.7.1 relay access denied", errors.NeedsPerson, "554 5.7.1"),
    ("RCPT", "550 5.7.133 sender not authenticated for this list", errors.Never, "550 5.7.133"),
    ("RCPT", "525 5.7.13 account disabled", errors.Never, "525 5.7.13"),
    ("RCPT", "530 5.7.0 authentication required", errors.NeedsPerson, "530 5.7.0"),
    ("RCPT", "550 5.1.8 sender's domain unknown", errors.NeedsPerson, "550 5.1.8"),
    ("RCPT", "503 bad sequence", errors.NeedsPerson, "503"),
    ("RCPT", Break.HANG_UP, errors.Later, ""),
    ("DATA", "451 no disk", errors.Later, "451"),
    ("DATA", "554 no valid recipients", errors.Never, "554"),
    ("DATA", Break.HANG_UP, errors.Later, ""),
    ("MIDDLE", Break.HANG_UP, errors.Later, ""),
    ("BODY", "451 4.7.1 greylisted", errors.Later, "451 4.7.1"),
    ("BODY", "421 4.3.0 closing", errors.Later, ""),
    ("BODY", "552 5.2.3 too large", base.Unfit, "552 5.2.3"),
    ("BODY", "554 5.6.0 content refused", base.Unfit, "554 5.6.0"),
    ("BODY", "550 5.7.515 sending domain does not meet the required authentication level", errors.NeedsPerson, "550 5.7.515"),
    ("BODY", "what", errors.Unsure, ""),
    ("BODY", Break.HANG_UP, errors.Unsure, ""),
    ("BODY", Break.SAY_NOTHING, errors.Unsure, ""),
]


def sending(port: int, **told: object) -> transport.Transport:
    """A transport to the port that loses patience after a second."""
    common = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "feedback@havu.example", "timeout": "1s"}
    signed_in = {"username": "havu", "password": SecretStr("secret")}
    return transport.Transport(settings.EmailSettings.model_validate(common | signed_in | told))


def hand_over(line: transport.Transport, mail: bytes = MAIL) -> str:
    """One mail to Aino; the server's words."""
    return line.hand_over(smtp.Envelope(sender="feedback@havu.example", recipient="aino@posti.example"), mail).text


@pytest.mark.parametrize(("command", "answer", "outcome", "code"), OUTCOMES)
def test_each_reply_and_each_break_has_one_outcome(
    command: str, answer: Answer, outcome: type[errors.OutsideError], code: str
) -> None:
    mail = MAIL if command != "MIDDLE" else MAIL * 200_000  # more than the sockets hold, so that the break is felt while sending
    with scripted_server.running(Script({command: [answer]})) as port, pytest.raises(errors.OutsideError) as caught:
        hand_over(sending(port), mail)
    assert type(caught.value) is outcome
    assert caught.value.code == code


@pytest.mark.parametrize(("command", "answer", "outcome", "code"), OUTCOMES)
def test_after_any_outcome_the_next_mail_goes(
    command: str, answer: Answer, outcome: type[errors.OutsideError], code: str
) -> None:
    with scripted_server.running(Script({command: [answer]})) as port:
        line = sending(port)
        with pytest.raises(outcome):
            hand_over(line, MAIL if command != "MIDDLE" else MAIL * 200_000)
        assert hand_over(line) == "2.0.0 Ok"
        line.close()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [Break.HANG_UP, "421 4.4.2 idle for too long"])
def test_a_kept_connection_that_died_is_replaced_before_anything_is_given(command: str, answer: Answer) -> None:
    usual = "354 go on" if command == "DATA" else "250 Ok"
    script = Script({command: [usual, answer]})
    with scripted_server.running(script) as port:
        line = sending(port)
        hand_over(line)
        hand_over(line)
        assert script.connections == 2
        assert script.heard.count("BODY") == 2


def test_a_mail_is_never_given_twice() -> None:
    script = Script({"BODY": ["250 Ok", Break.HANG_UP]})
    with scripted_server.running(script) as port:
        line = sending(port)
        hand_over(line)
        with pytest.raises(errors.Unsure):
            hand_over(line)
    assert script.heard.count("BODY") == 2


def test_a_server_may_look_at_a_mail_longer_than_at_a_command() -> None:
    script = Script({"BODY": [After(1.5, "250 queued")], "RCPT": ["250 Ok", After(1.5, "250 Ok")]})
    with scripted_server.running(script) as port:
        line = sending(port)
        assert hand_over(line) == "queued"
        hand_over(line)
    assert (script.connections, script.heard.count("BODY")) == (2, 2)


def test_a_new_connection_that_breaks_is_not_tried_again_at_once() -> None:
    script = Script({"MAIL": [Break.HANG_UP]})
    with scripted_server.running(script) as port, pytest.raises(errors.Later):
        hand_over(sending(port))
    assert script.connections == 1


def test_a_server_that_waits_for_tls_is_given_up_on() -> None:
    with (
        scripted_server.running(Script({"CONNECT": [Break.SAY_NOTHING]})) as port,
        pytest.raises(errors.Later, match="timed out"),
    ):
        hand_over(sending(port, security="starttls"))


def test_a_host_that_does_not_exist_is_asked_later() -> None:
    with pytest.raises(errors.Later, match="cannot be reached"):
        hand_over(sending(25, host="mail.havu.invalid"))


def test_closing_says_goodbye() -> None:
    script = Script()
    with scripted_server.running(script) as port:
        line = sending(port)
        hand_over(line)
        line.close()
        assert script.heard[-1] == "QUIT"


@pytest.mark.parametrize(("offers", "told"), [("250-DSN\r\n", True), ("", False)])
def test_a_server_that_reports_by_envelope_id_is_given_one(offers: str, told: bool) -> None:
    script = Script({"EHLO": [f"250-here\r\n{offers}250 AUTH PLAIN"]})
    envelope = smtp.Envelope(sender="feedback@havu.example", recipient="aino@posti.example", id="0123abcd")
    with scripted_server.running(script) as port:
        line = sending(port)
        line.hand_over(envelope, MAIL)
        line.close()
    [command] = [command for command in script.lines if command.upper().startswith("MAIL")]
    assert ("RET=HDRS ENVID=0123abcd" in command) is told
