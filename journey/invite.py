"""invite: yes → invitation with its survey, language, channel, due time and secret link."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

import structlog

from journey import belt as belts
from journey import poison, variants
from store import decisions, invitations, touchpoints
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
        invited = [_invitation(belt, wanted) for wanted in planned]
        invitations.invite(tx, [one for one in invited if one is not None], belt.now())
        decisions.invited(tx, [wanted.waiting.id for wanted in planned])
        for wanted, one in zip(planned, invited, strict=True):
            if one is None:
                explanation = "The channel that the rule names is no longer configured."
                decisions.withdraw(tx, wanted.waiting.id, decision.Reason.NO_ADDRESS, explanation)


def _set_aside(belt: belts.Belt, touchpoint_id: int, error: Exception) -> None:
    """This one cannot be invited: nobody is asked, and the decision says so."""
    words = f"The invitation could not be made, for a reason of our own ({type(error).__name__})."
    with belt.store.write() as tx:
        decisions.withdraw(tx, touchpoint_id, decision.Reason.UNUSABLE, words)
    log.error("touchpoint cannot be invited", touchpoint=touchpoint_id, error=poison.where(error))


def _invitation(belt: belts.Belt, wanted: decisions.Wanted) -> invitations.Invited | None:
    waiting, plan = wanted.waiting, wanted.plan
    person = waiting.touch.person
    for name in plan.channels:
        channel = belt.channels.get(name)
        address = None if person is None or channel is None else channel.address(person)
        if person is not None and address is not None:
            return invitations.Invited(
                touchpoint_id=waiting.id,
                person_id=waiting.person_id,
                token=secrets.token_urlsafe(_TOKEN_BYTES),
                key=message_key(belt.secret, waiting, "invitation"),
                survey=plan.survey,
                language=language.known(person.language, belt.brand.languages, belt.brand.default_language),
                connector=waiting.touch.connector,
                channel=name,
                address=address,
                due_at=plan.due_at,
                expires_at=plan.expires_at,
                variant=plan.variant,
                words=variants.words(belt.rules, wanted.rule, plan.variant),
            )
    return None


def message_key(secret: bytes, waiting: touchpoints.Waiting, send: str) -> str:
    """The same for the same send of the same touchpoint, for ever: Message-ID and idempotency key are made of it."""
    touch = waiting.touch
    text = "\n".join((touch.connector, touch.kind, touch.record, touch.occurrence, send))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32]
