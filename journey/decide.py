"""decide: touchpoint → decision. Every touchpoint gets a verdict with a named reason; the judging itself is judging.py."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from journey import belt as belts
from journey import judging, poison
from store import decisions, people, touchpoints

log = structlog.get_logger("journey.decide")


def decide(belt: belts.Belt, _connector: str = "") -> int:
    """Decide everything that waits; how many were decided."""
    total = 0
    while not belt.stop.is_set():
        count = _batch(belt)
        total += count
        if count == 0:
            break
    if total:
        log.info("touchpoints decided", count=total)
    return total


def _batch(belt: belts.Belt) -> int:
    now = belt.now()
    with belt.store.write() as tx:
        ids = touchpoints.claim(tx, now, belt.settings.batch)
    poison.halved(ids, lambda some: _decide(belt, some, now), lambda one, error: _set_aside(belt, one, error, now))
    return len(ids)


def _decide(belt: belts.Belt, ids: Sequence[int], now: datetime) -> None:
    with belt.store.write() as tx:
        waiting = touchpoints.load(tx, ids)
        persons = [one.person_id for one in waiting if one.person_id is not None]
        known = judging.Known(opted_out=people.lock(tx, persons), asked=people.last_asked(tx, persons))
        judge = judging.Judge(rules=belt.rules, channels=belt.channels)
        made = {one.id: (one.person_id, verdict) for one, verdict in judge.batch(waiting, known, now)}
        decisions.put(tx, made, now)


def _set_aside(belt: belts.Belt, touchpoint_id: int, error: Exception, now: datetime) -> None:
    """This one cannot be decided: it is told why, and looked at again, each time after a longer rest."""
    with belt.store.write() as tx:
        again_at = now + touchpoints.rest(tx, touchpoint_id, now)
        decisions.put(tx, {touchpoint_id: (None, judging.unjudged(error, again_at))}, now)
    log.error("touchpoint cannot be decided", touchpoint=touchpoint_id, error=poison.where(error))
