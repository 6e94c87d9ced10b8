"""The mail server's stand-in takes mail and misbehaves as told."""

import smtplib
from datetime import UTC, datetime

import pytest

from sandbox import mail
from tests.sandbox.conftest import Box

TO = "aino@posti.example"


def test_a_mail_is_shown_as_it_was_received(box: Box) -> None:
    box.mail(TO, "Yksi kysymys 😊", "Hei\n", html="<p>Hei <b>Aino</b></p>", headers={"List-Unsubscribe-Post": "One-Click"})
    [mail] = box.get("/mailbox")
    assert (mail["to"], mail["from"], mail["subject"]) == (TO, "feedback@havu.example", "Yksi kysymys 😊")
    assert mail["text"].strip() == "Hei"
    assert mail["html"].strip() == "<p>Hei <b>Aino</b></p>"
    assert ["List-Unsubscribe-Post", "One-Click"] in mail["headers"]
    assert "=?utf-8?q?=F0=9F=98=8A?=" in mail["raw"]


def test_the_mailbox_can_be_asked_for_one_address_in_any_case(box: Box) -> None:
    box.mail(TO, "1", "x")
    box.mail("Eero@Posti.example", "2", "x")
    assert [mail["subject"] for mail in box.get("/mailbox", to="EERO@posti.example")] == ["2"]


def test_only_new_mails_and_some_fields_may_be_asked_for(box: Box) -> None:
    box.mail(TO, "1", "x")
    box.mail(TO, "2", "x")
    assert box.get("/mailbox", after=1, fields="to,subject") == [{"to": TO, "subject": "2"}]


def test_an_emptied_mailbox_keeps_the_count_of_mails(box: Box) -> None:
    box.mail(TO, "1", "x")
    box.delete("/mailbox")
    assert box.get("/mailbox") == []
    assert box.get("/counters")["mails"] == 1


@pytest.mark.parametrize(("kind", "code"), [("defer", 451), ("reject", 550), ("policy", 550)])
def test_a_refused_recipient_gets_the_code_of_the_fault_once(box: Box, kind: str, code: int) -> None:
    box.post("/faults", crm="smtp", kind=kind, count=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        box.mail(TO, "1", "x")
    assert refusal.value.recipients[TO][0] == code
    box.mail(TO, "2", "x")
    assert [mail["subject"] for mail in box.get("/mailbox")] == ["2"]


def test_a_fault_may_concern_one_address_only(box: Box) -> None:
    box.post("/faults", crm="smtp", kind="reject", count=1, to="eero@")
    box.mail(TO, "1", "x")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        box.mail("Eero@posti.example", "2", "x")


@pytest.mark.parametrize(("kind", "kept"), [("drop", 0), ("drop_after_data", 1)])
def test_the_line_breaks_before_or_after_the_mail_is_taken(box: Box, kind: str, kept: int) -> None:
    box.post("/faults", crm="smtp", kind=kind, count=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        box.mail(TO, "1", "x")
    assert len(box.get("/mailbox")) == kept


def test_a_silent_server_hangs_up_in_the_end(box: Box) -> None:
    box.post("/faults", crm="smtp", kind="timeout", count=1, seconds=0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        box.mail(TO, "1", "x")


def test_a_mail_may_be_refused_after_its_last_line(box: Box) -> None:
    box.post("/faults", crm="smtp", kind="defer", count=1, at="data")
    with pytest.raises(smtplib.SMTPDataError):
        box.mail(TO, "1", "x")
    assert box.get("/mailbox") == []


@pytest.mark.parametrize(
    ("raw", "subject", "text"),
    [
        (
            b"Subject: =?utf-8?q?Yksi_kysymys_asiastasi_=E2=80=9DL?=\r\n =?utf-8?q?asku=E2=80=9D?=\r\n\r\nHei",
            "Yksi kysymys asiastasi ”Lasku”",
            "Hei",
        ),
        (b"Subject: a\r\n  long one\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe4iti", "a  long one", "äiti"),
        (b"Subject: =?nonsense?q?x?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xc3\xa4", "=?nonsense?q?x?=", "ä"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nSGVp", "", "Hei"),
        ("Subject: Hyvää päivää 😊\r\n\r\nx".encode(), "Hyvää päivää 😊", "x"),
        (b"no header at all", "", "no header at all"),
        (b"Content-Type: image/png\r\n\r\nx", "", ""),
    ],
)
def test_whatever_comes_is_read(raw: bytes, subject: str, text: str) -> None:
    received = mail.Mail("1", TO, "", datetime.now(UTC), raw)
    assert (received.header("Subject"), received.text) == (subject, text)
    assert received.json["raw"] == raw.decode("utf-8", "replace")
