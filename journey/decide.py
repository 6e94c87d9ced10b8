"""decide: touchpoint → decision. Every touchpoint gets a verdict with a named reason; the judging itself is triggers.decide."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from journey import belt as belts
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
        waiting = touchpoints.to_decide(tx, now, belt.settings.batch)
        if not waiting:
            return 0
        touchpoints.postpone(tx, [one.id for one in waiting], now + touchpoints.RETRY)
    with belt.store.write() as tx:
        persons = [one.person_id for one in waiting if one.person_id is not None]
        opted_out = people.lock(tx, persons)
        asked = people.last_asked(tx, persons)
        made: dict[int, tuple[int | None, decision.Decision]] = {}
        for one in _in_order(belt, waiting):
            who = one.person_id or 0
            past = _past(belt, one, opted_out.get(who), asked.get(who))
            verdict = judge.decide(one.touch, belt.rules, past, now)
            made[one.id] = (one.person_id, verdict)
            if verdict.plan is not None:
                asked[who] = max(verdict.plan.due_at, asked.get(who, verdict.plan.due_at))
        decisions.put(tx, made, now)
    return len(waiting)


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
