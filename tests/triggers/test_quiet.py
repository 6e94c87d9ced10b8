"""Restraint: windows, caps, lists, samples, re-opened cases, and who gives way to whom."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.triggers import samples
from triggers import decide, decision, facts, history, load, rule, touchpoint

NOON = samples.NOON  # a Monday
Reason, Verdict = decision.Reason, decision.Verdict
CLOSED = samples.CLOSED


def verdict(touch: touchpoint.Touchpoint, chosen: rule.Rules, known: history.History = samples.REACHABLE) -> decision.Decision:
    return decide.decide(touch, chosen, known, NOON)


def with_sections(table: dict[str, Any] | None = None, **sections: Any) -> rule.Rules:
    one = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": ["email"], **(table or {})}
    return rule.Rules.model_validate({"rules": [one], **sections})


def person(**changes: Any) -> touchpoint.Recipient:
    return replace(samples.ANNA, **changes)


def counted(*hours: float, by: str = "accounts", name: str = "acme:001A") -> history.History:
    counts = load.Load()
    getattr(counts, by)[name] = [NOON + timedelta(hours=one) for one in hours]
    return replace(samples.REACHABLE, counts=counts)


def test_a_message_goes_out_when_the_window_opens() -> None:
    chosen = with_sections({"delay": "8h"}, quiet={"window": "mon-fri 09:00-17:00", "holidays": "FI"})
    made = verdict(CLOSED, chosen)
    assert made.plan is not None
    assert made.plan.due_at == datetime(2026, 5, 5, 9, tzinfo=UTC)
    assert made.plan.expires_at == made.plan.due_at + timedelta(days=14)


def test_a_rule_s_own_window_comes_first() -> None:
    made = verdict(CLOSED, with_sections({"window": "sun 10:00-12:00"}, quiet={"window": "mon-fri 09:00-17:00"}))
    assert made.plan is not None
    assert made.plan.due_at == datetime(2026, 5, 10, 10, tzinfo=UTC)


def test_business_days_of_a_delay_skip_the_weekend() -> None:
    made = verdict(CLOSED, with_sections({"delay": "5d", "business_days": True}))
    assert made.plan is not None
    assert made.plan.due_at == CLOSED.happened_at + timedelta(days=7)


def test_a_window_that_opens_too_late_is_never() -> None:
    made = verdict(CLOSED, with_sections(quiet={"window": "sun 10:00-12:00", "too_old": "2d"}))
    assert (made.verdict, made.reason) == (Verdict.NEVER, Reason.OUTSIDE_WINDOW)
    assert "opens next on 2026-05-10 10:00 UTC" in made.explanation


ZONES: dict[str, Any] = {
    "countries": {"Japan": "Asia/Tokyo"},
    "languages": {"sv": "Europe/Stockholm"},
    "connectors": {"acme": "Europe/Paris"},
    "company": "Europe/Helsinki",
}


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({"context": {"time_zone": "America/Lima", "country": "Japan"}}, "America/Lima"),
        ({"context": {"time_zone": "(GMT+2) Somewhere", "country": "japan"}}, "Asia/Tokyo"),
        ({"person": person(language="sv_SE"), "context": {"account_time_zone": "Asia/Dubai"}}, "Europe/Stockholm"),
        ({"context": {"account_time_zone": "Asia/Dubai"}}, "Asia/Dubai"),
        ({}, "Europe/Paris"),
        ({"connector": "nordic"}, "Europe/Helsinki"),
        ({"connector": "nordic", "person": None}, "Europe/Helsinki"),
    ],
)
def test_whose_clock_counts(changes: dict[str, Any], zone: str) -> None:
    chosen = with_sections(zones=ZONES)
    assert chosen.zones.of(samples.closed(**{"context": {}, **changes})).key == zone


EXCLUDED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"domains": ["posti.example"]}, {}, True),
    ({"domains": ["posti.example"]}, {"person": person(email="a@Mail.Posti.EXAMPLE")}, True),
    ({"domains": ["posti.example"]}, {"person": person(email="a@notposti.example")}, False),
    ({"own_domains": ["posti.example"]}, {}, True),
    ({"addresses": ["ANNA@posti.example"]}, {}, True),
    ({"addresses": ["+358 40 123 4567"]}, {"person": person(email="", phone="00358401234567")}, True),
    ({"addresses": ["bob@posti.example"]}, {}, False),
    ({"account_types": ["Competitor"]}, {"account": "001A", "context": {"account_type": "competitor"}}, True),
    ({"account_types": ["Competitor"]}, {"account": "001A", "context": {"account_type": None}}, False),
    ({"account_types": ["Competitor"]}, {"account": "001A", "context": {}}, True),
    ({"account_types": ["Competitor"]}, {"account": "", "context": {}}, False),
]


@pytest.mark.parametrize(("lists", "changes", "out"), EXCLUDED)
def test_who_is_on_a_list_is_never_asked(lists: dict[str, Any], changes: dict[str, Any], out: bool) -> None:
    known = replace(samples.REACHABLE, reachable=frozenset({"email"}))
    made = verdict(samples.closed(**changes), with_sections(exclude=lists), known)
    assert made.reason is (Reason.EXCLUDED if out else Reason.ASKED)
    assert "anna@" not in made.explanation.casefold()


def test_a_no_in_one_crm_is_a_no_in_the_other() -> None:
    made = verdict(CLOSED, with_sections(), replace(samples.REACHABLE, refused_in="nordic"))
    assert (made.reason, "nordic" in made.explanation) == (Reason.OPTED_OUT, True)


EARLIER, LATER = CLOSED.happened_at - timedelta(days=1), CLOSED.happened_at + timedelta(minutes=10)
REOPENED: list[tuple[str, history.Closings, bool]] = [
    ("restart", history.Closings(first=EARLIER, last=CLOSED.happened_at, asked_at=EARLIER), True),
    ("restart", history.Closings(first=EARLIER, last=LATER), False),
    ("cancel", history.Closings(first=EARLIER, last=CLOSED.happened_at), False),
    ("cancel", history.Closings(first=CLOSED.happened_at, last=LATER), True),
    ("once-per-case", history.Closings(first=EARLIER, last=LATER), True),
    ("once-per-case", history.Closings(first=EARLIER, last=LATER, asked_at=EARLIER), False),
    ("once-per-closure", history.Closings(first=EARLIER, last=LATER, asked_at=EARLIER), True),
]


@pytest.mark.parametrize(("word", "closings", "asked"), REOPENED)
def test_what_the_rule_says_of_re_opened_cases(word: str, closings: history.Closings, asked: bool) -> None:
    made = verdict(CLOSED, with_sections({"reopened": word}), replace(samples.REACHABLE, closings=closings))
    assert made.reason is (Reason.ASKED if asked else Reason.REOPENED)
    assert asked or f"reopened = {word}" in made.explanation


def test_a_sample_takes_its_share_and_keeps_the_probability() -> None:
    chosen = with_sections({"sample": "25%"}, seed="2026")
    made = [verdict(samples.closed(record=f"500{number}"), chosen) for number in range(800)]
    asked = [one for one in made if one.reason is Reason.ASKED]
    assert abs(len(asked) / len(made) - 0.25) < 0.06
    assert {one.probability for one in made} == {0.25}
    assert {one.reason for one in made} == {Reason.ASKED, Reason.SAMPLED_OUT}


@pytest.mark.parametrize(("answers", "probability"), [(0.0, 1.0), (19.9, 1.0), (20.0, 0.01)])
def test_a_group_without_enough_answers_is_asked_in_full(answers: float, probability: float) -> None:
    chosen = with_sections({"sample": "1%", "at_least": {"by": "owner", "per": "30d", "answers": 20}})
    counts = load.Load(answers={"Cases:owner=liisa": answers})
    made = verdict(samples.facts_of(owner="Liisa"), chosen, replace(samples.REACHABLE, counts=counts))
    assert made.probability == probability


def test_a_wanted_width_says_how_many_answers_it_takes() -> None:
    aim = rule.AtLeast.model_validate({"by": "owner", "per": "30d", "within": "10%"})
    assert aim.wanted == 97


def test_an_account_that_had_its_share_is_left_alone() -> None:
    chosen = with_sections(quiet={"per_account": "2 per 7d", "on_conflict": "defer", "too_old": "14d"})
    made = verdict(samples.closed(account="001A"), chosen, counted(-24, -1))
    assert (made.reason, made.look_again_at) == (Reason.ACCOUNT_CAP, NOON + timedelta(days=6))
    assert "has had its 2 per 7d (triggers.quiet.per_account) and is free on 2026-05-10 12:00 UTC" in made.explanation
    assert verdict(samples.closed(account="001B"), chosen, counted(-24, -1)).reason is Reason.ASKED


def test_a_domain_that_had_its_share_is_left_alone_unless_everybody_is_there() -> None:
    quiet: dict[str, Any] = {"per_domain": "1 per 7d"}
    known = counted(-1, by="domains", name="posti.example")
    assert verdict(CLOSED, with_sections(quiet=quiet), known).reason is Reason.DOMAIN_CAP
    shared = {**quiet, "shared_domains": ["posti.example"]}
    assert verdict(CLOSED, with_sections(quiet=shared), known).reason is Reason.ASKED


def test_a_full_day_moves_to_the_next_with_room() -> None:
    counts = load.Load(days={NOON.date(): 5, NOON.date() + timedelta(days=1): 7})
    chosen = with_sections(quiet={"daily_cap": 5, "on_conflict": "defer"}, zones={"company": "Europe/Helsinki"})
    made = verdict(CLOSED, chosen, replace(samples.REACHABLE, counts=counts))
    assert (made.reason, made.look_again_at) == (Reason.DAILY_CAP, datetime(2026, 5, 5, 21, tzinfo=UTC))
    assert "5 askings are planned for 2026-05-04 by the clock of Europe/Helsinki already" in made.explanation


def planned(**changes: Any) -> history.History:
    values: dict[str, Any] = {
        "touchpoint": 7,
        "at": NOON + timedelta(hours=2),
        "happened_at": EARLIER,
        "record": "acme:case_closed:500B",
        "rule": "Other",
        "priority": 0,
        "restarts": True,
    }
    return replace(samples.REACHABLE, planned=(history.Planned(**{**values, **changes}),))


def test_a_planned_message_of_a_higher_priority_is_waited_for() -> None:
    made = verdict(CLOSED, with_sections(quiet={"on_conflict": "defer"}), planned(priority=5))
    assert (made.verdict, made.reason) == (Verdict.LATER, Reason.OUTRANKED)
    assert made.look_again_at == NOON + timedelta(hours=2, minutes=30)


def test_what_is_planned_before_it_is_waited_for_since_it_may_come_to_nothing() -> None:
    made = verdict(CLOSED, with_sections(), planned())
    assert (made.verdict, made.reason) == (Verdict.LATER, Reason.QUARANTINED)
    assert made.look_again_at == NOON + timedelta(hours=2, minutes=30)
    assert "the rule “Other” asks the same person on 2026-05-04 14:00 UTC" in made.explanation
    assert made.explanation.endswith("it is looked at again on 2026-05-04 14:30 UTC.")


def test_of_several_plans_the_weightiest_is_told_in_whatever_order_they_are_known() -> None:
    plans = [planned(touchpoint=i, priority=priority).planned[0] for i, priority in ((7, 0), (8, 5), (9, 3))]
    orders = itertools.permutations(plans)
    assert {verdict(CLOSED, with_sections(), replace(samples.REACHABLE, planned=order)).reason for order in orders} == {
        Reason.OUTRANKED
    }


def test_whom_a_cap_keeps_out_waits_where_settings_say_nothing() -> None:
    made = verdict(samples.closed(account="001A"), with_sections(quiet={"per_account": "1 per 2d"}), counted(-1))
    assert (made.verdict, made.look_again_at) == (Verdict.LATER, NOON + timedelta(hours=47))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"priority": 5}, Reason.OUTRANKED),
        ({"priority": 0}, Reason.QUARANTINED),
        ({"priority": -1}, Reason.ASKED),
        ({"record": "acme:case_closed:500A"}, Reason.ASKED),
        ({"record": "acme:case_closed:500A", "restarts": False}, Reason.QUARANTINED),
        ({"record": "acme:case_closed:500A", "happened_at": LATER}, Reason.QUARANTINED),
        ({"at": NOON + timedelta(days=31)}, Reason.ASKED),
    ],
)
def test_who_gives_way_to_whom(changes: dict[str, Any], reason: decision.Reason) -> None:
    made = verdict(CLOSED, with_sections(), planned(**changes))
    assert made.reason is reason
    assert made.displaces == ((7,) if reason is Reason.ASKED and "at" not in changes else ())


@pytest.mark.parametrize("quiet", [{"per_account": "1 per 7d"}, {"per_domain": "1 per 7d"}, {"daily_cap": 1}])
def test_what_gives_way_takes_no_room_from_what_it_gives_way_to(quiet: dict[str, Any]) -> None:
    at = NOON + timedelta(hours=2)
    asking = load.Asking(account="acme:001A", domain="posti.example", at=at)
    counts = load.Load()
    counts.add(asking, at.date())
    known = replace(planned(at=at, record="acme:case_closed:500A", counted=asking), counts=counts)
    case = samples.closed(account="001A")
    made = verdict(case, with_sections(quiet=quiet), known)
    assert (made.reason, made.displaces) == (Reason.ASKED, (7,))
    counts.add(replace(asking, at=at + timedelta(minutes=1)), at.date())
    assert verdict(case, with_sections(quiet=quiet), known).reason in {Reason.ACCOUNT_CAP, Reason.DOMAIN_CAP, Reason.DAILY_CAP}


def test_what_gives_way_does_not_count_for_the_minimum_of_its_group() -> None:
    table = {"sample": "0.000001%", "at_least": {"by": "owner", "per": "30d", "answers": 1, "response_rate": "100%"}}
    at = NOON + timedelta(hours=2)
    asking = load.Asking(stratum="Cases:owner=liisa", at=at)
    counts = load.Load()
    counts.add(asking, at.date(), 1.0)
    known = replace(planned(at=at, record="acme:case_closed:500A", counted=asking), counts=counts)
    assert verdict(samples.facts_of(owner="Liisa"), with_sections(table), known).reason is Reason.ASKED


def test_a_rule_may_defer_where_the_others_drop() -> None:
    known = replace(samples.REACHABLE, asked_at=NOON - timedelta(days=27))
    assert verdict(CLOSED, with_sections({"on_conflict": "defer"}), known).verdict is Verdict.LATER


def test_variants_and_reminders_are_in_the_plan() -> None:
    table = {"remind": ["3d", "7d"], "variants": [{"name": "a", "share": "50%"}, {"name": "b", "share": "50%"}]}
    plans = [verdict(samples.closed(record=f"500{number}"), with_sections(table)).plan for number in range(40)]
    assert {one.variant for one in plans if one is not None} == {"a", "b"}
    assert all(one is not None and one.remind == (timedelta(days=3), timedelta(days=7)) for one in plans)


@pytest.mark.parametrize(
    ("condition", "created", "asked"),
    [
        ({"older_than": "2d"}, NOON - timedelta(days=2), True),
        ({"older_than": "2d"}, NOON - timedelta(days=1), False),
        ({"newer_than": "2d"}, NOON - timedelta(days=1), True),
        ({"newer_than": "2d"}, NOON + timedelta(days=1), True),
        ({"newer_than": "2d"}, NOON - timedelta(days=2), False),
        ({"older_than": "2d"}, "yesterday", False),
        ({"newer_than": "2d"}, None, False),
    ],
)
def test_ages_count_from_now(condition: dict[str, str], created: object, asked: bool) -> None:
    touch = samples.facts_of(created_at=facts.plain(created))
    made = verdict(touch, with_sections({"when": [{"field": "created_at", **condition}]}))
    assert made.reason is (Reason.ASKED if asked else Reason.NO_RULE_MATCHED)


def test_ages_are_told_in_words() -> None:
    chosen = with_sections({"when": [{"field": "created_at", "older_than": "36h"}]})
    assert verdict(samples.facts_of(created_at=None), chosen).checked[0].condition == "created_at older than 36 hours"
