"""What the store knows of a batch's people, accounts and records, as deciding needs it.

Called by the decide step. Only what the rules count is looked up.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from journey.deciding import judging
from store import identities, loads, people, touchpoints
from triggers import facts, history, load, situation


def known(tx: sa.Connection, judge: judging.Judge, waiting: Sequence[touchpoints.Waiting], now: datetime) -> judging.Known:
    """The past that the batch meets. On PostgreSQL its people are held until the transaction ends."""
    persons = sorted({one.person_id for one in waiting if one.person_id is not None})
    opted_out = people.lock(tx, persons)
    pending = loads.pending(tx, persons)
    return judging.Known(
        opted_out=opted_out,
        refused=identities.refused(tx, persons),
        asked=people.last_asked(tx, persons, but=[one.waiting.id for one in pending]),
        planned=_planned(judge, pending),
        closings=_closings(loads.closings(tx, waiting)),
        counts=_counts(tx, judge, waiting, now),
    )


def _planned(judge: judging.Judge, pending: Sequence[loads.Pending]) -> dict[int, dict[int, history.Planned]]:
    found: dict[int, dict[int, history.Planned]] = defaultdict(dict)
    for one in pending:
        planned = judge.planned(one.waiting, one.rule, one.counted.at, one.counted, unsent=True)
        found[one.waiting.person_id or 0][one.waiting.id] = planned
    return dict(found)


def _closings(stored: Sequence[loads.Closing]) -> dict[int, judging.Closed]:
    by_record: dict[int, list[loads.Closing]] = defaultdict(list)
    for one in stored:
        by_record[hash(situation.record_name(one.connector, one.kind, one.record))].append(one)
    return {
        key: judging.Closed(
            first=min(one.happened_at for one in several),
            last=max(one.happened_at for one in several),
            asked={one.touchpoint: one.asked_at for one in several if one.asked_at is not None},
        )
        for key, several in by_record.items()
    }


def _counts(tx: sa.Connection, judge: judging.Judge, waiting: Sequence[touchpoints.Waiting], now: datetime) -> load.Load:
    chosen = judge.rules.quiet
    counts = load.Load()
    if chosen.per_account is not None:
        names = (load.account(one.touch) for one in waiting)
        counts.accounts = loads.accounts(tx, names, now - chosen.per_account.span)
    if chosen.per_domain is not None:
        names = (load.domain(one.touch) for one in waiting)
        counts.domains = loads.domains(tx, names, now - chosen.per_domain.span)
    if chosen.daily_cap is not None:
        home = judge.rules.zones.home
        counts.days = loads.days(tx, facts.aware(now).astimezone(home).date() - timedelta(days=1), home)
    counts.answers = _answers(tx, judge, waiting, now)
    return counts


def _answers(tx: sa.Connection, judge: judging.Judge, waiting: Sequence[touchpoints.Waiting], now: datetime) -> dict[str, float]:
    """Stratum → its answers, and a share of the questions that are still open."""
    found: dict[str, float] = {}
    for rule in judge.rules.rules:
        if rule.at_least is not None:
            strata = {situation.stratum(rule, one.touch) for one in waiting if one.touch.kind == rule.on}
            counted = loads.answered(tx, strata, now - rule.at_least.per)
            found.update({name: done + still * rule.at_least.response_rate for name, (done, still) in counted.items()})
    return found
