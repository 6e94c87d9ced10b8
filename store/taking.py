"""What a batch of posts came to, stored in a few statements for all of them.

Called by journey/answering inside the writer's transaction; holding.py has what they are judged by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import answers, fetches, holding, ledger, messages, rows, updates

ANSWER = answers.ANSWER
INVITATION = messages.INVITATION
UPDATE = updates.UPDATE


@dataclass(kw_only=True, slots=True)
class New:
    """An answer to store, with the field updates that carry it to the CRM. Its state may still change within the batch."""

    invited: holding.Invited
    version: int
    state: str
    value: int
    comment: str = field(repr=False)
    extras: Mapping[str, Any] = field(repr=False)
    nonce: str | None
    at: datetime
    sign: str = ""
    doubt: str = ""
    language: str = ""
    channel: str = ""
    device: str = ""
    wording: str = ""
    visitor: str = ""
    targets: Sequence[updates.Target] = ()

    @property
    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {
            "invitation_id": self.invited.id,
            "version": self.version,
            "state": self.state,
            "value": self.value,
            "comment": self.comment,
            "extras": dict(self.extras) if self.extras else None,
            "nonce": self.nonce,
            "at": self.at,
            "sign": self.sign,
            "doubt": self.doubt,
            "language": self.language,
            "channel": self.channel,
            "device": self.device,
            "wording": self.wording,
            "visitor": self.visitor or None,
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a batch came to."""

    new: Sequence[New] = ()
    replaced: Sequence[int] = ()
    """Ids of stored answers that gave way: counting ones, taps, and doubtful ones that a person confirmed."""
    changed: Sequence[int] = ()
    """Touchpoints that had an answer that counted: what still waits to be written of it gives way."""
    settled: Sequence[int] = ()
    """Invitations that something was still to be sent for, or had perhaps been sent for."""
    lines: Sequence[ledger.Line] = ()
    posts: Sequence[fetches.Fetch] = ()


_COUNTING = sa.select(ANSWER.c.invitation_id, ANSWER.c.id).where(
    rows.among(ANSWER.c.invitation_id, "ids"), ANSWER.c.state == "confirmed"
)
_REPLACE = sa.update(ANSWER).where(rows.among(ANSWER.c.id, "ids")).values(state="replaced")
_ANSWERED = sa.update(INVITATION).where(rows.among(INVITATION.c.id, "ids")).values(state="answered")
_GIVE_WAY = (
    sa.update(UPDATE)
    .where(
        rows.among(UPDATE.c.touchpoint_id, "ids"),
        UPDATE.c.answer_id.is_not(None),
        UPDATE.c.state.in_(("due", "dead")),
    )
    .values(state="replaced")
)


def keep(tx: sa.Connection, outcome: Outcome) -> None:
    """Store what a batch came to."""
    _for_all(tx, _REPLACE, outcome.replaced)
    _for_all(tx, _GIVE_WAY, outcome.changed)
    rows.insert(tx, ANSWER, [one.row for one in outcome.new])
    counting = [one for one in outcome.new if one.state == "confirmed"]
    _for_all(tx, _ANSWERED, [one.invited.id for one in counting])
    for invitation_id in outcome.settled:
        messages.answered(tx, invitation_id)
    _queue(tx, counting)
    ledger.note(tx, outcome.lines)
    fetches.add(tx, outcome.posts)


def _queue(tx: sa.Connection, counting: Sequence[New]) -> None:
    """Field updates for these. Their ids are asked for, which is faster than having SQLite return them row by row."""
    told = [one.invited.id for one in counting if one.targets]
    if not told:
        return
    ids: dict[int, int] = dict(tx.execute(_COUNTING, {"ids": told}).all())
    waiting = [
        updates.row(ids[one.invited.id], one.invited.touchpoint_id, target, one.at) for one in counting for target in one.targets
    ]
    rows.insert(tx, UPDATE, waiting)


def _for_all(tx: sa.Connection, statement: sa.Update, ids: Sequence[int]) -> None:
    if ids:
        tx.execute(statement, {"ids": ids})
