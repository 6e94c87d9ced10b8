"""The contract that every channel keeps, and the nouns it speaks in."""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels import report
from surveys import survey
from triggers import touchpoint
from wire import errors, finding


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
    person: touchpoint.Recipient | None = field(default=None, repr=False)
    """Whom it is for, as the CRM had them; for channels that hand the invitation on rather than send it."""
    connector: str = ""
    object: str = ""
    record: str = ""
    """Where it happened: the record that the answer goes back to."""
    facts: Mapping[str, touchpoint.Plain] = field(default_factory=dict, repr=False)
    """The touchpoint's frozen context."""
    expires_at: datetime | None = None
    """Until when the page takes answers."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The transport's word that it took the message."""

    reference: str = ""
    """Message-ID, or the gateway's id."""
    response: str = ""
    """The transport's own words, without addresses."""
    parts: int | None = None
    """Of how many text messages it was made; None where that means nothing."""


class Unfit(errors.Never):
    """This message is refused for good, and its address is not to blame."""

    def __init__(self, message: str = "", *, code: str = "", passing: bool = False) -> None:
        super().__init__(message, code=code)
        self.passing = passing
        """Whether the far end is in trouble (a full mailbox): when that happens again and again, the address is given up."""


Settle = Callable[[Sequence[report.Report]], bool]
"""Takes reports; False when it cannot yet, and wants them again."""
Note = Callable[[str], None]


class SaidNo(errors.Never):
    """The person told the far end that they want no messages of ours: the same as telling us."""


class Channel(abc.ABC):
    """One way to reach people.

    ``send`` raises ``wire.errors.Later`` (deferred, rate-limited, unreachable), ``Never`` (this address is refused for good),
    ``Unfit`` (this message is), ``SaidNo`` (the person wants none), ``NeedsPerson`` (sign-in, settings) or ``Unsure`` (the line
    broke when the message may already have been taken).
    A ``Later`` with a code is the transport's word on this one message (greylisted, mailbox full); without one nothing goes now.
    """

    name: str
    """As in settings: ``[channels.NAME]``, and in a rule's ``channel``."""
    repeatable: bool = False
    """True when the transport drops a repeat with the same key, so that an unsure message may simply be sent again."""
    daily_cap: int | None = None
    """Most messages on one day, by the brand's clock; what is above it waits for the next. None: no limit."""

    def parts(self, message: Message) -> int | None:
        """Of how many text messages this one would be made; None where that means nothing."""
        return None

    @abc.abstractmethod
    def address(self, person: touchpoint.Recipient) -> str | None:
        """The normalised address this channel would use for the person; None when it cannot reach them."""

    @abc.abstractmethod
    def send(self, message: Message) -> Receipt:
        """Hand the message to the transport; returns only when the transport has taken responsibility for it."""

    def reference(self, key: str) -> str:
        """What reports will call the message with this key; empty where only the transport knows, and ``send`` tells."""
        return ""

    def turn(self, key: str, address: str, now: datetime) -> datetime:
        """When the pace that settings allow lets this message go: ``now``, or later and then its place is kept."""
        return now

    def leaves(self, key: str, address: str, now: datetime) -> datetime:
        """Right before it goes: ``now``, and it counts against the pace, or a moment later, where others were late."""
        return now

    @property
    def paced(self) -> bool:
        """Whether settings limit the pace, so that ``turn`` and ``leaves`` may say later."""
        return False

    def fetches(self, now: datetime) -> bool:
        """Whether it is time to ``fetch``; never for a channel that is told by webhooks, or not at all."""
        return False

    def fetch(self, now: datetime, settle: Settle, note: Note) -> int:
        """Fetch what the far end reports, hand it to ``settle`` in parts and let go of each part that it took; how many parts.

        ``note`` is told what each of them was. Raises Later and NeedsPerson.
        """
        return 0

    @abc.abstractmethod
    def check(self) -> Sequence[finding.Finding]:
        """Reachability and sign-in, each as a finding; never raises."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give back connections; may be called twice."""
