"""decide: touchpoint → decision. Every touchpoint gets a verdict with a named reason; the judging itself is triggers.decide."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from journey import belt as belts
from journey import poison
from store import decisions, people, touchpoints
from triggers import decide as judge
from triggers import decision, history

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
        opted_out = people.lock(tx, persons)
        asked = people.last_asked(tx, persons)
        made: dict[int, tuple[int | None, decision.Decision]] = {}
        for one in _in_order(belt, waiting):
            who = one.person_id
            past = _past(belt, one, opted_out.get(who) if who else None, asked.get(who) if who else None)
            verdict = judge.decide(one.touch, belt.rules, past, now)
            made[one.id] = (who, verdict)
            if verdict.plan is not None and who is not None:
                asked[who] = max(verdict.plan.due_at, asked.get(who, verdict.plan.due_at))
        decisions.put(tx, made, now)


def _set_aside(belt: belts.Belt, touchpoint_id: int, error: Exception, now: datetime) -> None:
    """This one cannot be decided: it is told why, and looked at again, each time after a longer rest."""
    with belt.store.write() as tx:
        again_at = now + touchpoints.rest(tx, touchpoint_id, now)
        words = f"The record could not be judged, for a reason of our own ({type(error).__name__}); it is looked at again."
        verdict = decision.Decision(
            verdict=decision.Verdict.LATER, reason=decision.Reason.UNUSABLE, explanation=words, look_again_at=again_at
        )
        decisions.put(tx, {touchpoint_id: (None, verdict)}, now)
    log.error("touchpoint cannot be decided", touchpoint=touchpoint_id, error=poison.where(error))


def _in_order(belt: belts.Belt, waiting: Sequence[touchpoints.Waiting]) -> list[touchpoints.Waiting]:
    """Where several touchpoints want one person, the rule with the higher priority is served first, then the older touchpoint."""

    def rank(one: touchpoints.Waiting) -> tuple[int, datetime, int]:
        winner, _ = judge.examine(one.touch, belt.rules)
        return (-winner.priority if winner is not None else 0, one.touch.happened_at, one.id)

    return sorted(waiting, key=rank)


def _past(
    belt: belts.Belt, one: touchpoints.Waiting, opted_out_at: datetime | None, asked_at: datetime | None
) -> history.History:
    person = one.touch.person
    reachable = frozenset(
        name for name, channel in belt.channels.items() if person is not None and channel.address(person) is not None
    )
    return history.History(opted_out_at=opted_out_at, asked_at=asked_at, reachable=reachable)
