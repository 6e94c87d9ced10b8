"""decide: touchpoint → decision. Every touchpoint gets a verdict with a named reason; the judging itself is judging.py."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from journey import belt as belts
from journey import poison
from journey.deciding import judging, knowledge, late, verdicts
from store import decisions, loads, touchpoints

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
    late.learn(belt, ids)
    poison.halved(ids, lambda some: _decide(belt, some, now), lambda one, error: _set_aside(belt, one, error, now))
    return len(ids)


def _decide(belt: belts.Belt, ids: Sequence[int], now: datetime) -> None:
    with belt.store.write() as tx:
        waiting = touchpoints.load(tx, ids)
        judge = judging.Judge(rules=belt.rules, channels=belt.channels)
        known = knowledge.known(tx, judge, waiting, now)
        made = {one.id: (one.person_id, verdict) for one, verdict in judge.batch(waiting, known, now)}
        decisions.put(tx, made, now, tell=verdicts.wanted(belt, waiting))
        gone = touchpoints.load(tx, known.displaced)
        loads.take_back(tx, known.displaced, now)
        decisions.put(tx, {one.id: (one.person_id, judging.gave_way(now)) for one in gone}, now, tell=verdicts.wanted(belt, gone))


def _set_aside(belt: belts.Belt, touchpoint_id: int, error: Exception, now: datetime) -> None:
    """This one cannot be decided: it is told why, and looked at again, each time after a longer rest."""
    with belt.store.write() as tx:
        again_at = now + touchpoints.rest(tx, touchpoint_id, now)
        decisions.put(tx, {touchpoint_id: (None, judging.unjudged(error, again_at))}, now)
    log.error("touchpoint cannot be decided", touchpoint=touchpoint_id, error=poison.where(error))
