"""The e-mail channel: renders an invitation and hands it to the mail server."""

import email.utils
from collections.abc import Mapping, Sequence
from datetime import datetime

from channels import address, base, report
from channels.email import check, dsn, hooks, inbox, mime, pace, render, settings, smtp, sns, transport, words
from triggers import touchpoint
from wire import finding


class EmailChannel(base.Channel):
    """One mail server and one sender. A mail server does not drop a repeat, so an unsure mail is not simply sent again."""

    name = "email"

    def __init__(self, given: settings.EmailSettings, amazon: sns.Amazon | None = None) -> None:
        """``amazon``: who is asked about messages of Amazon SNS; None: Amazon."""
        self._settings = given
        self._amazon = amazon or sns.Amazon(given.bounces.sns_topics, given=sns.network(given.bounces.proxy))
        self._sender_name, self._sender = settings.mailbox(given.sender)
        self._reply_name, self._reply_to = settings.mailbox(given.reply_to) if given.reply_to else ("", "")
        self._unsubscribe = settings.mailbox(given.unsubscribe)[1] if given.unsubscribe else ""
        self._transport = transport.Transport(given)
        self._bounces_to = settings.mailbox(given.bounces.address)[1] if given.bounces.address else ""
        own = self._bounces_to if given.bounces.own_address else ""
        self._marks = dsn.Marks(domain=address.domain(self._sender), return_path=own)
        self._inbox = inbox.Inbox(given, self._marks)
        self._pace = pace.Pace(given.per_second, given.per_domain)

    def address(self, person: touchpoint.Recipient) -> str | None:
        """The person's mail address as it goes on the wire."""
        return address.normalised(person.email)

    def send(self, message: base.Message) -> base.Receipt:
        """Render the mail and hand it over. Raises Later, Never, NeedsPerson or Unsure."""
        mail = self.mail(message)
        token = mime.token(message.key)
        envelope = smtp.Envelope(sender=self._returns_to(token), recipient=message.address, id=token)
        answer = self._transport.hand_over(envelope, mail)
        return base.Receipt(
            reference=self.reference(message.key), response=f"{answer.code} {answer.words(message.address.partition('@')[0])}"
        )

    def mail(self, message: base.Message) -> bytes:
        """The mail as it goes on the wire: multipart/alternative with CRLF line ends."""
        said = words.words(message, logo=self._settings.logo)
        return mime.mail(self._headers(message, said), render.text(said), render.html(said))

    def reference(self, key: str) -> str:
        """The Message-ID."""
        return mime.message_id(key, address.domain(self._sender))

    def turn(self, key: str, address_: str, now: datetime) -> datetime:
        """When the pace lets the mail go: now, or later and then its place is kept."""
        return self._pace.turn(key, address.domain(address_), now)

    def leaves(self, key: str, address_: str, now: datetime) -> datetime:
        """Right before it goes: now, and it counts against the pace, or a moment later."""
        return self._pace.leaves(key, address.domain(address_), now)

    @property
    def paced(self) -> bool:
        """Whether there is a limit to the pace."""
        return self._pace.limits

    def fetches(self, now: datetime) -> bool:
        """Whether it is time to look for returned mails."""
        return self._inbox.is_due(now)

    def fetch(self, now: datetime, settle: base.Settle, note: base.Note) -> int:
        """Read the returned mails; how many. Raises Later and NeedsPerson."""
        return self._inbox.fetch(now, settle, note)

    @property
    def has_hook(self) -> bool:
        """Whether a provider may call us."""
        return self._settings.bounces.hook_secret is not None or bool(self._settings.bounces.sns_topics)

    def hear(self, headers: Mapping[str, str], body: bytes) -> tuple[list[report.Report], str]:
        """What a provider reports, and news for whoever runs this. ``headers`` have names in lower case.

        Raises ``hooks.NotTheirs``, ``hooks.Unreadable``, ``sns.Forged``; Later and NeedsPerson where Amazon cannot be asked.
        """
        secret = self._settings.bounces.hook_secret
        by_topic = bool(self._settings.bounces.sns_topics) and sns.HEADER in headers
        if not by_topic:
            if secret is None:
                raise hooks.NotTheirs
            hooks.prove(headers, body, secret.get_secret_value())
        posted = hooks.parse(body)
        if sns.is_message(posted):
            letter = self._amazon.open(posted)
            reports = [] if letter.content is None else hooks.read(letter.content, self._marks)
            return reports, letter.news
        if by_topic:
            raise hooks.NotTheirs
        return hooks.read(posted, self._marks), ""

    def check(self) -> Sequence[finding.Finding]:
        """Reachability, encryption and sign-in, of the server and of the mailbox of returned mails."""
        return check.findings(self._settings, self._marks)

    def close(self) -> None:
        """Say goodbye to the mail server and to the mailbox, and give back connections."""
        self._transport.close()
        self._inbox.close()
        self._amazon.close()

    def _headers(self, message: base.Message, said: words.Words) -> dict[str, str]:
        headers = {
            "Date": email.utils.formatdate(),
            "From": mime.mailbox("From", self._sender_name or words.one_line(said.brand), self._sender),
            "To": mime.mailbox("To", words.one_line(message.name)[:60], message.address),
            "Subject": mime.sentence("Subject", said.title),
            "Message-ID": self.reference(message.key),
            "List-Unsubscribe": self._list_unsubscribe(message.unsubscribe_url),
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "Content-Language": said.language,
        }
        token = mime.token(message.key)
        headers |= {name: value.replace("{id}", token) for name, value in self._settings.headers.items()}
        if self._reply_to:
            headers["Reply-To"] = mime.mailbox("Reply-To", self._reply_name, self._reply_to)
        return headers

    def _returns_to(self, token: str) -> str:
        """The envelope's sender: where a mail goes that does not arrive."""
        if not self._settings.bounces.own_address:
            return self._bounces_to or self._sender
        name, _, domain = self._bounces_to.rpartition("@")
        return f"{name}+{token}@{domain}"

    def _list_unsubscribe(self, url: str) -> str:
        """RFC 8058 and RFC 2369: the link first, the address of settings after it."""
        mailto = f",\r\n <mailto:{self._unsubscribe}?subject=unsubscribe>" if self._unsubscribe else ""
        return mime.link(url) + mailto
