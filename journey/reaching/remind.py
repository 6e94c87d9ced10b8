"""remind: what follows a message that went. A reminder is a message like any other, with a last look of its own.

Called by deliver, in the transaction that stores that a message went. Reminders are part of the same asking: they neither begin
a quarantine nor wait for one. An answer, the survey's end and a last look that says no stop them.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from journey import belt as belts
from journey import invite
from store import messages

_SEND = "reminder-{}"


def sent(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, reference: str, at: datetime) -> None:
    """The transport took this message: that is stored, and with it the reminder that follows, if the survey is still open then.

    Only ever the next one: where a reminder is held up, the one after it keeps its distance rather than overtake it.
    """
    messages.sent(tx, one, reference, at)
    number = int(one.send.rpartition("-")[2]) if one.is_reminder else 0
    if number >= len(one.remind):
        return
    before = one.remind[number - 1] if number else timedelta()
    due_at = at + one.remind[number] - before
    if due_at < one.expires_at:
        send = _SEND.format(number + 1)
        key = invite.message_key(belt.secret, one.waiting, send)
        wanted = messages.Next(send=send, key=key, channel=one.channel, address=one.address, due_at=due_at)
        messages.follow(tx, one, wanted, at)
