"""The contract that every SMS gateway keeps, and what they share."""

import abc
import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels import once
from channels.sms import hooks, settings
from wire import finding, http

SUBJECT = "channels.sms"
_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{5,}[0-9]")
_LINK = re.compile(r"https?://\S+")
_MOST_WORDS = 200


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The gateway's word that it took a text."""

    reference: str
    """Its id, by which it reports on it later."""
    response: str


class Gateway(abc.ABC):
    """One company that carries texts. Safe to use from several threads.

    ``send`` raises ``wire.errors`` as a channel does. A Later without a code concerns the gateway, with one this text.
    """

    repeatable: bool
    """Whether it drops a repeat with the same key."""

    @abc.abstractmethod
    def send(self, number: str, text: str, key: str) -> Taken:
        """Hand the text over, once."""

    @abc.abstractmethod
    def check(self) -> Sequence[finding.Finding]:
        """Reachability and sign-in, without sending; never raises."""

    @abc.abstractmethod
    def report(self, call: hooks.Call) -> hooks.Word:
        """What a posted delivery report says. Raises ``hooks.NotTheirs``."""

    @abc.abstractmethod
    def inbound(self, call: hooks.Call) -> hooks.Inbound | None:
        """The text that somebody wrote; None for what is none. Raises ``hooks.NotTheirs``."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give back connections; may be called twice."""


def session(given: settings.CommonSettings, *, keep: bool) -> once.Session:
    """A line to the gateway. ``keep``: one that was idle may be used again; where a text must not go twice it may not, since an
    idle line that was closed under us cannot be told from one that broke after the text was taken."""
    network = http.Network(ca=given.ca, proxy=given.proxy, timeout=given.timeout.total_seconds(), largest_answer=1024 * 1024)
    made = once.Session(network)
    if not keep:
        made.headers["Connection"] = "close"
    return made


def words(said: str) -> str:
    """A gateway's own words on one line, without numbers and links of people."""
    line = _NUMBER.sub("…", _LINK.sub("…", " ".join(said.split())))
    return "".join(character for character in line if character.isprintable())[:_MOST_WORDS]


def good(what: str, message: str) -> finding.Finding:
    """Looked at, nothing to do."""
    return finding.Finding(subject=f"{SUBJECT}: {what}", grade=finding.Grade.GOOD, message=message)


def wrong(what: str, message: str, remedy: str) -> finding.Finding:
    """It cannot work until this is mended."""
    return finding.Finding(subject=f"{SUBJECT}: {what}", grade=finding.Grade.WRONG, message=message, remedy=remedy)


def warning(what: str, message: str, remedy: str) -> finding.Finding:
    """It runs, but something will bite."""
    return finding.Finding(subject=f"{SUBJECT}: {what}", grade=finding.Grade.WARNING, message=message, remedy=remedy)
