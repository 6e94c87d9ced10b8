"""The report: what the far end says about a message after it took it. Every channel that hears of such things speaks of them so.

Made by a channel (a mailbox of returned mails, a vendor's webhook), settled by journey/reaching/bounces.py.
"""

import enum
from dataclasses import dataclass


class Fate(enum.StrEnum):
    """What became of the message."""

    REFUSED = "refused"
    """It did not arrive, and nothing ever will at this address."""
    PASSING = "passing"
    """It did not arrive, for a reason that may be gone another time: a full mailbox, a server that was down for days."""
    OURS = "ours"
    """It did not arrive because of us: a policy, a block list, a signature. The address is not to blame, a person must act."""
    COMPLAINT = "complaint"
    """It arrived, and the person reported it as unwanted."""
    DELIVERED = "delivered"
    """It arrived."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The far end's word about one message."""

    reference: str
    """The message's own, as ``Receipt.reference`` had it. Nothing else tells which message is meant, least of all an address."""
    fate: Fate
    code: str = ""
    """The far end's: 5.1.1, 30003 …"""
    words: str = ""
    """Its own words, without addresses."""

    @property
    def told(self) -> str:
        """Code and words, the code once."""
        return self.words if self.code in self.words else f"{self.code} {self.words}".strip()
