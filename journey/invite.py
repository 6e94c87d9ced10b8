"""invite: yes → invitation with its survey, language, channel, due time and secret link."""

import hashlib
import hmac
import secrets

import structlog

from journey import belt as belts
from store import decisions, messages, touchpoints
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
    now = belt.now()
    with belt.store.write() as tx:
        planned = decisions.to_invite(tx, belt.settings.batch)
        invited = [_invitation(belt, waiting, plan) for waiting, plan in planned]
        messages.invite(tx, [one for one in invited if one is not None], now)
        decisions.invited(tx, [waiting.id for waiting, _ in planned])
        for (waiting, _), one in zip(planned, invited, strict=True):
            if one is None:
                explanation = "The channel that the rule names is no longer configured."
                decisions.withdraw(tx, waiting.id, decision.Reason.NO_ADDRESS, explanation)
    return len(planned)


def _invitation(belt: belts.Belt, waiting: touchpoints.Waiting, plan: decision.Plan) -> messages.Invited | None:
    person = waiting.touch.person
    for name in plan.channels:
        channel = belt.channels.get(name)
        address = None if person is None or channel is None else channel.address(person)
        if person is not None and address is not None:
            return messages.Invited(
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
            )
    return None


def message_key(secret: bytes, waiting: touchpoints.Waiting, send: str) -> str:
    """The same for the same send of the same touchpoint, for ever: Message-ID and idempotency key are made of it."""
    touch = waiting.touch
    text = "\n".join((touch.connector, touch.kind, touch.record, touch.occurrence, send))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32]
