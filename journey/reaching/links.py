"""The links and words that a message and a page share about one touchpoint; and the link on the CRM record.

Called by deliver and web (addresses), invite (a new invitation's link goes onto its record) and tidy (it leaves it again).
"""

from collections.abc import Iterable

import sqlalchemy as sa

from journey import belt as belts
from mapping import outward
from store import updates
from triggers import touchpoint

_SHORT = frozenset({"sms"})
"""Channels in whose messages every character counts."""


def root(belt: belts.Belt, channel: str) -> str:
    """The address that the links of this channel's messages begin with."""
    return belt.short_url if belt.short_url and channel in _SHORT else belt.public_url


def page(public_url: str, token: str) -> str:
    """The survey page of an invitation."""
    return f"{public_url.rstrip('/')}/s/{token}"


def unsubscribe(public_url: str, token: str) -> str:
    """RFC 8058 one-click address of an invitation."""
    return f"{public_url.rstrip('/')}/u/{token}"


def privacy(public_url: str, token: str) -> str:
    """What we keep of the answer to this invitation, for how long, and whom to ask."""
    return f"{public_url.rstrip('/')}/privacy/{token}"


def subject(touch: touchpoint.Touchpoint) -> str:
    """What the customer would call it: the case's subject, else the number or name of the record."""
    told = touch.context.get("subject")
    return str(told) if told else touch.label


def has_field(belt: belts.Belt, connector: str, object_name: str) -> bool:
    """Whether settings name a field for the link on records of this object."""
    return outward.Part.LINK in belt.targets.get(connector, {}).get(object_name, {}).values()


def put(belt: belts.Belt, tx: sa.Connection, invited: Iterable[tuple[int, touchpoint.Touchpoint, str]]) -> None:
    """(Touchpoint id, touchpoint, token) of new invitations: their links go onto the records that have a field for it."""
    told = {
        i: updates.Target(
            connector=touch.connector,
            object=touch.object,
            record=touch.record,
            fields={updates.LINK: page(belt.public_url, token)},
        )
        for i, touch, token in invited
        if has_field(belt, touch.connector, touch.object)
    }
    if told:
        updates.tell(tx, told, belt.now(), topic=updates.LINK)


def take_away(belt: belts.Belt) -> int:
    """Links of invitations that are over leave their records; how many.

    Of an anonymous survey they stay until it closes: a field that empties with the answer would tell who answered, and when.
    """
    apart = [key for key, asked in belt.surveys.items() if asked.anonymous]
    with belt.store.write() as tx:
        over = updates.links_over(tx, belt.settings.batch, apart, belt.now())
        told = {i: target for i, target in over.items() if has_field(belt, target.connector, target.object)}
        if told:
            updates.tell(tx, told, belt.now(), topic=updates.LINK_OVER)
    return len(told)
