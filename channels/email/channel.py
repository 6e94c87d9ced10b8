"""The e-mail channel: renders an invitation and hands it to the mail server."""

import email.utils
from collections.abc import Sequence

from channels import address, base
from channels.email import check, mime, render, settings, transport, words
from triggers import touchpoint
from wire import finding


class EmailChannel(base.Channel):
    """One mail server and one sender. A mail server does not drop a repeat, so an unsure mail is not simply sent again."""

    name = "email"

    def __init__(self, given: settings.EmailSettings) -> None:
        self._settings = given
        self._sender_name, self._sender = settings.mailbox(given.sender)
        self._reply_name, self._reply_to = settings.mailbox(given.reply_to) if given.reply_to else ("", "")
        self._unsubscribe = settings.mailbox(given.unsubscribe)[1] if given.unsubscribe else ""
        self._transport = transport.Transport(given)

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The person's mail address as it goes on the wire."""
        return address.normalised(person.email)

    def send(self, message: base.Message) -> base.Receipt:
        """Render the mail and hand it over. Raises Later, Never, NeedsPerson or Unsure."""
        reference = mime.message_id(message.key, address.domain(self._sender))
        mail = self.mail(message)
        answer = self._transport.hand_over(self._sender, message.address, mail)
        return base.Receipt(reference=reference, response=f"{answer.code} {answer.words(message.address.partition('@')[0])}")

    def mail(self, message: base.Message) -> bytes:
        """The mail as it goes on the wire: multipart/alternative with CRLF line ends."""
        said = words.words(message)
        return mime.mail(self._headers(message, said), render.text(said), render.html(said))

    def check(self) -> Sequence[finding.Finding]:
        """Reachability, encryption and sign-in."""
        return check.findings(self._settings)

    def close(self) -> None:
        """Say goodbye to the mail server."""
        self._transport.close()

    def _headers(self, message: base.Message, said: words.Words) -> dict[str, str]:
        headers = {
            "Date": email.utils.formatdate(),
            "From": mime.mailbox("From", self._sender_name or words.one_line(said.brand), self._sender),
            "To": mime.mailbox("To", words.one_line(message.name)[:60], message.address),
            "Subject": mime.sentence("Subject", said.title),
            "Message-ID": mime.message_id(message.key, address.domain(self._sender)),
            "List-Unsubscribe": self._list_unsubscribe(message.unsubscribe_url),
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "Content-Language": said.language,
        }
        if self._reply_to:
            headers["Reply-To"] = mime.mailbox("Reply-To", self._reply_name, self._reply_to)
        return headers

    def _list_unsubscribe(self, url: str) -> str:
        """RFC 8058 and RFC 2369: the link first, the address of settings after it."""
        mailto = f",\r\n <mailto:{self._unsubscribe}?subject=unsubscribe>" if self._unsubscribe else ""
        return mime.link(url) + mailto
