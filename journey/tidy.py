"""tidy: free stalled claims, expire invitations, forget personal data on time."""

from datetime import timedelta

import structlog

from journey import belt as belts
from journey import settings
from journey.answering import anonymous
from journey.reaching import links
from store import fetches, forgetting, invitations, place_answers, unsure

log = structlog.get_logger("journey.tidy")
AT_ONCE = timedelta(0)
STALLED = timedelta(minutes=10)
"""A send that takes longer than this has died with its process; far above any channel's time-outs."""

TAPS_KEPT = timedelta(days=1)
"""How long it is known which answers at a place came from one hand: longer than any repeat is looked for."""

_FETCHES_AT_ONCE = 10_000
MOST_RESENDS = 2
"""Times a message is sent again that may have gone each time; after that it is parked also where settings say resend."""


def tidy(belt: belts.Belt, _connector: str = "") -> int:
    """Put in order what time has changed; how many things were."""
    return recover(belt, STALLED) + _expire(belt) + links.take_away(belt) + anonymous.mix(belt) + _forget(belt)


def recover(belt: belts.Belt, after: timedelta) -> int:
    """Sends whose process died: unsure from now on, and sent again where that is allowed. ``after`` nought: at the start of
    the only process there is."""
    repeatable = [name for name, channel in belt.channels.items() if channel.repeatable]
    others = [name for name in belt.channels if name not in repeatable and belt.settings.unsure is settings.Unsure.RESEND]
    with belt.store.write() as tx:
        stalled = unsure.stalled(tx, belt.now(), after)
        again = unsure.send_again(tx, belt.now(), channels=repeatable)
        again += unsure.send_again(tx, belt.now(), channels=others, most=MOST_RESENDS)
    if stalled:
        log.warning("sends that may or may not have gone", count=stalled, sent_again=again)
    return stalled + again


def _expire(belt: belts.Belt) -> int:
    with belt.store.write() as tx:
        expired = invitations.expire(tx, belt.now())
    if expired:
        log.info("invitations expired", count=expired)
    return expired


def _forget(belt: belts.Belt) -> int:
    with belt.store.write() as tx:
        place_answers.forget_taps(tx, belt.now() - TAPS_KEPT)
        fetches.forget(tx, belt.now() - fetches.KEPT, limit=_FETCHES_AT_ONCE)
        forgotten = forgetting.forget(tx, belt.now() - belt.settings.forget, limit=belt.settings.batch)
    if forgotten:
        log.info("personal data forgotten", touchpoints=forgotten)
    return forgotten
