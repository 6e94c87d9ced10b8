"""Texts that went: whom a number was used for last, and those that a gateway speaks of by our key.

Called by journey's replies.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import ledger, messages

MESSAGE = messages.MESSAGE
INVITATION = messages.INVITATION
_BY_TEXT = sa.text("message.channel = 'sms'")
"""Word for word the condition of the index."""


@dataclass(frozen=True, kw_only=True)
class Last:
    """The latest text to a number."""

    person_id: int | None
    touchpoint_id: int


def last(tx: sa.Connection, number: str) -> Last | None:
    """To whom, and about what, the latest text to this number went or may have gone; None when there was none."""
    query = (
        sa.select(INVITATION.c.person_id, INVITATION.c.touchpoint_id)
        .join(MESSAGE, MESSAGE.c.invitation_id == INVITATION.c.id)
        .where(_BY_TEXT, MESSAGE.c.address == number, MESSAGE.c.state.in_(("sending", "sent", "unsure", "bounced")))
        .order_by(MESSAGE.c.id.desc())
    )
    row = tx.execute(query.limit(1)).first()
    return None if row is None else Last(person_id=row[0], touchpoint_id=row[1])


def recognise(tx: sa.Connection, key: str, reference: str, at: datetime) -> None:
    """The gateway has the text with this key under this reference: nobody need be unsure any more whether it went."""
    if not key or not reference:
        return
    here = sa.and_(MESSAGE.c.key == key, MESSAGE.c.reference == "", MESSAGE.c.state.in_(("sending", "unsure")))
    query = (
        sa.select(MESSAGE.c.id, MESSAGE.c.state, INVITATION.c.touchpoint_id)
        .join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
        .where(here)
        .with_for_update(of=MESSAGE)
    )
    row = tx.execute(query).first()
    if row is None:
        return
    went = {} if row.state == "sending" else {"state": "sent", "sent_at": at, "problem": ""}
    tx.execute(sa.update(MESSAGE).where(MESSAGE.c.id == row.id).values(reference=reference, **went))
    if went:
        ledger.note(tx, [ledger.Line(touchpoint_id=row.touchpoint_id, at=at, step="deliver", what="sent", detail="sms")])
