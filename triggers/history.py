"""What we know from before: all that deciding needs of the store."""

from dataclasses import dataclass, field
from datetime import datetime

from triggers import load


@dataclass(frozen=True, kw_only=True)
class Planned:
    """An asking of the person that is planned and has not gone out, so that it can still give way."""

    touchpoint: int
    """Which one, by the caller's number."""
    at: datetime
    happened_at: datetime
    record: str
    """Connector, kind and id of the record, as one text."""
    rule: str
    priority: int
    restarts: bool
    """Whether a later closing of the same record takes its place."""
    counted: load.Asking | None = None
    """What it counts as; None where that is not known."""
    unsent: bool = False
    """Known not to have gone, even if its time is over. Without it, it counts as gone once its time is over."""


@dataclass(frozen=True, kw_only=True)
class Closings:
    """The other closings of the same record."""

    first: datetime | None = None
    last: datetime | None = None
    asked_at: datetime | None = None
    """When somebody was asked about one of them, or is planned to be."""


@dataclass(frozen=True, kw_only=True)
class History:
    """One person's past with us, across all connectors, rules and channels; and what is counted beyond the person."""

    opted_out_at: datetime | None = None
    """When this person told us, rather than the CRM, not to ask again."""
    refused_in: str = ""
    """A connector other than the touchpoint's, whose CRM says that this person opted out."""
    asked_at: datetime | None = None
    """The last time this person was asked, or is planned to be, but for what ``planned`` names."""
    planned: tuple[Planned, ...] = ()
    reachable: frozenset[str] = frozenset()
    """Channels that have an address for this person, by name."""
    closings: Closings = Closings()
    counts: load.Load = field(default_factory=load.Load, repr=False, compare=False)
