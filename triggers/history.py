"""What we know about a person from before: all that deciding needs of the store."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class History:
    """One person's past with us, across all connectors, rules and channels."""

    opted_out_at: datetime | None = None
    """When this person told us, rather than the CRM, not to ask again."""
    asked_at: datetime | None = None
    """The last time this person was asked, or is planned to be."""
    reachable: frozenset[str] = frozenset()
    """Channels that have an address for this person, by name."""
