"""What ``palaute addresses`` shows and lifts: the addresses that are given up, by the record that showed it.

Called by commands/addresses.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from channels import address as mail_address
from journey.reaching import addresses
from mapping import outward
from store import bad_addresses, opened, people, stories, touchpoints
from triggers import touchpoint

Told = dict[str, Any]
GIVEN_UP, WATCHED = "given up", "watched"
"""Nothing is sent there; or some messages came back, too few so far."""


def listed(store: opened.Opened) -> list[Told]:
    """Every mark, the newest first; the address itself is masked."""
    with store.read() as tx:
        return [_told(row) for row in bad_addresses.listed(tx)]


def _told(row: Told) -> Told:
    return {
        "channel": row["channel"],
        "address": masked(row["address"]),
        "state": WATCHED if row["kind"] == bad_addresses.SOFT else GIVEN_UP,
        "kind": row["kind"],
        "code": row["code"],
        "problem": row["problem"],
        "since": row["since"].isoformat(timespec="seconds"),
        "messages": row["count"],
        "connector": row["connector"] or "",
        "object": row["object"] or "",
        "record": row["record"] or "",
        "label": row["label"] or "",
    }


def masked(address: str | None) -> str:
    """``a…@posti.example``, ``…67``; so much that whoever knows the address knows it again. Empty once it was forgotten."""
    if not address:
        return ""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…{at}{domain}" if at else f"…{address[-2:]}"


def lift(store: opened.Opened, secret: bytes, targets: outward.Targets, wanted: Sequence[str], now: datetime) -> int:
    """These work again, as somebody says: addresses, record ids, case or order numbers. How many marks were lifted.

    Where a person's record was told, it is told that it is over.
    """
    with store.write() as tx:
        every = bad_addresses.listed(tx)
        keys = {key for text in wanted for key in _meant(tx, secret, text.strip(), every)}
        for row in every:
            if row["key"] in keys and row["kind"] != bad_addresses.SOFT and row["touchpoint_id"] is not None:
                touch = touchpoints.load(tx, [row["touchpoint_id"]])[0]
                addresses.tell(tx, targets, touch, None, now)
        return bad_addresses.clear(tx, keys)


def _meant(tx: sa.Connection, secret: bytes, text: str, every: Sequence[Told]) -> set[str]:
    """Keys of the marks that a text means."""
    phone = (people.normal_phone(text) or "").removeprefix("tel:")
    written = {text, mail_address.normalised(text) or "", phone} - {""}
    own = {bad_addresses.key(secret, row["channel"], one) for row in every for one in written}
    keys = people.keys(secret, touchpoint.Recipient(email=text, phone=text))
    found = set(stories.find(tx, text, [key for key in (keys.email, keys.phone) if key is not None])) if text else set()
    by_address = {row["key"] for row in every if row["key"] in own}
    return by_address or {row["key"] for row in every if row["touchpoint_id"] in found}
