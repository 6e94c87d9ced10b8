"""The last look before a message goes out: is the case still closed, may this person still be asked?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from connectors import base
from journey import belt as belts
from journey import notice
from journey.reaching import addresses
from mapping import inward
from store import decisions, identities, loads, messages, outbox, people
from triggers import decision, restraint

Refusals = dict[int, tuple[decision.Reason, str]]
"""Message id → why it must not go, and the sentence for the admin."""


def look(
    belt: belts.Belt, connector: str, due: Sequence[messages.Outgoing], unseen: Sequence[messages.Outgoing] | None = None
) -> Refusals:
    """Which of these must not go; one call to the CRM for all of them. Raises Later and NeedsPerson.

    ``unseen``: those that the CRM has to be asked about; None: all.
    """
    refusals = _ours(belt, due)
    left = [one for one in (due if unseen is None else unseen) if one.id not in refusals]
    if left:
        with belt.outside.dealing_with(f"connectors.{connector}", lambda: notice.figures(belt, connector)):
            seen = _seen(belt, connector, left)
        refusals.update(_theirs(belt, connector, left, seen))
    return refusals


def _ours(belt: belts.Belt, due: Sequence[messages.Outgoing]) -> Refusals:
    """What we know without asking the CRM."""
    persons = {one.waiting.person_id for one in due if one.waiting.person_id is not None}
    with belt.store.read() as tx:
        said_no = people.opted_out(tx, persons)
        refused = identities.refused(tx, persons)
        asked_at = outbox.last_sent(tx, persons)
        marks = addresses.marks(belt, tx, due)
    refusals: Refusals = {}
    for one in due:
        if one.channel not in belt.channels:
            refusals[one.id] = decision.Reason.NO_ADDRESS, f"The channel {one.channel} is no longer configured."
        elif one.survey not in belt.surveys:
            refusals[one.id] = decision.Reason.UNUSABLE, f"The survey {one.survey} is no longer configured."
        elif one.waiting.person_id in said_no:
            refusals[one.id] = decision.Reason.OPTED_OUT, _SAID_NO
        elif refused.get(one.waiting.person_id or 0, {}).keys() - {one.waiting.touch.connector}:
            refusals[one.id] = decision.Reason.OPTED_OUT, _SAID_NO_ELSEWHERE
        elif one.id in marks:
            words = addresses.refused_words([(one.channel, marks[one.id])])
            refusals[one.id] = decision.Reason.UNDELIVERABLE, f"Nothing was sent: {words}."
        elif not one.is_reminder and _asked_meanwhile(belt, asked_at.get(one.waiting.person_id or 0)):
            refusals[one.id] = decision.Reason.QUARANTINED, _ASKED
    return refusals


def _asked_meanwhile(belt: belts.Belt, asked_at: datetime | None) -> bool:
    """A message that was held up may have gone since this was decided."""
    return asked_at is not None and belt.now() - asked_at < belt.rules.quiet.per_person


_ASKED = "The person was asked about something else after this was decided and before it went out."
_SAID_NO_ELSEWHERE = "The same person has opted out in another CRM, after this was decided and before it went out."
_SAID_NO = "The person asked us not to ask again, after this was decided and before it went out."


def _seen(belt: belts.Belt, connector: str, left: Sequence[messages.Outgoing]) -> Mapping[tuple[str, str], base.Change]:
    """(source, record) → the record as it is now."""
    records: dict[str, list[str]] = defaultdict(list)
    for one in left:
        records[one.waiting.touch.source].append(one.waiting.touch.record)
    sources = {source.name: source for source in belt.sources[connector]}
    looks = [inward.look(sources[name], sorted(set(ids))) for name, ids in records.items() if name in sources]
    return {(change.watch, change.record): change for change in belt.connectors[connector].look(looks)}


_BY_HAND = "link"
"""The channel by which nothing is sent: somebody hands the link on."""


def _theirs(
    belt: belts.Belt, connector: str, left: Sequence[messages.Outgoing], seen: Mapping[tuple[str, str], base.Change]
) -> Refusals:
    sources = {source.name: source for source in belt.sources[connector]}
    refusals: Refusals = {}
    lenient = _lenient(belt, left)
    for one in left:
        touch = one.waiting.touch
        change = seen.get((touch.source, touch.record))
        if touch.source not in sources or change is None:
            refusals[one.id] = (decision.Reason.DELETED, "The CRM no longer has this record.")
            continue
        refusal = inward.standing(
            sources[touch.source], touch, change, reopening=one.waiting.id not in lenient, addressed=one.channel != _BY_HAND
        )
        if refusal is not None:
            refusals[one.id] = refusal
    return refusals


def _lenient(belt: belts.Belt, left: Sequence[messages.Outgoing]) -> frozenset[int]:
    """Touchpoints whose rule asks about each closing by itself, re-opened or not."""
    words = {rule.name: rule.reopened for rule in belt.rules.rules if rule.reopened is restraint.Reopened.ONCE_PER_CLOSURE}
    if not words:
        return frozenset()
    with belt.store.read() as tx:
        names = loads.rules_of(tx, [one.waiting.id for one in left])
    return frozenset(i for i, name in names.items() if name in words)


def withdraw(tx: sa.Connection, one: messages.Outgoing, reason: decision.Reason, explanation: str, now: datetime) -> None:
    """Not asked after all: message and invitation end, the decision says why. A reminder ends alone: the person was asked."""
    if one.is_reminder:
        messages.no_more(tx, one, str(reason), explanation, now)
    elif messages.cancel(tx, one, str(reason), now):
        decisions.withdraw(tx, one.waiting.id, reason, explanation)
