"""Mail about mail: what a server and its users send back after a mail was taken.

Written as Postfix writes it (bounce(8), RFC 3464), as mailbox providers complain (RFC 5965), and as people's out-of-office notes
look (RFC 3834). Everything goes to the envelope's sender, as those RFCs want it.
"""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from sandbox import base, imap_box

KINDS = ("bounce", "delay_notice", "complain", "auto_reply")
"""Faults after which something comes back. ``bounce`` alone keeps the mail from its recipient."""
_HOST = "mx.havu.example"
_STATUS = {"bounce": "5.1.1", "delay_notice": "4.4.1"}
_SAID = {
    "bounce": "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
    "delay_notice": "connect to mx.posti.example[192.0.2.7]:25: Connection timed out",
}


@dataclass(frozen=True, kw_only=True)
class Original:
    """The mail that something comes back about."""

    sender: str
    """Envelope sender; nothing is sent back to an empty one (RFC 5321, 4.5.5)."""
    to: str
    """Envelope recipient."""
    raw: bytes
    at: datetime

    @property
    def head(self) -> str:
        """Its header lines."""
        head = self.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        return head.decode("utf-8", "replace")


class Returns:
    """What is switched on sends mails back into the mailbox of returned mails, at once or ``after`` so many seconds."""

    def __init__(self, clock: base.Clock, inbox: imap_box.Folder) -> None:
        self._clock, self._inbox = clock, inbox
        self._numbers = itertools.count(1)

    def send_back(self, fault: base.Fault, original: Original) -> None:
        """Write what this fault sends back, unless nobody is to get it. Runs on the event loop."""
        if not original.sender:
            return
        after = float(fault.options.get("after", 0))
        asyncio.get_running_loop().call_later(after, self._deliver, fault, original)

    def _deliver(self, fault: base.Fault, original: Original) -> None:
        number = next(self._numbers)
        now = self._clock.now()
        if fault.kind in _STATUS:
            text = _report(fault, original, number, now)
        elif fault.kind == "complain":
            text = _complaint(original, number, now)
        else:
            text = _away(original, number, now)
        self._inbox.add(text.replace("\n", "\r\n").encode("utf-8", "replace"), now)


def _report(fault: base.Fault, original: Original, number: int, now: datetime) -> str:
    """A delivery report, failed or delayed. Options: ``status``, ``said`` (the far server's words; ``{to}`` is the recipient)."""
    delayed = fault.kind == "delay_notice"
    status = str(fault.options.get("status", _STATUS[fault.kind]))
    said = str(fault.options.get("said", _SAID[fault.kind])).replace("{to}", original.to)
    edge = f"4F{number:06X}.{int(now.timestamp())}/{_HOST}"
    opening = _DELAYED if delayed else _FAILED
    return f"""\
Return-Path: <>
Received: by {_HOST} (Postfix)
	id 4F{number:06X}; {format_datetime(now)}
Date: {format_datetime(now)}
From: MAILER-DAEMON@{_HOST} (Mail Delivery System)
Subject: {"Delayed Mail (still being retried)" if delayed else "Undelivered Mail Returned to Sender"}
To: {original.sender}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{edge}"
Message-Id: <{int(now.timestamp())}.4F{number:06X}@{_HOST}>

This is a MIME-encapsulated message.

--{edge}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {_HOST}.

{opening}

                   The mail system

<{original.to}>: host mx.posti.example[192.0.2.7] said: {said}
    (in reply to RCPT TO command)

--{edge}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {_HOST}
X-Postfix-Queue-ID: 4F{number:06X}
X-Postfix-Sender: rfc822; {original.sender}
Arrival-Date: {format_datetime(original.at)}

Final-Recipient: rfc822; {original.to}
Original-Recipient: rfc822;{original.to}
Action: {"delayed" if delayed else "failed"}
Status: {status}
Remote-MTA: dns; mx.posti.example
Diagnostic-Code: {"X-Postfix" if delayed else "smtp"}; {said}

--{edge}
Content-Description: {"Delayed Message Headers" if delayed else "Undelivered Message Headers"}
Content-Type: text/rfc822-headers

Return-Path: <{original.sender}>
{original.head}

--{edge}--
"""


_FAILED = """\
I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message."""
_DELAYED = """\
####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than 4 hour(s).
It will be retried until it is 5 day(s) old."""


def _complaint(original: Original, number: int, now: datetime) -> str:
    """What a mailbox provider sends when somebody pressed "junk" (RFC 5965, appendix B.2)."""
    edge = f"part{number}_13d.2e68ed54_boundary"
    return f"""\
Return-Path: <fbl@posti.example>
Date: {format_datetime(now)}
From: <fbl@posti.example>
Subject: FW: complaint
To: {original.sender}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
	boundary="{edge}"
Message-ID: <fbl-{number}@posti.example>

--{edge}
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP
192.0.2.1 on {format_datetime(original.at)}.

--{edge}
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: PostiFBL/1.0
Version: 1
Original-Mail-From: <{original.sender}>
Received-Date: {format_datetime(original.at)}
Source-IP: 192.0.2.1

--{edge}
Content-Type: text/rfc822-headers

{original.head}

--{edge}--
"""


def _away(original: Original, number: int, now: datetime) -> str:
    """An out-of-office note; it quotes the Message-ID, as every reply does."""
    ours = next((line for line in original.head.splitlines() if line.lower().startswith("message-id:")), "Message-ID: <unknown>")
    reference = ours.partition(":")[2].strip()
    return f"""\
Return-Path: <>
Date: {format_datetime(now)}
From: <{original.to}>
To: {original.sender}
Subject: Automatic reply: out of the office
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
In-Reply-To: {reference}
References: {reference}
Message-ID: <away-{number}@posti.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

I am out of the office until Monday and read my mail then.
"""
