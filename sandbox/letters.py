"""Messages as a person holds them: the words, the links, and which of the links opens what."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox import mail, page, sms

LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail or a text message in somebody's hands."""

    key: str
    address: str
    """E-mail address or number."""
    text: str
    """All that can be read in it, the subject included."""
    links: tuple[str, ...]
    arrived: float
    """When it came, on the machine's monotonic clock, in seconds: the stand-ins' own clock may be moved."""
    unsubscribe: str = ""
    """Address for one-click unsubscribing (RFC 8058), where the mail has one."""

    def taps(self) -> list[str]:
        """The links that stand for a value (``?v=7``), lowest first."""
        links = [link for link in self.links if page.value_of(link) is not None]
        return sorted(links, key=lambda link: (len(page.value_of(link) or ""), page.value_of(link)))

    def plain(self) -> str:
        """The link that opens the page with nothing chosen; empty when there is none."""
        taps = self.taps()
        wanted = urlsplit(taps[0]).path if taps else None
        plain = [link for link in self.links if page.value_of(link) is None and link != self.unsubscribe]
        return next((link for link in plain if wanted in (None, urlsplit(link).path)), "")


def from_mail(received: mail.Mail) -> Letter:
    """A mail as a mail program shows it: the HTML part's links where there is one, else those in the text."""
    shown = page.read(received.html)
    posts = "one-click" in received.header("List-Unsubscribe-Post").lower()
    addresses = re.findall(r"<(https?://[^>]+)>", received.header("List-Unsubscribe"))
    return Letter(
        key=received.key,
        address=received.to,
        text="\n".join((received.header("Subject"), received.text, shown.text)),
        links=shown.links or tuple(LINK.findall(received.text)),
        arrived=received.arrived,
        unsubscribe=addresses[0] if addresses and posts else "",
    )


def from_sms(received: sms.Sms) -> Letter:
    """A text message as a telephone shows it."""
    links = tuple(LINK.findall(received.text))
    return Letter(key=received.id, address=received.to, text=received.text, links=links, arrived=received.arrived)
