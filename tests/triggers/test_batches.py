"""What holds for any touchpoints, rules, order and timing, when they are judged batch by batch as daemon and preview do."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels import memory
from journey.deciding import judging
from journey.preview import replay
from store import touchpoints
from tests.triggers import samples
from triggers import decision, load, rule, timing

BEGIN = datetime(2026, 4, 27, 0, 0, tzinfo=UTC)
END = BEGIN + timedelta(days=60)
HOUR = timedelta(hours=1)
KINDS = ("case_closed", "purchase")

rules = st.fixed_dictionaries(
    {},
    optional={
        "delay": st.sampled_from(["0s", "5h", "2d"]),
        "priority": st.integers(-1, 2),
        "sample": st.sampled_from(["50%", "100%"]),
        "reopened": st.sampled_from(["restart", "cancel", "once-per-case", "once-per-closure"]),
        "on_conflict": st.sampled_from(["drop", "defer"]),
        "window": st.just("sat-sun 10:00-11:00"),
        "business_days": st.booleans(),
    },
)
quiets = st.fixed_dictionaries(
    {"per_person": st.sampled_from(["0s", "30h", "5d"]), "too_old": st.sampled_from(["2d", "9d"])},
    optional={
        "on_conflict": st.sampled_from(["drop", "defer"]),
        "window": st.sampled_from(["mon-fri 09:00-17:00", "mon-sun 20:00-22:00"]),
        "holidays": st.just("FI"),
        "per_account": st.sampled_from(["1 per 3d", "2 per 7d"]),
        "per_domain": st.just("3 per 4d"),
        "daily_cap": st.integers(1, 3),
    },
)
events = st.lists(
    st.tuples(st.integers(0, 24 * 14), st.integers(1, 4), st.integers(0, 2), st.sampled_from(KINDS), st.integers(1, 9)),
    min_size=1,
    max_size=25,
    unique_by=lambda event: event[0],
)
Event = tuple[int, int, int, str, int]


def chosen(tables: Sequence[dict[str, Any]], quiet: dict[str, Any]) -> rule.Rules:
    listed = [
        {"name": kind, "on": kind, "survey": "csat", "channel": ["memory"], **table}
        for kind, table in zip(KINDS, tables, strict=True)
    ]
    return rule.Rules.model_validate({"rules": listed, "quiet": quiet, "zones": {"company": "Europe/Helsinki"}})


def touch(number: int, event: Event) -> touchpoints.Waiting:
    hour, who, account, kind, record = event
    made = samples.closed(
        kind=kind,
        record=f"500{record}",
        occurrence=str(hour),
        happened_at=BEGIN + hour * HOUR,
        account=f"001{account}" if account else "",
        person=samples.ANNA.__class__(record=str(who), email=f"p{who}@{account}.example", opted_out=False),
    )
    return touchpoints.Waiting(id=number, touch=made, person_id=who)


def lived(judged: rule.Rules, waiting: Sequence[touchpoints.Waiting], step: int, order: random.Random) -> list[replay.Outcome]:
    """Everything as it becomes final, noticed every ``step`` hours, each time in any order."""
    judge = judging.Judge(rules=judged, channels={"memory": memory.MemoryChannel("memory")})
    records = {judging.record(one.touch) for one in waiting}
    course = replay.Replay(judge=judge, known=judging.Known(), batch=100, repeated=frozenset(records))

    def tick(one: touchpoints.Waiting) -> int:
        return int((one.touch.happened_at - BEGIN) / HOUR) // step + 1

    final: list[replay.Outcome] = []
    for number, group in groupby(sorted(waiting, key=tick), key=tick):
        fresh = list(group)
        order.shuffle(fresh)
        final += course.decide(fresh, BEGIN + number * step * HOUR)
    return [*final, *course.finish(END)]


@settings(max_examples=150)
@given(st.tuples(rules, rules), quiets, events, st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_laws_of_restraint(
    tables: tuple[dict[str, Any], dict[str, Any]], quiet: dict[str, Any], happened: list[Event], step: int, order: random.Random
) -> None:
    judged = chosen(tables, quiet)
    waiting = [touch(number, event) for number, event in enumerate(happened, start=1)]
    final = lived(judged, waiting, step, order)
    each_once(waiting, final)
    asked = [one for one in final if one.decision.plan is not None]
    nobody_within_the_quarantine(judged, asked)
    nothing_outside_the_window(judged, asked)
    within_the_caps(judged, asked)
    no_record_asked_more_than_its_rule_says(judged, asked)


def each_once(waiting: Sequence[touchpoints.Waiting], final: Sequence[replay.Outcome]) -> None:
    """Deferral never loses and never doubles, and ends."""
    assert sorted(one.waiting.id for one in final) == sorted(one.id for one in waiting)
    assert all(one.decision.verdict is not decision.Verdict.LATER for one in final)


def due(one: replay.Outcome) -> datetime:
    assert one.decision.plan is not None
    return one.decision.plan.due_at


def nobody_within_the_quarantine(judged: rule.Rules, asked: Sequence[replay.Outcome]) -> None:
    by_person: dict[int | None, list[datetime]] = defaultdict(list)
    for one in asked:
        by_person[one.waiting.person_id].append(due(one))
    for times in by_person.values():
        assert all(later - earlier >= judged.quiet.per_person for earlier, later in pairwise(sorted(times)))


def nothing_outside_the_window(judged: rule.Rules, asked: Sequence[replay.Outcome]) -> None:
    for one in asked:
        assert due(one) >= one.waiting.touch.happened_at
        assert timing.opens(judged, judged.named(one.decision.rule), one.waiting.touch, due(one)) == due(one)


def within_the_caps(judged: rule.Rules, asked: Sequence[replay.Outcome]) -> None:
    for cap, name in ((judged.quiet.per_account, load.account), (judged.quiet.per_domain, load.domain)):
        by_name: dict[str, list[datetime]] = defaultdict(list)
        for one in asked:
            by_name[name(one.waiting.touch)].append(due(one))
        for key, times in by_name.items():
            ordered = sorted(times)
            if cap is not None and key:
                assert all(end - start >= cap.span for start, end in zip(ordered, ordered[cap.count :], strict=False))
    days = [due(one).astimezone(judged.zones.home).date() for one in asked]
    assert judged.quiet.daily_cap is None or all(days.count(day) <= judged.quiet.daily_cap for day in days)


def no_record_asked_more_than_its_rule_says(judged: rule.Rules, asked: Sequence[replay.Outcome]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in asked:
        winner = judged.named(one.decision.rule)
        key = (one.waiting.touch.kind, one.waiting.touch.record)
        assert winner is not None
        assert winner.reopened != "once-per-case" or key not in seen
        seen.add(key)


@settings(max_examples=80)
@given(st.tuples(rules, rules), quiets, events, st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_in_which_touchpoints_come_makes_no_difference(
    tables: tuple[dict[str, Any], dict[str, Any]], quiet: dict[str, Any], happened: list[Event], step: int, order: random.Random
) -> None:
    judged = chosen(tables, quiet)
    waiting = [touch(number, event) for number, event in enumerate(happened, start=1)]
    told = [
        {one.waiting.id: (one.decision.reason, one.decision.plan) for one in lived(judged, waiting, step, chance)}
        for chance in (random.Random(1), order)
    ]
    assert told[0] == told[1]
