"""What returned mails say, and about which mail of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import report
from channels.email import dsn
from tests.channels import returned_mail
from tests.channels.returned_mail import REFERENCE, TOKEN

MARKS = dsn.Marks(domain="havu.example", return_path="bounces@havu.example")
Fate = report.Fate


def said(raw: bytes) -> report.Report:
    letter = dsn.read(raw, MARKS)
    assert letter.kind is dsn.Kind.REPORT
    assert len(letter.reports) == 1
    return letter.reports[0]


@pytest.mark.parametrize(
    ("status", "diagnostic", "fate", "code"),
    [
        ("5.1.1", "smtp; 550 5.1.1 user unknown", Fate.REFUSED, "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 user unknown", Fate.REFUSED, "5.1.1"),
        ("5.0.0", "smtp; 550 no such user", Fate.REFUSED, "5.0.0"),
        ("5.4.4", "X-Postfix; Host or domain name not found", Fate.REFUSED, "5.4.4"),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", Fate.PASSING, "5.2.2"),
        ("4.4.1", "X-Postfix; connect to mx.posti.example: Connection timed out", Fate.PASSING, "4.4.1"),
        ("4.7.1", "smtp; 451 4.7.1 greylisted", Fate.PASSING, "4.7.1"),
        ("5.7.26", "smtp; 550-5.7.26 This mail is unauthenticated", Fate.OURS, "5.7.26"),
        ("5.0.0", "smtp; 554 blocked using zen.spamhaus.org", Fate.OURS, "5.0.0"),
        ("5.6.0", "smtp; 554 5.6.0 content", Fate.OURS, "5.6.0"),
    ],
)
def test_a_report_of_postfix_says_whose_fault_it_was(status: str, diagnostic: str, fate: Fate, code: str) -> None:
    told = said(returned_mail.postfix(status=status, diagnostic=diagnostic))
    assert (told.reference, told.fate, told.code) == (REFERENCE, fate, code)


def test_the_words_hold_no_address() -> None:
    told = said(returned_mail.postfix(diagnostic="smtp; 550 5.1.1 <aino.virtanen@posti.example>: aino.virtanen is unknown"))
    assert told.words == "550 5.1.1 … … is unknown"


@pytest.mark.parametrize(
    "raw",
    [
        returned_mail.postfix(returned=returned_mail.whole()),
        returned_mail.postfix(returned=returned_mail.whole("message/global")),
        returned_mail.postfix(returned="", more="", to=f"bounces+{TOKEN}@havu.example"),
        returned_mail.postfix(returned="").replace(b"Arrival-Date:", f"Original-Envelope-Id: {TOKEN}\nArrival-Date:".encode()),
        returned_mail.postfix().replace(b"\n", b"\r\n"),
        returned_mail.postfix().replace(b"report-type=delivery-status;", b"charset=utf-8;"),
        returned_mail.exim(),
        returned_mail.qmail(),
    ],
    ids=["whole mail", "internationalised", "own envelope sender", "envelope id", "CRLF", "no report type", "exim", "qmail"],
)
def test_the_mail_is_known_again(raw: bytes) -> None:
    told = said(raw)
    assert (told.reference, told.fate, told.code) == (REFERENCE, Fate.REFUSED, "5.1.1")


@pytest.mark.parametrize(
    "raw",
    [
        returned_mail.postfix(returned=""),
        returned_mail.postfix(returned="Content-Type: text/rfc822-headers\n\nMessage-ID: <1@elsewhere.example>\n"),
        returned_mail.postfix(returned=f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{TOKEN}@havu.example.evil.example>\n"),
        returned_mail.postfix(returned="", to=f"bounces+{TOKEN}@havu.example.evil.example"),
        returned_mail.postfix(returned="", to=f"nobounces+{TOKEN}@havu.example"),
        returned_mail.exim("<1@elsewhere.example>"),
        returned_mail.complaint(returned=""),
        returned_mail.complaint("not-spam"),
    ],
)
def test_a_report_that_names_no_mail_of_ours_is_foreign(raw: bytes) -> None:
    assert dsn.read(raw, MARKS) == dsn.Letter(kind=dsn.Kind.FOREIGN)


def test_a_delay_is_no_bounce() -> None:
    raw = returned_mail.postfix(action="delayed", status="4.4.1", diagnostic="smtp; 451 4.4.1 try again")
    assert dsn.read(raw, MARKS).kind is dsn.Kind.DELAYED


def test_an_out_of_office_note_is_no_bounce() -> None:
    assert dsn.read(returned_mail.away(), MARKS).kind is dsn.Kind.AUTOMATIC


def test_a_mail_of_a_person_is_left_alone() -> None:
    raw = f"From: aino@posti.example\nSubject: Re: One question\nReferences: {REFERENCE}\n\n550 5.1.1 I am here!\n".encode()
    assert dsn.read(raw, MARKS).kind is dsn.Kind.OTHER


def test_a_mail_that_was_handed_on_to_several_did_arrive() -> None:
    groups = "\nFinal-Recipient: rfc822; eino@posti.example\nAction: delivered\nStatus: 2.0.0\n"
    assert said(returned_mail.postfix(groups=groups)).fate is Fate.DELIVERED


def test_a_word_of_success_is_one() -> None:
    assert said(returned_mail.postfix(action="delivered", status="2.0.0", diagnostic="smtp; 250 ok")).fate is Fate.DELIVERED


def test_a_complaint_is_one() -> None:
    told = said(returned_mail.complaint())
    assert (told.reference, told.fate, told.code) == (REFERENCE, Fate.COMPLAINT, "abuse")


def test_a_complaint_whose_mail_was_made_unreadable_is_known_by_its_own_sender() -> None:
    told = said(returned_mail.complaint(returned="", more=f"Original-Mail-From: <bounces+{TOKEN}@havu.example>\n"))
    assert told.reference == REFERENCE


def test_several_reports_in_one_mail_are_all_read() -> None:
    second = "f" * 32
    other = returned_mail.postfix().replace(TOKEN.encode(), second.encode())
    parts = b"\n--x\nContent-Type: message/rfc822\n\n"
    raw = b"Content-Type: multipart/digest; boundary=x\n" + parts + returned_mail.postfix() + parts + other + b"\n--x--\n"
    letter = dsn.read(raw, MARKS)
    assert [one.reference for one in letter.reports] == [REFERENCE, f"<{second}@havu.example>"]


@given(some.binary(max_size=2000))
def test_whatever_comes_is_read(raw: bytes) -> None:
    assert dsn.read(raw, MARKS).reports == ()


@given(some.integers(0, 1500), some.binary(min_size=1, max_size=8))
def test_a_damaged_report_never_breaks_the_reader(place: int, noise: bytes) -> None:
    raw = returned_mail.postfix()
    for told in dsn.read(raw[:place] + noise + raw[place:], MARKS).reports:
        assert told.reference.endswith("@havu.example>")
