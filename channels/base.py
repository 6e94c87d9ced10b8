"""The contract that every channel keeps, and the nouns it speaks in."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from surveys import survey
from triggers import touchpoint
from wire import finding


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one person: everything a channel needs to render and send it."""

    key: str
    """Deterministic and unique per invitation and send (first message, each reminder): Message-ID or idempotency key."""
    address: str = field(repr=False)
    """As ``Channel.address`` returned it."""
    name: str = field(default="", repr=False)
    language: str
    """One of ``survey.Brand``'s languages: fi, sv, en."""
    brand: survey.Brand
    survey: survey.Survey
    kind: str
    """The touchpoint's kind: ``case_closed``, ``purchase`` …, for the words around the question."""
    title: str = ""
    """Subject line in the message's language, where a variant of the rule has one of its own; empty: the usual one."""
    subject: str = field(default="", repr=False)
    """What the customer would call it: the case's subject, the order's number. A customer wrote it: treat it as hostile."""
    reference: str = field(default="", repr=False)
    """Our number of it (case or order number), for the customer to quote; empty leaves it out."""
    happened_at: datetime
    page_url: str = field(repr=False)
    """The survey page; ``?v=7`` opens it with a value chosen, ``?lang=sv`` in another language."""
    unsubscribe_url: str = field(repr=False)
    """RFC 8058 one-click address; a GET shows a page with a button."""
    privacy_url: str = ""
    reminder: bool = False
    """Whether the person got a first message about the same thing."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The transport's word that it took the message."""

    reference: str = ""
    """Message-ID, or the gateway's id."""
    response: str = ""
    """The transport's own words, without addresses."""


class Channel(abc.ABC):
    """One way to reach people.

    ``send`` raises ``wire.errors.Later`` (deferred, rate-limited, unreachable), ``Never`` (this address is refused for good),
    ``NeedsPerson`` (sign-in, settings) or ``Unsure`` (the line broke when the message may already have been taken).
    A ``Later`` with a code is the transport's word on this one message (greylisted, mailbox full); without one nothing goes now.
    """

    name: str
    """As in settings: ``[channels.NAME]``, and in a rule's ``channel``."""
    repeatable: bool = False
    """True when the transport drops a repeat with the same key, so that an unsure message may simply be sent again."""

    @abc.abstractmethod
    def address(self, person: touchpoint.Recipient) -> str | None:
        """The normalised address this channel would use for the person; None when it cannot reach them."""

    @abc.abstractmethod
    def send(self, message: Message) -> Receipt:
        """Hand the message to the transport; returns only when the transport has taken responsibility for it."""

    @abc.abstractmethod
    def check(self) -> Sequence[finding.Finding]:
        """Reachability and sign-in, each as a finding; never raises."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give back connections; may be called twice."""
