"""The pace of a channel, kept without waiting: a message whose turn is later is due again at its turn, and the others go on.

Called by deliver, before the last look, and again in the transaction that claims a message, since a look takes time. So that a
slow pace does not cost a call to the CRM per message, a look takes along what has its turn while it holds; what it saw is
remembered in this process for that long.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from journey import belt as belts
from store import messages, outbox

HOLDS = timedelta(minutes=1)
"""How old a last look may be: where sending takes longer, the rest is looked at again."""


def keep(belt: belts.Belt, due: Sequence[messages.Outgoing], now: datetime) -> list[messages.Outgoing]:
    """Those whose turn it is; the others are due again at theirs."""
    if not _paced(belt):
        return list(due)
    turns = {one.id: _turn(belt, one, now) for one in due}
    held = {i: at for i, at in turns.items() if at > now}
    if held:
        with belt.store.write() as tx:
            for i, at in held.items():
                messages.postpone(tx, i, at, outbox.HELD)
    return [one for one in due if one.id not in held]


def postponed(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing) -> bool:
    """Whether others went so late that this one would come too close after them: then it waits for a moment more."""
    now, channel = belt.now(), belt.channels[one.channel]
    at = channel.leaves(one.key, one.address, now) if channel.paced else now
    if at > now:
        messages.postpone(tx, one.id, at, outbox.HELD)
    return at > now


def _paced(belt: belts.Belt) -> bool:
    return any(channel.paced for channel in belt.channels.values())


def _turn(belt: belts.Belt, one: messages.Outgoing, now: datetime) -> datetime:
    channel = belt.channels.get(one.channel)
    return now if channel is None else channel.turn(one.key, one.address, now)


def ahead(belt: belts.Belt, connector: str, due: Sequence[messages.Outgoing], now: datetime) -> list[messages.Outgoing]:
    """What is to be looked at together with these: what the pace holds and lets go while the look holds."""
    if not _paced(belt) or not unseen(belt, due, now):
        return []
    with belt.store.read() as tx:
        ids = outbox.held(tx, connector, now + HOLDS, belt.settings.batch)
        return outbox.load(tx, [i for i in ids if i not in {one.id for one in due}])


def unseen(belt: belts.Belt, due: Sequence[messages.Outgoing], now: datetime) -> list[messages.Outgoing]:
    """Those that were not looked at within the time that a look holds."""
    return [one for one in due if now - belt.looked.get(one.id, datetime.min.replace(tzinfo=now.tzinfo)) >= HOLDS]


def seen(belt: belts.Belt, looked_at: Sequence[messages.Outgoing], now: datetime) -> None:
    """These were looked at, and nothing speaks against them."""
    if not _paced(belt):
        return
    for i in [i for i, at in list(belt.looked.items()) if now - at >= HOLDS]:
        belt.looked.pop(i, None)
    belt.looked.update({one.id: now for one in looked_at})


def until(belt: belts.Belt, due: Sequence[messages.Outgoing], now: datetime) -> datetime:
    """How long the oldest look at one of these holds."""
    return min((belt.looked.get(one.id, now) for one in due), default=now) + HOLDS
