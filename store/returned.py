"""Messages that went and came back, and those that take their place over another channel.

Called by journey's bounces (settle what the far end reports) and fallback (the next channel).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import messages, outbox, rows, tables

MESSAGE = messages.MESSAGE
INVITATION = messages.INVITATION
TALLY = rows.table(tables.Tally)
_GONE = ("sent", "unsure")
"""States of a message that may come back; ``bounced`` came back already."""
ALIVE = ("due", "sending", "sent", "unsure")
"""States of a message that reaches, or may still reach, the person."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message that a report speaks of, as it stands."""

    message: messages.Outgoing
    state: str
    code: str
    sent_at: datetime | None
    delivered_at: datetime | None
    answered: bool


def find(tx: sa.Connection, references: Iterable[str]) -> dict[str, Sent]:
    """Reference → its message, for those that we sent; on PostgreSQL they are held until the transaction ends."""
    found: dict[str, Sent] = {}
    for chunk in rows.chunks(sorted(set(references) - {""})):
        query = (
            sa.select(MESSAGE, INVITATION.c.state.label("invitation_state"))
            .join(INVITATION, INVITATION.c.id == MESSAGE.c.invitation_id)
            .where(MESSAGE.c.reference.in_(chunk), MESSAGE.c.reference != "")
            .order_by(MESSAGE.c.id)
            .with_for_update(of=MESSAGE)
        )
        held = rows.as_dicts(tx.execute(query))
        loaded = {one.id: one for one in outbox.load(tx, [row["id"] for row in held], states=None)}
        for row in held:
            found[row["reference"]] = Sent(
                message=loaded[row["id"]],
                state=row["state"],
                code=row["code"],
                sent_at=row["sent_at"],
                delivered_at=row["delivered_at"],
                answered=row["invitation_state"] == "answered",
            )
    return found


def bounced(tx: sa.Connection, one: messages.Outgoing, code: str, problem: str, at: datetime) -> bool:
    """It came back as undeliverable; False when that is known, or it is not one that went."""
    went = sa.and_(MESSAGE.c.id == one.id, MESSAGE.c.state.in_(_GONE))
    if tx.execute(sa.update(MESSAGE).where(went).values(state="bounced", code=code, problem=problem)).rowcount == 0:
        return False
    messages.note(tx, one, at, "bounced", problem)
    return True


def delivered(tx: sa.Connection, one: messages.Outgoing, at: datetime) -> None:
    """The far end says that it is there: an unsure one did go."""
    here = MESSAGE.c.id == one.id
    tx.execute(sa.update(MESSAGE).where(here, MESSAGE.c.delivered_at.is_(None)).values(delivered_at=at))
    tx.execute(sa.update(MESSAGE).where(here, MESSAGE.c.state == "unsure").values(state="sent", sent_at=at, problem=""))


def channels_tried(tx: sa.Connection, invitation_id: int) -> set[str]:
    """Over which channels the invitation went or was tried, its reminders left out."""
    query = sa.select(MESSAGE.c.channel).where(MESSAGE.c.invitation_id == invitation_id, messages.not_a_reminder())
    return set(tx.execute(query).scalars())


def alive(tx: sa.Connection, invitation_id: int) -> bool:
    """Whether a message of the invitation reaches, or may still reach, the person."""
    query = sa.select(MESSAGE.c.id).where(MESSAGE.c.invitation_id == invitation_id, MESSAGE.c.state.in_(ALIVE))
    return tx.execute(query.limit(1)).first() is not None


def is_open(tx: sa.Connection, invitation_id: int, now: datetime) -> bool:
    """Whether the invitation can still be answered, and was not."""
    query = sa.select(INVITATION.c.id).where(INVITATION.c.id == invitation_id, *messages.answerable(now))
    return tx.execute(query.with_for_update()).first() is not None


def count(tx: sa.Connection, name: str, at: datetime) -> None:
    """One more of what came in from outside and led to nothing."""
    if tx.execute(sa.update(TALLY).where(TALLY.c.name == name).values(count=TALLY.c.count + 1, last_at=at)).rowcount == 0:
        rows.insert_new(tx, TALLY, [{"name": name, "count": 1, "last_at": at}])


def counted(tx: sa.Connection) -> dict[str, int]:
    """Name → how often."""
    return {row["name"]: row["count"] for row in rows.as_dicts(tx.execute(sa.select(TALLY).order_by(TALLY.c.name)))}


def last(tx: sa.Connection, name: str) -> datetime | None:
    """When it happened last; None: never."""
    return tx.execute(sa.select(TALLY.c.last_at).where(TALLY.c.name == name)).scalar()
