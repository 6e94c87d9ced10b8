"""Fetches: requests for the links of an invitation, kept only as long as they tell a machine from a person.

A message's links are few; so many requests for one invitation are kept and no more (``MOST``), and tidy forgets all of them
after ``KEPT``. No address and no user agent is in them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import messages, rows, tables

FETCH = rows.table(tables.Fetch)
INVITATION = messages.INVITATION
MOST = 60
"""Fetches that are kept for one invitation: five runs through a mail with eleven values."""
KEPT = timedelta(days=2)
"""As long as a form may lie open."""
POST = "post"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """One request."""

    invitation_id: int
    at: datetime
    link: str
    """``page``, ``value``, ``stop``, ``why`` or ``post``."""
    value: int | None = None
    visitor: str = field(default="", repr=False)
    sign: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """As a row of the table; by hand, for ``asdict`` copies every value deeply and takes ten times as long."""
        return {
            "invitation_id": self.invitation_id,
            "at": self.at,
            "link": self.link,
            "value": self.value,
            "visitor": self.visitor,
            "sign": self.sign,
        }


_COUNT = (
    sa.select(FETCH.c.invitation_id, sa.func.count())
    .where(rows.among(FETCH.c.invitation_id, "ids"))
    .group_by(FETCH.c.invitation_id)
)
_OF = (
    sa.select(FETCH.c.invitation_id, FETCH.c.at, FETCH.c.link, FETCH.c.value, FETCH.c.visitor)
    .where(
        rows.among(FETCH.c.invitation_id, "ids"),
        FETCH.c.link != POST,
        FETCH.c.at > sa.bindparam("since"),
    )
    .order_by(FETCH.c.at)
)
_BY_VISITOR = (
    sa.select(FETCH.c.visitor, INVITATION.c.id, INVITATION.c.person_id)
    .distinct()
    .join(INVITATION, INVITATION.c.id == FETCH.c.invitation_id)
    .where(
        rows.among(FETCH.c.visitor, "visitors"),
        FETCH.c.link == sa.literal_column("'post'"),  # word for word the condition of the index
        FETCH.c.at > sa.bindparam("since"),
    )
)


def add(tx: sa.Connection, fetches: Sequence[Fetch]) -> None:
    """Store these."""
    rows.insert(tx, FETCH, [one.row for one in fetches])


def note(tx: sa.Connection, fetches: Sequence[Fetch]) -> list[bool]:
    """Store these, unless there are enough of their invitation; which were stored."""
    ids = sorted({one.invitation_id for one in fetches})
    count: dict[int, int] = dict(tx.execute(_COUNT, {"ids": ids}).all())
    fits = []
    for one in fetches:
        count[one.invitation_id] = count.get(one.invitation_id, 0) + 1
        fits.append(count[one.invitation_id] <= MOST)
    add(tx, [one for one, fit in zip(fetches, fits, strict=True) if fit])
    return fits


def of_invitations(tx: sa.Connection, invitation_ids: Iterable[int], since: datetime) -> dict[int, list[Fetch]]:
    """Invitation → requests for its links after this moment, the oldest first; posts are not among them."""
    found: dict[int, list[Fetch]] = {}
    read = tx.execute(_OF, {"ids": list(invitation_ids), "since": since})
    for invitation_id, at, link, value, visitor in read:
        one = Fetch(invitation_id=invitation_id, at=at, link=link, value=value, visitor=visitor)
        found.setdefault(invitation_id, []).append(one)
    return found


def posted_by(tx: sa.Connection, visitors: Iterable[str], since: datetime) -> dict[str, set[str]]:
    """Visitor → whose invitations they posted for after this moment: persons, and invitations of nobody known."""
    found: dict[str, set[str]] = {}
    for visitor, invitation_id, person_id in tx.execute(_BY_VISITOR, {"visitors": list(visitors), "since": since}):
        found.setdefault(visitor, set()).add(of_whom(invitation_id, person_id))
    return found


def of_whom(invitation_id: int, person_id: int | None) -> str:
    """One name for each person; an invitation of nobody known stands for itself."""
    return f"invitation {invitation_id}" if person_id is None else f"person {person_id}"


def forget(tx: sa.Connection, before: datetime, limit: int) -> int:
    """Delete those older than this, at most ``limit``; how many."""
    old = sa.select(FETCH.c.id).where(FETCH.c.at < before).order_by(FETCH.c.at).limit(limit)
    return tx.execute(sa.delete(FETCH).where(FETCH.c.id.in_(old))).rowcount
