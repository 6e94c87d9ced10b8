"""The contract that every CRM connector keeps, and the nouns it speaks in.

A connector knows protocols and nothing else: what a closed case is, whom to ask and which field takes the score come in as
plain data from mapping/. All its methods may be called from several threads at once.
"""

import abc
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors import field_history
from wire import finding

Values = Mapping[str, Any]
"""A record as plain values: path → str, int, float, bool, None or an aware datetime (UTC).

Paths are the CRM's own names with dots along lookups: ``Contact.Email``, ``incidentid.primarycontactid.emailaddress1``.
A path the CRM did not answer for (hidden by field-level security, say) is absent, which differs from present and None.
"""


@dataclass(frozen=True, kw_only=True)
class Child:
    """The first child row that should come along with each record (a primary contact role, say).

    Its values stand in the change under ``relationship.path``.
    """

    relationship: str
    fields: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One CRM object that is read incrementally."""

    name: str
    """Unique per connector and stable: the bookmark is stored under it."""
    object: str
    """The CRM's own name: ``Case`` (Salesforce), ``incidentresolution`` (Dataverse logical name)."""
    fields: tuple[str, ...]
    where: str = ""
    """Condition in the CRM's own language (SOQL, OData), so that the CRM sends less; empty reads everything."""
    children: tuple[Child, ...] = ()
    optional: tuple[str, ...] = ()
    """Those of ``fields`` that may be missing in an org or hidden from us: left out when describe does not list them, and then
    absent from the values. Consent columns belong here; paths below a child are written ``relationship.path``. Any other
    field that is missing needs a person."""


@dataclass(frozen=True, kw_only=True)
class Bookmark:
    """How far a watch has been read: the keyset (stamp, record), as the CRM's own clock stamps.

    ``started`` is where reading began; what happened before it is the past and never asked about.
    """

    stamp: datetime
    record: str = ""
    started: datetime
    token: str = field(default="", repr=False)
    """What the CRM wants to be shown next time, where the connector reads by tokens of the CRM's own (Dataverse's delta links).
    ``stamp`` moves on beside it, so that a token that is lost or has expired loses nothing."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A CRM record that changed, or that was looked at, as plain values."""

    watch: str
    object: str
    record: str
    """The record's id as the CRM writes it (Salesforce: 18 characters; Dataverse: lower-case GUID)."""
    stamp: datetime | None
    values: Values = field(repr=False)
    deleted: bool = False
    merged_into: str | None = None
    """Id of the surviving record where the CRM tells of a merge."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some changes and the bookmarks that are right once they are stored, to be stored in the same transaction."""

    changes: Sequence[Change]
    bookmarks: Mapping[str, Bookmark]
    """Watch name → bookmark, for the watches that this page moved."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Records of one object to be looked at again right before a message goes out."""

    name: str
    """Comes back as ``Change.watch``."""
    object: str
    records: tuple[str, ...]
    fields: tuple[str, ...]
    children: tuple[Child, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FieldUpdate:
    """Values for one CRM record. Writing it twice leaves the same record as writing it once."""

    key: str
    """The caller's name for this update; comes back in ``Settled``."""
    object: str
    record: str
    values: Values = field(repr=False)


class Outcome(enum.StrEnum):
    """What came of one row of a write."""

    DONE = "done"
    LATER = "later"
    """Try this row again, after ``delay`` seconds where given."""
    DEAD = "dead"
    """This row will never be taken as it is; a person must look at it."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the CRM said about one field update."""

    key: str
    outcome: Outcome
    code: str = ""
    """The CRM's own code: ``UNABLE_TO_LOCK_ROW``, ``0x80040217``."""
    message: str = ""
    """The CRM's own words, without any value of ours that they may repeat."""
    delay: float | None = None


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column as describe tells it."""

    name: str
    type: str
    """The CRM's own type name: ``double``, ``Integer`` …"""
    writable: bool
    length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Description:
    """One object as the CRM describes it to us: only the fields this user may see are in it."""

    object: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, kw_only=True)
class Health:
    """What a connector knows about its standing with the CRM."""

    calls: int
    """Billable calls made since the connector was opened."""
    limit: int | None = None
    """The CRM's own daily limit, where it told us."""
    used: int | None = None
    """How much of that limit the whole org has used, where it told us."""


class Connector(abc.ABC):
    """One configured CRM org.

    Every method raises ``wire.errors.Later`` when the CRM cannot be had or asks for patience and ``wire.errors.NeedsPerson``
    when sign-in, a permission or a setting is at fault. None of them ever raises a vendor's or an HTTP library's own exception.
    """

    name: str
    """As in settings: ``[connectors.NAME]``."""
    history_lag: ClassVar[timedelta] = timedelta()
    """How long after a change ``field_changes`` may not know of it yet, as a rule."""

    @abc.abstractmethod
    def start(self, watches: Sequence[Watch], back: timedelta = timedelta()) -> Mapping[str, Bookmark]:
        """First bookmarks of these watches: so long before the server's own "now" (no instant goes in: our clock may be wrong).

        At most one call, however many watches.
        """

    @abc.abstractmethod
    def read(self, watches: Sequence[Watch], bookmarks: Mapping[str, Bookmark]) -> Iterator[Page]:
        """What changed since the bookmarks, in pages, oldest first within a watch.

        Each round begins a look-back before the bookmark, so rows may come repeatedly: storing them must be idempotent. (A
        connector may leave out what it has proof of being stored, unchanged.)
        A bookmark never moves past the server's clock minus a lag (rows may become visible late with an older stamp).
        The caller stores a page before it asks for the next. A round in which nothing is new makes one call and yields one
        page, which may be empty. A watch that cannot be read stops no other: its error is raised when the others are done.
        """

    def patience(self) -> float:
        """Seconds until the next round should be read; 0 when it may be read now.

        More than that where the day's calls run low: rounds then stretch, so that last looks and scores still get through.
        """
        return 0.0

    @abc.abstractmethod
    def look(self, looks: Sequence[Look]) -> Sequence[Change]:
        """The records as they are now; one call per 1,000 or so. A record that is gone comes back with ``deleted`` set."""

    def field_changes(self, asked: Sequence[field_history.Asked]) -> Sequence[field_history.Told]:
        """From what to what columns changed, one answer for each question in the order given.

        At most one call per ``past.BATCH`` records, what is asked to find out whether the changes are told at all included
        (further pages apart). A column that is not tracked, or whose changes this user may not read, is told of in ``untold``
        and raises nothing. A connector that cannot tell changes leaves this as it is.
        """
        why = field_history.Untold(message=f"{self.name} cannot tell how fields changed", remedy="Compare the value itself.")
        return [field_history.nothing(one, why) for one in asked]

    @abc.abstractmethod
    def write(self, updates: Sequence[FieldUpdate]) -> Sequence[Settled]:
        """Set these values, as many rows a call as the CRM takes; every update is settled on its own, in the order given.

        A failure of the whole call, a sign-in that a person must mend included, settles the rows it carried as LATER rather
        than raising, so that the rows of calls that went through stay settled.
        """

    @abc.abstractmethod
    def describe(self, objects: Sequence[str]) -> Mapping[str, Description]:
        """What this user sees of these objects; an object it may not see, or that does not exist, is absent."""

    @abc.abstractmethod
    def check(self) -> Sequence[finding.Finding]:
        """Reachability, sign-in and clock, each as a finding; never raises."""

    def rights(self, read: Sequence[str], written: Sequence[str]) -> Sequence[finding.Finding]:
        """Whether the user may read and write these objects as a whole, and whether it may do much more than that.

        Empty where describe tells all of it. Raises what the other methods raise.
        """
        return ()

    @abc.abstractmethod
    def health(self) -> Health:
        """Calls made and the CRM's own limits, without a call."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give back connections; may be called twice."""
