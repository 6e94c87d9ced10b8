"""invite: yes → invitation with its survey, language, channel, due time and secret link."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
import structlog

from journey import belt as belts
from journey import poison
from journey.reaching import addresses, links, variants
from store import bad_addresses, decisions, invitations, touchpoints
from surveys import language
from triggers import decision

log = structlog.get_logger("journey.invite")
_TOKEN_BYTES = 16
"""128 random bits: 22 characters in a link, short enough for a text message, far too many to guess."""


def invite(belt: belts.Belt, _connector: str = "") -> int:
    """Make the invitations that decisions ask for; how many."""
    total = 0
    while not belt.stop.is_set():
        count = _batch(belt)
        total += count
        if count == 0:
            break
    return total


def _batch(belt: belts.Belt) -> int:
    with belt.store.read() as tx:
        ids = decisions.to_invite(tx, belt.settings.batch)
    poison.halved(ids, lambda some: _invite(belt, some), lambda one, error: _set_aside(belt, one, error))
    return len(ids)


def _invite(belt: belts.Belt, ids: Sequence[int]) -> None:
    with belt.store.write() as tx:
        planned = decisions.claim(tx, ids)
        bad = _given_up(belt, tx, planned)
        invited = [_invitation(belt, wanted, bad) for wanted in planned]
        invitations.invite(tx, [one for one in invited if one is not None], belt.now())
        decisions.invited(tx, [wanted.waiting.id for wanted in planned])
        made = [(wanted.waiting, one.token) for wanted, one in zip(planned, invited, strict=True) if one is not None]
        links.put(belt, tx, [(waiting.id, waiting.touch, token) for waiting, token in made])
        for wanted, one in zip(planned, invited, strict=True):
            if one is None:
                decisions.withdraw(tx, wanted.waiting.id, *_unreachable(belt, wanted, bad))


def _set_aside(belt: belts.Belt, touchpoint_id: int, error: Exception) -> None:
    """This one cannot be invited: nobody is asked, and the decision says so."""
    words = f"The invitation could not be made, for a reason of our own ({type(error).__name__})."
    with belt.store.write() as tx:
        decisions.withdraw(tx, touchpoint_id, decision.Reason.UNUSABLE, words)
    log.error("touchpoint cannot be invited", touchpoint=touchpoint_id, error=poison.where(error))


def _reachable(belt: belts.Belt, wanted: decisions.Wanted) -> Iterator[tuple[str, str, str]]:
    """Each of the rule's channels that has an address for the person: its name, the address and the key of the address."""
    person = wanted.waiting.touch.person
    for name in wanted.plan.channels:
        channel = belt.channels.get(name)
        address = None if person is None or channel is None else channel.address(person)
        if address is not None:
            yield name, address, addresses.key(belt, name, address)


def _given_up(belt: belts.Belt, tx: sa.Connection, planned: Sequence[decisions.Wanted]) -> Mapping[str, bad_addresses.Mark]:
    """The marks on the addresses of these people, by the addresses' keys."""
    return bad_addresses.marked(tx, [key for wanted in planned for _, _, key in _reachable(belt, wanted)])


def _unreachable(
    belt: belts.Belt, wanted: decisions.Wanted, bad: Mapping[str, bad_addresses.Mark]
) -> tuple[decision.Reason, str]:
    """Why there is no invitation, and the sentence for the admin."""
    marked = [(name, bad[key]) for name, _, key in _reachable(belt, wanted) if key in bad]
    if marked:
        return decision.Reason.UNDELIVERABLE, f"Nobody was asked: {addresses.refused_words(marked)}."
    return decision.Reason.NO_ADDRESS, "The channel that the rule names is no longer configured."


def _invitation(belt: belts.Belt, wanted: decisions.Wanted, bad: Mapping[str, bad_addresses.Mark]) -> invitations.Invited | None:
    """By the first channel that the person can be reached by; None where there is none."""
    found = next(((name, address) for name, address, key in _reachable(belt, wanted) if key not in bad), None)
    waiting, plan = wanted.waiting, wanted.plan
    if found is None or waiting.touch.person is None:
        return None
    channel, address = found
    return invitations.Invited(
        touchpoint_id=waiting.id,
        person_id=waiting.person_id,
        token=secrets.token_urlsafe(_TOKEN_BYTES),
        key=message_key(belt.secret, waiting, "invitation"),
        survey=plan.survey,
        language=language.known(waiting.touch.person.language, belt.brand.languages, belt.brand.default_language),
        connector=waiting.touch.connector,
        channel=channel,
        address=address,
        due_at=plan.due_at,
        expires_at=plan.expires_at,
        variant=plan.variant,
        words=variants.words(belt.rules, wanted.rule, plan.variant),
    )


def message_key(secret: bytes, waiting: touchpoints.Waiting, send: str) -> str:
    """The same for the same send of the same touchpoint, for ever: Message-ID and idempotency key are made of it."""
    touch = waiting.touch
    text = "\n".join((touch.connector, touch.kind, touch.record, touch.occurrence, send))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32]
