"""fallback: a message did not arrive, so the rule's next channel is tried; where there is none, the person was not asked.

Called by deliver and bounces, in the transaction that stores that the message did not arrive. Only one message of an invitation
is ever on its way: the next channel is tried when nothing on an earlier one can still reach the person, and each channel once.
"""

import sqlalchemy as sa

from journey import belt as belts
from journey import invite
from journey.reaching import addresses
from store import bad_addresses, decisions, ledger, messages, returned
from triggers import decision

_SEND = "fallback-{}"


def not_delivered(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, explanation: str, *, late: bool = False) -> None:
    """What follows a message that was refused, came back or was not sent to an address that is given up.

    ``late``: it came back too long after it went for another channel to be tried. A reminder ends alone: the person was asked.
    """
    if one.is_reminder or returned.alive(tx, one.invitation_id):
        return
    if not late and _next(belt, tx, one):
        return
    messages.end(tx, one.invitation_id)
    decisions.withdraw(tx, one.waiting.id, decision.Reason.UNDELIVERABLE, explanation)


def skip(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, explanation: str) -> None:
    """Its address was given up since it was made: it does not go, and the next channel is tried."""
    if one.is_reminder:
        messages.no_more(tx, one, str(decision.Reason.UNDELIVERABLE), explanation, belt.now())
    elif messages.hold(tx, one, str(decision.Reason.UNDELIVERABLE), explanation, belt.now()):
        not_delivered(belt, tx, one, explanation)


def _next(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing) -> bool:
    """The same question over the next channel; False where there is none, or the question is over."""
    now = belt.now()
    if not returned.is_open(tx, one.invitation_id, now):
        return False
    tried = returned.channels_tried(tx, one.invitation_id)
    found = _reachable(belt, tx, one, tried)
    if found is None:
        return False
    channel, address = found
    send = _SEND.format(len(tried))
    messages.drop_reminders(tx, one.invitation_id)
    key = invite.message_key(belt.secret, one.waiting, send)
    wanted = messages.Next(send=send, key=key, channel=channel, address=address, due_at=now)
    if not messages.follow(tx, one, wanted, now):
        return False
    line = ledger.Line(touchpoint_id=one.waiting.id, at=now, step="deliver", what="fallback", detail=channel)
    ledger.note(tx, [line])
    return True


def _reachable(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, tried: set[str]) -> tuple[str, str] | None:
    """The first of the rule's channels that was not tried and has an address for the person that is not given up."""
    person = one.waiting.touch.person
    for name in one.channels:
        channel = belt.channels.get(name)
        if name in tried or channel is None or person is None:
            continue
        address = channel.address(person)
        if address is not None and not bad_addresses.marked(tx, [addresses.key(belt, name, address)]):
            return name, address
    return None
