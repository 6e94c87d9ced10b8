"""The mail server's stand-in: takes every mail over SMTP, keeps it as a mailbox would, and misbehaves when told to.

Faults (``Faults.add``): ``defer`` (451), ``reject`` (550 5.1.1), ``policy`` (550 5.7.1), ``drop`` (hangs up at the recipient),
``drop_after_data`` (takes the mail and hangs up without a reply), ``timeout`` (silent for ``seconds``, default 60, then hangs
up). What is taken may have a sequel in the mailbox of returned mails (sandbox/returned.py): ``bounce`` (``status``, ``said``),
``delay_notice``, ``complain``, ``auto_reply``, each ``after`` so many seconds. Any of them takes the option ``to``, a part of the
address that it is limited to; the refusals take ``"at": "data"`` to be said after the final dot instead of after the recipient.
"""

import asyncio
import contextlib
import itertools
import re
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from functools import cached_property
from typing import Any, cast

from aiosmtpd import smtp

from sandbox import base, imap_box, returned

REPLIES = {
    "defer": "451 4.7.1 Greylisted, please try again later",
    "reject": "550 5.1.1 No such user here",
    "policy": "550 5.7.1 Message refused by policy",
}
"""Fault → what the server says to RCPT TO."""
SIZE_LIMIT = 33_554_432
"""Bytes; what most providers take."""


@dataclass(frozen=True)
class Mail:
    """One mail in the mailbox of one recipient, as it was received."""

    key: str
    """Unique in the mailbox."""
    to: str
    """Envelope recipient."""
    sender: str
    """Envelope sender."""
    received_at: datetime
    raw: bytes
    arrived: float = field(default_factory=time.monotonic)
    """As ``received_at``, on the machine's monotonic clock."""

    @cached_property
    def message(self) -> Message:
        """The mail, parsed; by the old rules of Python's, which take anything and cost a third."""
        return message_from_bytes(self.raw, policy=policy.compat32)

    @cached_property
    def text(self) -> str:
        """The plain text part, empty when there is none."""
        return self._part("text/plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, empty when there is none."""
        return self._part("text/html")

    def _part(self, kind: str) -> str:
        found = next((part for part in self.message.walk() if part.get_content_type() == kind), None)
        content = found.get_payload(decode=True) if found is not None else None
        if found is None or not isinstance(content, bytes):
            return ""
        try:
            return content.decode(found.get_content_charset("utf-8"), "replace")
        except LookupError:
            return content.decode("utf-8", "replace")

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Name and decoded value, in order."""
        return [(name, _decoded(value)) for name, value in self.message.raw_items()]

    def header(self, name: str) -> str:
        """The first header of this name, decoded; empty when absent."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")

    @cached_property
    def json(self) -> dict[str, Any]:
        """As ``GET /mailbox`` shows it."""
        return {
            "to": self.to,
            "from": self.sender,
            "subject": self.header("Subject"),
            "message_id": self.header("Message-ID"),
            "received_at": self.received_at.isoformat(),
            "headers": self.headers,
            "text": self.text,
            "html": self.html,
            "raw": self.raw.decode("utf-8", "replace"),
        }


def _decoded(value: str) -> str:
    """A header on one line, its words decoded (RFC 2047), be they UTF-8 as they are (RFC 6532)."""
    line = re.sub(r"\r?\n(?=[ \t])", "", value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(line)))
    except (ValueError, LookupError):
        return line


class Mailbox:
    """Everybody's mail in the order of arrival, and what the server is told to do wrong."""

    def __init__(self, clock: base.Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self.mails: list[Mail] = []
        self.faults = base.Faults((*REPLIES, "drop", "drop_after_data", "timeout", *returned.KINDS))
        self.bounces = imap_box.Account("bounces")
        """The mailbox of returned mails."""
        self._returns = returned.Returns(clock, self.bounces.inbox)
        self.accepted = 0
        """Mails taken since the last clear of the counters."""

    def take(self, envelope: smtp.Envelope) -> None:
        """Put the mail into the mailbox of each recipient."""
        content = envelope.content or b""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        now = self._clock.now()
        sender = envelope.mail_from or ""
        for to in envelope.rcpt_tos:
            sequel = self.fault("rcpt", (to,), returned.KINDS)
            if sequel is not None:
                self._returns.send_back(sequel, returned.Original(sender=sender, to=to, raw=raw, at=now))
            if sequel is None or sequel.kind != "bounce":
                self.mails.append(Mail(f"mail-{next(self._numbers)}", to, sender, now, raw))
        self.accepted += 1

    def find(self, to: str = "") -> Sequence[Mail]:
        """Mails to this address (upper and lower case are the same), all without one."""
        return [mail for mail in self.mails if not to or mail.to.lower() == to.lower()]

    def fault(self, at: str, to: Sequence[str], kinds: Sequence[str]) -> base.Fault | None:
        """Use up the first of these faults that is on, belongs ``at`` this moment and concerns one of the recipients."""
        for kind in kinds:
            fault = self.faults.peek(kind)
            if fault is None or fault.options.get("at", "rcpt") != at:
                continue
            wanted = str(fault.options.get("to", "")).lower()
            if any(wanted in address.lower() for address in to):
                return self.faults.take(kind)
        return None


class Handler:
    """What aiosmtpd calls (https://aiosmtpd.aio-libs.org/en/stable/handlers.html)."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or say what the fault says."""
        fault = self._mailbox.fault("rcpt", (address,), (*REPLIES, "timeout", "drop"))
        if fault is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
            return "250 2.1.5 OK"
        if fault.kind in REPLIES:
            return REPLIES[fault.kind]
        if fault.kind == "timeout":
            await asyncio.sleep(float(fault.options.get("seconds", 60)))
        return await _hang_up(server)

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        """The final dot has come: unless we refuse it, the mail is ours, whether the client hears of it or not."""
        if fault := self._mailbox.fault("data", envelope.rcpt_tos, tuple(REPLIES)):
            return REPLIES[fault.kind]
        self._mailbox.take(envelope)
        if self._mailbox.fault("rcpt", envelope.rcpt_tos, ("drop_after_data",)):
            return await _hang_up(server)
        return f"250 2.0.0 OK: queued as {self._mailbox.accepted}"


async def _hang_up(server: smtp.SMTP) -> str:
    """Cut the line without a word. Does not return: aiosmtpd cancels the handler once it notices."""
    _cut(server)
    await asyncio.Event().wait()
    return "421 4.3.0 Hung up"


def _cut(server: smtp.SMTP) -> None:
    if server.transport is not None:
        cast(asyncio.WriteTransport, server.transport).abort()


@contextlib.asynccontextmanager
async def listening(mailbox: Mailbox, bound: socket.socket) -> AsyncIterator[None]:
    """Take mail on this socket, without sign-in and without TLS."""
    loop, handler = asyncio.get_running_loop(), Handler(mailbox)
    connections: list[smtp.SMTP] = []

    def connected() -> smtp.SMTP:
        made = smtp.SMTP(
            handler, hostname="localhost", ident="ESMTP", enable_SMTPUTF8=True, data_size_limit=SIZE_LIMIT, loop=loop
        )
        connections.append(made)
        return made

    server = await loop.create_server(connected, sock=bound)
    try:
        yield
    finally:
        server.close()
        for one in connections:
            _cut(one)
