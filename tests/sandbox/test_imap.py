"""The mailbox server's stand-in, as two clients that are not ours see it: Python's imaplib and IMAPClient."""

import email
import email.message
import imaplib
import socket
import ssl
from collections.abc import Iterator

import imapclient
import imapclient.exceptions
import pytest

from tests import waiting
from tests.sandbox.conftest import Box

TO = "aino@posti.example"


def trust(box: Box) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(box.addresses.ca))


@pytest.fixture
def client(box: Box) -> Iterator[imapclient.IMAPClient]:
    """IMAPClient, signed in."""
    at = box.addresses.imap
    with imapclient.IMAPClient(at["host"], port=at["port"], ssl_context=trust(box)) as client:
        client.login(at["user"], at["password"])
        yield client


@pytest.fixture
def plain(box: Box) -> Iterator[imaplib.IMAP4_SSL]:
    """imaplib, signed in."""
    at = box.addresses.imap
    with imaplib.IMAP4_SSL(at["host"], at["port"], ssl_context=trust(box)) as plain:
        plain.login(at["user"], at["password"])
        yield plain


def returned(client: imapclient.IMAPClient) -> list[email.message.Message]:
    """What is in the INBOX."""

    def look() -> list[int]:
        client.select_folder("INBOX")
        found: list[int] = client.search("ALL")
        return found

    mails = client.fetch(waiting.until(look), ["BODY.PEEK[]"])
    return [email.message_from_bytes(mail[b"BODY[]"]) for _, mail in sorted(mails.items())]


def blocks(report: email.message.Message) -> list[email.message.Message]:
    [status] = [part for part in report.walk() if part.get_content_type() == "message/delivery-status"]
    content = status.get_payload()
    assert isinstance(content, list)
    return [one for one in content if isinstance(one, email.message.Message)]


class TestWhatComesBack:
    def test_a_bounce_is_a_standard_report_and_the_mail_does_not_arrive(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="bounce", count=1)
        box.mail(TO, "1", "x", headers={"Message-ID": "<1@havu.example>"})
        assert (box.get("/mailbox"), box.get("/counters")["mails"]) == ([], 1)
        [report] = returned(client)
        assert (report.get_content_type(), report.get_param("report-type")) == ("multipart/report", "delivery-status")
        assert report["Return-Path"] == "<>"
        about = blocks(report)[1]
        assert (about["Action"], about["Status"], about["Final-Recipient"]) == ("failed", "5.1.1", f"rfc822; {TO}")
        [head] = [part for part in report.walk() if part.get_content_type() == "text/rfc822-headers"]
        assert "Message-ID: <1@havu.example>" in str(head.get_payload())

    def test_a_bounce_may_say_something_else(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="bounce", status="5.2.2", said="552 5.2.2 <{to}> is full", to="aino@")
        box.mail("eero@posti.example", "1", "x")
        box.mail(TO, "2", "x")
        [report] = returned(client)
        assert (blocks(report)[1]["Status"], blocks(report)[1]["Diagnostic-Code"]) == ("5.2.2", f"smtp; 552 5.2.2 <{TO}> is full")
        assert [mail["subject"] for mail in box.get("/mailbox")] == ["1"]

    def test_a_delay_is_told_and_the_mail_arrives(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="delay_notice")
        box.mail(TO, "1", "x")
        [report] = returned(client)
        assert (blocks(report)[1]["Action"], len(box.get("/mailbox"))) == ("delayed", 1)

    def test_a_complaint_is_a_feedback_report(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="complain")
        box.mail(TO, "1", "x")
        [report] = returned(client)
        [part] = [part for part in report.walk() if part.get_content_type() == "message/feedback-report"]
        assert "Feedback-Type: abuse" in part.as_string()
        assert len(box.get("/mailbox")) == 1

    def test_an_automatic_reply_quotes_the_message_id(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="auto_reply")
        box.mail(TO, "1", "x", headers={"Message-ID": "<1@havu.example>"})
        [reply] = returned(client)
        assert (reply["Auto-Submitted"], reply["In-Reply-To"]) == ("auto-replied", "<1@havu.example>")

    def test_it_may_come_later(self, box: Box, client: imapclient.IMAPClient) -> None:
        box.post("/faults", crm="smtp", kind="bounce", after=0.3)
        box.mail(TO, "1", "x")
        client.select_folder("INBOX")
        assert client.search("ALL") == []
        assert len(returned(client)) == 1

    def test_whoever_waits_is_told_at_once(self, box: Box, client: imapclient.IMAPClient) -> None:
        client.select_folder("INBOX")
        client.idle()
        box.post("/faults", crm="smtp", kind="bounce")
        box.mail(TO, "1", "x")
        assert (1, b"EXISTS") in client.idle_check(timeout=20)
        client.idle_done()


def fill(client: imapclient.IMAPClient, count: int = 3) -> list[int]:
    """UIDs of fresh mails in the INBOX."""
    client.select_folder("INBOX")
    for number in range(count):
        client.append("INBOX", f"Subject: mail {number}\r\nFrom: Eero <eero@posti.example>\r\n\r\nHello {number}\r\n".encode())
    client.noop()
    found: list[int] = client.search("ALL")
    return found


class TestImapClient:
    def test_flags_are_kept_and_searched_for(self, client: imapclient.IMAPClient) -> None:
        first, second, third = fill(client)
        client.add_flags(first, [imapclient.SEEN, "$Read"])
        client.set_flags(second, [imapclient.DELETED])
        assert client.search("UNSEEN") == [second, third]
        assert client.search(["KEYWORD", "$Read"]) == [first]
        assert client.search(["OR", "SEEN", "DELETED", "NOT", "FLAGGED"]) == [first, second]
        assert client.search(["UID", f"{second}:*"]) == [second, third]
        assert client.search(["SUBJECT", "MAIL 2"]) == [third]
        client.remove_flags(first, [imapclient.SEEN])
        assert b"\\Seen" not in client.get_flags(first)[first]

    def test_expunge_takes_only_what_is_named(self, client: imapclient.IMAPClient) -> None:
        first, second, third = fill(client)
        client.delete_messages([first, second])
        client.uid_expunge([first])
        assert client.search("ALL") == [second, third]
        client.expunge()
        assert client.search("ALL") == [third]

    def test_mails_move_to_another_folder(self, client: imapclient.IMAPClient) -> None:
        first, *_ = fill(client)
        if not client.folder_exists("Done"):
            client.create_folder("Done")
        client.move([first], "Done")
        client.copy([first + 1], "Done")
        assert len(client.search("ALL")) == 2
        assert client.folder_status("Done", ["MESSAGES"])[b"MESSAGES"] == 2
        assert {name for _, _, name in client.list_folders()} == {"INBOX", "Done"}
        client.delete_folder("Done")

    def test_headers_and_parts_of_a_mail_can_be_fetched(self, client: imapclient.IMAPClient) -> None:
        first, *_ = fill(client)
        asked = ["ENVELOPE", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "BODY.PEEK[]<0.12>", "FLAGS"]
        told = client.fetch(first, asked)[first]
        assert told[b"ENVELOPE"].subject == b"mail 0"
        assert str(told[b"ENVELOPE"].from_[0]) == "Eero <eero@posti.example>"
        assert told[b"BODY[HEADER.FIELDS (SUBJECT)]"] == b"Subject: mail 0\r\n\r\n"
        assert told[b"BODY[]<0>"] == b"Subject: mai"
        assert told[b"FLAGS"] == ()
        assert client.fetch(first, ["BODY[TEXT]"])[first][b"BODY[TEXT]"] == b"Hello 0\r\n"
        assert client.get_flags(first)[first] == (b"\\Seen",)

    def test_a_wrong_password_a_missing_folder_and_reading_only_are_told(self, box: Box, client: imapclient.IMAPClient) -> None:
        at = box.addresses.imap
        with (
            imapclient.IMAPClient(at["host"], port=at["port"], ssl_context=trust(box)) as other,
            pytest.raises(imapclient.exceptions.LoginError),
        ):
            other.login(at["user"], "wrong")
        with pytest.raises(imapclient.exceptions.IMAPClientError):
            client.select_folder("Nowhere")
        [first, *_] = fill(client)
        client.select_folder("INBOX", readonly=True)
        with pytest.raises(imapclient.exceptions.IMAPClientError):
            client.delete_messages([first])


class TestImaplib:
    def test_a_mail_is_found_fetched_and_marked(self, box: Box, plain: imaplib.IMAP4_SSL) -> None:
        plain.append("INBOX", "", imaplib.Time2Internaldate(0), b"Subject: one\r\n\r\nHello\r\n")
        assert plain.select("INBOX")[0] == "OK"
        _, [uids] = plain.uid("SEARCH", "UNSEEN", "UNDELETED")
        _, parts = plain.uid("FETCH", uids.decode(), "(BODY.PEEK[])")
        assert parts[0][1] == b"Subject: one\r\n\r\nHello\r\n"
        plain.uid("STORE", uids.decode(), "+FLAGS.SILENT", r"(\Seen)")
        assert plain.uid("SEARCH", "UNSEEN")[1] == [b""]
        assert plain.response("UIDVALIDITY")[1] == [b"1772442000"]

    def test_plain_sign_in_works_too(self, box: Box) -> None:
        at = box.addresses.imap
        with imaplib.IMAP4_SSL(at["host"], at["port"], ssl_context=trust(box)) as plain:
            assert plain.authenticate("PLAIN", lambda _: f"\0{at['user']}\0{at['password']}".encode())[0] == "OK"

    def test_what_is_no_command_is_answered_and_the_line_stays(self, plain: imaplib.IMAP4_SSL) -> None:
        with pytest.raises(imaplib.IMAP4.error):
            plain.xatom("NONSENSE")
        with pytest.raises(imaplib.IMAP4.error):
            plain.uid("FETCH", "1", "(FLAGS)")
        assert plain.noop()[0] == "OK"

    @pytest.mark.parametrize("kind", ["drop", "refuse_login"])
    def test_a_dropped_line_and_a_refused_login_are_faults(self, box: Box, kind: str) -> None:
        at = box.addresses.imap
        plain = imaplib.IMAP4_SSL(at["host"], at["port"], ssl_context=trust(box))
        box.post("/faults", crm="imap", kind=kind, count=1)
        with pytest.raises((imaplib.IMAP4.error, OSError)):
            plain.login(at["user"], at["password"])
        plain.shutdown()


class TestStarttls:
    @pytest.fixture
    def clear(self, box: Box) -> Iterator[imapclient.IMAPClient]:
        """IMAPClient, on a line in the clear."""
        at = box.addresses.imap
        with imapclient.IMAPClient(at["host"], port=at["starttls_port"], ssl=False) as clear:
            yield clear

    def test_a_client_encrypts_and_signs_in(self, box: Box, clear: imapclient.IMAPClient) -> None:
        at = box.addresses.imap
        assert {b"STARTTLS", b"LOGINDISABLED"} <= set(clear.capabilities())
        clear.starttls(trust(box))
        assert set(clear.capabilities()) & {b"STARTTLS", b"LOGINDISABLED"} == set()
        clear.login(at["user"], at["password"])
        assert clear.select_folder("INBOX")[b"EXISTS"] >= 0

    def test_nobody_signs_in_in_the_clear(self, box: Box) -> None:
        at = box.addresses.imap
        with imaplib.IMAP4(at["host"], at["starttls_port"]) as plain:
            for attempt in (
                lambda: plain.login(at["user"], at["password"]),
                lambda: plain.authenticate("PLAIN", lambda _: f"\0{at['user']}\0{at['password']}".encode()),
            ):
                with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
                    attempt()

    def test_there_is_no_starttls_on_an_encrypted_line(self, box: Box) -> None:
        at = box.addresses.imap
        with imaplib.IMAP4_SSL(at["host"], at["port"], ssl_context=trust(box)) as plain:
            assert "STARTTLS" not in plain.capabilities
            with pytest.raises(imaplib.IMAP4.error, match="not known"):
                plain.xatom("STARTTLS")

    def test_what_was_sent_along_with_starttls_is_not_looked_at(self, box: Box) -> None:
        at = box.addresses.imap
        with socket.create_connection((at["host"], at["starttls_port"]), timeout=10) as line:
            line.recv(1000)
            line.sendall(b"a STARTTLS\r\nb NOOP\r\n")
            assert line.recv(1000).startswith(b"a OK")
            with trust(box).wrap_socket(line, server_hostname=at["host"]) as encrypted:
                encrypted.sendall(b"c CAPABILITY\r\n")
                said = encrypted.recv(1000)
        assert b"* CAPABILITY" in said
        assert b"b OK" not in said
