"""Addresses that do not work: marked, told to the CRM, and lifted again.

Called by deliver and bounces (a message did not arrive), invite and the last look (is the address marked?), and given_up.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from journey import belt as belts
from mapping import outward
from store import bad_addresses, ledger, messages, touchpoints, updates

REFUSED, BOUNCED, COMPLAINT = "refused", "bounced", "complaint"
"""How it came to be given up."""


def key(belt: belts.Belt, channel: str, address: str) -> str:
    """By which the store knows the address."""
    return bad_addresses.key(belt.secret, channel, address)


def marks(belt: belts.Belt, tx: sa.Connection, due: Iterable[messages.Outgoing]) -> dict[int, bad_addresses.Mark]:
    """Message id → the mark on its address, for those whose address is given up."""
    keys = {one.id: key(belt, one.channel, one.address) for one in due}
    found = bad_addresses.marked(tx, keys.values())
    return {i: found[one] for i, one in keys.items() if one in found}


def give_up(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, kind: str, code: str, problem: str) -> None:
    """Nothing is sent to this message's address any more; ``problem`` holds no address."""
    if one.address and bad_addresses.give_up(tx, _trouble(belt, one, kind, code, problem), belt.now()):
        _marked(belt, tx, one, kind, code)


def came_back(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, code: str, problem: str) -> None:
    """It did not arrive for a passing reason; the address is given up when that has happened several times."""
    limit = belt.settings.undelivered.soft
    if one.address and bad_addresses.came_back(tx, _trouble(belt, one, BOUNCED, code, problem), belt.now(), limit):
        _marked(belt, tx, one, BOUNCED, code)


def arrived(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing) -> None:
    """The far end says that the message is there."""
    if one.address:
        bad_addresses.arrived(tx, key(belt, one.channel, one.address))


def _trouble(belt: belts.Belt, one: messages.Outgoing, kind: str, code: str, problem: str) -> bad_addresses.Trouble:
    return bad_addresses.Trouble(
        key=key(belt, one.channel, one.address),
        channel=one.channel,
        person_id=one.waiting.person_id,
        message_id=one.id,
        kind=kind,
        code=code,
        problem=problem,
    )


def _marked(belt: belts.Belt, tx: sa.Connection, one: messages.Outgoing, kind: str, code: str) -> None:
    now = belt.now()
    detail = f"{one.channel} {kind} {code}".strip()
    line = ledger.Line(touchpoint_id=one.waiting.id, at=now, step="deliver", what="address_marked", detail=detail)
    ledger.note(tx, [line])
    told = ", ".join(filter(None, (kind, code)))
    words = f"{one.channel} address does not work since {now.date().isoformat()} ({told})"
    tell(tx, belt.targets, one.waiting, words, now)


def tell(tx: sa.Connection, targets: outward.Targets, waiting: touchpoints.Waiting, words: str | None, now: datetime) -> bool:
    """Queue it for the person's record, if settings name a field for it; None empties the field. Whether there is one."""
    connector, person = waiting.touch.connector, waiting.touch.person
    if person is None or not person.record or not person.object:
        return False
    if outward.Part.ADDRESS_PROBLEM not in targets.get(connector, {}).get(person.object, {}).values():
        return False
    fields: dict[str, Any] = {str(outward.Part.ADDRESS_PROBLEM): words}
    target = updates.Target(connector=connector, object=person.object, record=person.record, fields=fields)
    updates.tell(tx, {waiting.id: target}, now, topic="address")
    return True


def refused_words(found: Sequence[tuple[str, bad_addresses.Mark]]) -> str:
    """``the e-mail address does not work since …``, for every channel whose address is given up."""
    return "; ".join(f"the address for {channel} {mark.words}" for channel, mark in found)
