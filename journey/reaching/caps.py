"""The daily cap of a channel whose messages cost money: what is above it waits for the next day.

Called by deliver, before the last look (so that none is made in vain) and again in the transaction that claims a message, so that
the cap holds exactly. A day is the brand's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from journey import belt as belts
from store import messages, outbox

WAITS = "the daily cap of the channel is reached, so it waits for the next day"


def keep(belt: belts.Belt, due: Sequence[messages.Outgoing], now: datetime) -> list[messages.Outgoing]:
    """Those that still have room today; the others are due again tomorrow."""
    capped = {name: channel.daily_cap for name, channel in belt.channels.items() if channel.daily_cap is not None}
    if not any(one.channel in capped for one in due):
        return list(due)
    begin, end = _day(belt, now)
    taken: Counter[str] = Counter()
    with belt.store.read() as tx:
        went = {name: outbox.went(tx, name, begin) for name in capped}
    kept: list[messages.Outgoing] = []
    above: list[messages.Outgoing] = []
    for one in due:
        cap = capped.get(one.channel)
        has_room = cap is None or went[one.channel] + taken[one.channel] < cap
        taken[one.channel] += has_room
        (kept if has_room else above).append(one)
    if above:
        with belt.store.write() as tx:
            for one in above:
                messages.postpone(tx, one.id, end, WAITS)
    return kept


def postponed(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing) -> bool:
    """Whether the channel's cap is reached: then the message is due again tomorrow."""
    cap = belt.channels[one.channel].daily_cap
    if cap is None:
        return False
    begin, end = _day(belt, belt.now())
    if outbox.went(tx, one.channel, begin) < cap:
        return False
    messages.postpone(tx, one.id, end, WAITS)
    return True


def _day(belt: belts.Belt, now: datetime) -> tuple[datetime, datetime]:
    """From midnight to midnight around ``now``, by the brand's clock."""
    zone = ZoneInfo(belt.brand.time_zone)
    today = now.astimezone(zone).date()
    return datetime.combine(today, time(), zone), datetime.combine(today + timedelta(days=1), time(), zone)
