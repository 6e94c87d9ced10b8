"""Addresses that do not work, each known by a keyed hash: nothing is sent to them until somebody lifts the mark.

Called by invite and the last look (is it marked?), by deliver and bounces (mark it), by ``palaute addresses`` (list and lift).
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import messages, rows, tables, touchpoints

BAD = rows.table(tables.BadAddress)
SOFT = "soft"
"""Not marked yet: messages came back for passing reasons."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What went wrong with one message to one address."""

    key: str
    channel: str
    person_id: int | None
    message_id: int
    kind: str
    """As in ``tables.BadAddress``."""
    code: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An address that is given up."""

    since: datetime
    kind: str
    code: str

    @property
    def words(self) -> str:
        """``does not work since 2026-03-02 (bounced, 5.1.1)``."""
        told = ", ".join(filter(None, (self.kind, self.code)))
        return f"does not work since {self.since.date().isoformat()} ({told})"


def key(secret: bytes, channel: str, address: str) -> str:
    """The HMAC of channel and address (as the channel normalises it), upper and lower case being the same."""
    return hmac.new(secret, f"{channel}\n{address.casefold()}".encode(), hashlib.sha256).hexdigest()


def marked(tx: sa.Connection, keys: Iterable[str]) -> dict[str, Mark]:
    """Those of these addresses that are given up, by key."""
    found: dict[str, Mark] = {}
    for chunk in rows.chunks(sorted(set(keys))):
        query = sa.select(BAD.c.key, BAD.c.since, BAD.c.kind, BAD.c.code).where(BAD.c.key.in_(chunk), BAD.c.kind != SOFT)
        found.update((row.key, Mark(since=row.since, kind=row.kind, code=row.code)) for row in tx.execute(query))
    return found


def give_up(tx: sa.Connection, one: Trouble, at: datetime) -> bool:
    """Mark the address; False when it was marked already."""
    known = _known(tx, one.key)
    if known is None:
        return bool(rows.insert_new(tx, BAD, [_row(one, at)]))
    if known.kind != SOFT:
        return False
    _change(tx, one, since=at, kind=one.kind, count=known.count + 1)
    return True


def came_back(tx: sa.Connection, one: Trouble, at: datetime, limit: int) -> bool:
    """One more message that did not arrive for a passing reason; True when the address is given up with it."""
    known = _known(tx, one.key)
    if known is not None and known.kind != SOFT:
        return False
    count = 1 if known is None else known.count + 1
    over = count >= limit
    kind = one.kind if over else SOFT
    if known is None:
        rows.insert_new(tx, BAD, [_row(one, at) | {"kind": kind}])
    else:
        _change(tx, one, since=at, kind=kind, count=count)
    return over


def arrived(tx: sa.Connection, address_key: str) -> None:
    """A message arrived, or was answered: what came back before was passing indeed. A mark stays."""
    tx.execute(sa.delete(BAD).where(BAD.c.key == address_key, BAD.c.kind == SOFT))


def _known(tx: sa.Connection, address_key: str) -> Any:
    return tx.execute(sa.select(BAD.c.kind, BAD.c.count).where(BAD.c.key == address_key).with_for_update()).first()


def _change(tx: sa.Connection, one: Trouble, **values: Any) -> None:
    told = {"code": one.code, "problem": one.problem, "message_id": one.message_id}
    tx.execute(sa.update(BAD).where(BAD.c.key == one.key).values(**told, **values))


def _row(one: Trouble, at: datetime) -> dict[str, Any]:
    return {
        "key": one.key,
        "channel": one.channel,
        "person_id": one.person_id,
        "since": at,
        "kind": one.kind,
        "code": one.code,
        "problem": one.problem,
        "count": 1,
        "message_id": one.message_id,
    }


def listed(tx: sa.Connection, keys: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Every mark, the newest first, with the record that showed it and (until it is forgotten) the address itself.

    ``keys`` narrows it to some. Addresses that merely had messages come back are among them, as ``soft``.
    """
    touch, message, invitation = touchpoints.TOUCHPOINT, messages.MESSAGE, messages.INVITATION
    columns = (message.c.address, touch.c.connector, touch.c.object, touch.c.record, touch.c.label, touch.c.recipient)
    query = (
        sa.select(BAD, *columns, touch.c.id.label("touchpoint_id"), touch.c.source)
        .outerjoin(message, message.c.id == BAD.c.message_id)
        .outerjoin(invitation, invitation.c.id == message.c.invitation_id)
        .outerjoin(touch, touch.c.id == invitation.c.touchpoint_id)
        .order_by(BAD.c.since.desc(), BAD.c.key)
    )
    if keys is not None:
        query = query.where(BAD.c.key.in_(list(keys)))
    return rows.as_dicts(tx.execute(query))


def clear(tx: sa.Connection, keys: Iterable[str]) -> int:
    """These addresses work again, as somebody says; how many were known."""
    return sum(tx.execute(sa.delete(BAD).where(BAD.c.key.in_(chunk))).rowcount for chunk in rows.chunks(sorted(set(keys))))


def counted(tx: sa.Connection) -> dict[str, int]:
    """How many addresses are ``given_up``, and how many are ``watched`` because messages came back."""
    query = sa.select(BAD.c.kind, sa.func.count()).group_by(BAD.c.kind)
    by_kind = {str(kind): int(count) for kind, count in tx.execute(query)}
    watched = by_kind.pop(SOFT, 0)
    return {"given_up": sum(by_kind.values()), "watched": watched}
