"""Returned mails as programs write them, about one mail of ours."""

import textwrap

TOKEN = "0123456789abcdef0123456789abcdef"
REFERENCE = f"<{TOKEN}@havu.example>"
HEADERS = f"Message-ID: {REFERENCE}\nFrom: Havu <feedback@havu.example>\nTo: aino.virtanen@posti.example\nSubject: One question"


def postfix(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <aino.virtanen@posti.example>: Recipient address rejected: User unknown",
    returned: str = f"Content-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n{HEADERS}\n",
    to: str = "feedback@havu.example",
    more: str = "",
    groups: str = "",
) -> bytes:
    """A report as Postfix writes it (bounce(8), RFC 3464)."""
    return f"""\
Return-Path: <>
Date: Mon,  2 Mar 2026 09:00:05 +0000 (UTC)
From: MAILER-DAEMON@mx.havu.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4FxYz1.1772442005/mx.havu.example"
Message-Id: <20260302090005.5D1F62@mx.havu.example>
{more}
This is a MIME-encapsulated message.

--4FxYz1.1772442005/mx.havu.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.havu.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

--4FxYz1.1772442005/mx.havu.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.havu.example
X-Postfix-Queue-ID: 4FxYz1
X-Postfix-Sender: rfc822; feedback@havu.example
Arrival-Date: Mon,  2 Mar 2026 09:00:03 +0000 (UTC)

Final-Recipient: rfc822; aino.virtanen@posti.example
Original-Recipient: rfc822;aino.virtanen@posti.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.posti.example
Diagnostic-Code: {diagnostic}
{groups}
--4FxYz1.1772442005/mx.havu.example
{returned}
--4FxYz1.1772442005/mx.havu.example--
""".encode()


def whole(kind: str = "message/rfc822") -> str:
    """The returned mail with its body."""
    return f"Content-Type: {kind}\n\n{HEADERS}\nContent-Type: text/plain\n\nHello Aino\n"


def exim(reference: str = REFERENCE) -> bytes:
    """A bounce without structure, as Exim wrote them before 4.80."""
    return textwrap.dedent(f"""\
        Return-path: <>
        X-Failed-Recipients: aino.virtanen@posti.example
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@mx.havu.example>
        To: feedback@havu.example
        Subject: Mail delivery failed: returning message to sender

        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          aino.virtanen@posti.example
            SMTP error from remote mail server after RCPT TO:<aino.virtanen@posti.example>:
            host mx.posti.example [192.0.2.7]: 550 5.1.1 aino.virtanen: unknown user

        ------ This is a copy of the message, including all the headers. ------

        Return-path: <feedback@havu.example>
        Message-ID: {reference}
        Subject: One question

        Hello Aino
        """).encode()


def qmail() -> bytes:
    """A bounce as qmail-send writes it (qmail-send(8), QSBMF)."""
    return textwrap.dedent(f"""\
        From: MAILER-DAEMON@mx.posti.example
        To: feedback@havu.example
        Subject: failure notice

        Hi. This is the qmail-send program at mx.posti.example.
        I'm afraid I wasn't able to deliver your message to the following addresses.
        This is a permanent error; I've given up. Sorry it didn't work out.

        <aino.virtanen@posti.example>:
        Sorry, no mailbox here by that name. (#5.1.1)

        --- Below this line is a copy of the message.

        Return-Path: <feedback@havu.example>
        Message-ID: {REFERENCE}

        Hello Aino
        """).encode()


def complaint(kind: str = "abuse", returned: str = f"Content-Type: text/rfc822-headers\n\n{HEADERS}\n", more: str = "") -> bytes:
    """A feedback report (RFC 5965, appendix B)."""
    return f"""\
From: <abusedesk@posti.example>
Date: Thu, 5 Mar 2026 17:40:36 +0000
Subject: FW: One question
To: <feedback@havu.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{more}
--part1_13d.2e68ed54_boundary
{returned}
--part1_13d.2e68ed54_boundary--
""".encode()


def away(reference: str = REFERENCE) -> bytes:
    """An out-of-office note, which quotes our Message-ID."""
    return textwrap.dedent(f"""\
        From: Aino Virtanen <aino.virtanen@posti.example>
        To: feedback@havu.example
        Subject: Automatic reply: One question
        Auto-Submitted: auto-replied
        In-Reply-To: {reference}
        References: {reference}
        Message-ID: <abc@posti.example>

        I am away until Monday. 550 5.1.1 is a number, too.
        """).encode()
