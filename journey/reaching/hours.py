"""The send window right before sending: a message that was held up until its window closed waits for the next one.

Called by deliver.
"""

from collections.abc import Sequence
from datetime import datetime

from journey import belt as belts
from store import loads, messages
from triggers import timing

_WAITS = "it waits for the send window"


def keep(belt: belts.Belt, due: Sequence[messages.Outgoing], now: datetime) -> list[messages.Outgoing]:
    """Those whose window is open; the others are due again when it opens. Reminders keep the window too."""
    rules = belt.rules
    if rules.days(None) is None and all(rule.window is None for rule in rules.rules):
        return list(due)
    with belt.store.read() as tx:
        names = loads.rules_of(tx, [one.waiting.id for one in due])
    opens = {one.id: timing.opens(rules, rules.named(names.get(one.waiting.id, "")), one.waiting.touch, now) for one in due}
    closed = {i: at for i, at in opens.items() if at != now}
    if closed:
        with belt.store.write() as tx:
            for i, at in closed.items():
                messages.postpone(tx, i, at or datetime.max.replace(tzinfo=now.tzinfo), _WAITS)
    return [one for one in due if one.id not in closed]
