"""Every touchpoint gets a verdict with a named reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.triggers import samples
from triggers import decide, decision, history, touchpoint

NOON = samples.NOON
Reason, Verdict = decision.Reason, decision.Verdict
SPAM = {"not": {"field": "subject", "contains": "[spam]"}}


def verdict(
    touch: touchpoint.Touchpoint = samples.CLOSED,
    *tables: dict[str, Any],
    person: history.History = samples.REACHABLE,
    now: datetime = NOON,
    **quiet: Any,
) -> decision.Decision:
    """The decision at noon about this touchpoint."""
    return decide.decide(touch, samples.rules(*tables, **quiet), person, now)


def person(**changes: Any) -> touchpoint.Recipient:
    return replace(samples.ANNA, **changes)


def past(**changes: Any) -> history.History:
    return replace(samples.REACHABLE, **changes)


@pytest.mark.parametrize(
    ("touch", "known", "expected"),
    [
        (samples.CLOSED, samples.REACHABLE, Reason.ASKED),
        (samples.closed(trouble="The record has no date."), samples.REACHABLE, Reason.UNUSABLE),
        (samples.closed(record=""), samples.REACHABLE, Reason.UNUSABLE),
        (samples.closed(happened_at=NOON + timedelta(days=2)), samples.REACHABLE, Reason.UNUSABLE),
        (samples.closed(happened_at=NOON - timedelta(days=8)), samples.REACHABLE, Reason.TOO_OLD),
        (samples.closed(kind="purchase"), samples.REACHABLE, Reason.NO_RULE_MATCHED),
        (samples.closed(person=person(opted_out=None)), samples.REACHABLE, Reason.CONSENT_UNREADABLE),
        (samples.closed(person=person(opted_out=True)), samples.REACHABLE, Reason.OPTED_OUT),
        (samples.CLOSED, past(opted_out_at=NOON), Reason.OPTED_OUT),
        (samples.closed(person=None), history.History(), Reason.NO_ADDRESS),
        (samples.CLOSED, history.History(), Reason.NO_ADDRESS),
        (samples.CLOSED, past(reachable=frozenset({"sms"})), Reason.NO_ADDRESS),
        (samples.CLOSED, past(asked_at=NOON - timedelta(days=29)), Reason.QUARANTINED),
        (samples.CLOSED, past(asked_at=NOON - timedelta(days=30)), Reason.ASKED),
        (samples.CLOSED, past(asked_at=NOON + timedelta(hours=2)), Reason.QUARANTINED),
    ],
)
def test_the_reason_is_named(touch: touchpoint.Touchpoint, known: history.History, expected: decision.Reason) -> None:
    made = verdict(touch, person=known, on_conflict="drop")
    assert made.reason is expected
    assert made.verdict is (Verdict.ASK if expected is Reason.ASKED else Verdict.NEVER)
    assert made.explanation.endswith((".", "rules."))


TROUBLES: list[tuple[decision.Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.UNUSABLE, {"trouble": "No date."}, {}),
    (Reason.TOO_OLD, {"happened_at": NOON - timedelta(days=8)}, {}),
    (Reason.NO_RULE_MATCHED, {"context": {"subject": "[spam]"}}, {}),
    (Reason.CONSENT_UNREADABLE, {"person": person(opted_out=None)}, {}),
    (Reason.OPTED_OUT, {}, {"opted_out_at": NOON}),
    (Reason.NO_ADDRESS, {}, {"reachable": frozenset()}),
    (Reason.QUARANTINED, {}, {"asked_at": NOON}),
]


@pytest.mark.parametrize("first", range(len(TROUBLES)))
def test_the_reason_told_is_the_first_of_several(first: int) -> None:
    touch, known = samples.CLOSED, samples.REACHABLE
    for _, changes, history_changes in TROUBLES[first:]:
        touch, known = replace(touch, **changes), replace(known, **history_changes)
    assert verdict(touch, samples.when(SPAM), person=known).reason is TROUBLES[first][0]


def test_a_yes_carries_the_plan() -> None:
    made = verdict(samples.CLOSED, {"survey": "csat", "channel": ["sms", "email"], "delay": "2h", "expires": "14d"})
    due = NOON + timedelta(hours=1)
    assert made.plan == decision.Plan(survey="csat", channels=("email",), due_at=due, expires_at=due + timedelta(days=14))


def test_a_message_is_never_due_before_now() -> None:
    made = verdict(samples.CLOSED, {"delay": "10m"})
    assert made.plan is not None
    assert made.plan.due_at == NOON


def test_the_explanation_of_a_yes_names_rule_survey_channel_and_time() -> None:
    words = verdict(samples.CLOSED, {"name": "Closed cases", "delay": "2h"}).explanation
    assert words == "Rule “Closed cases” matched: survey csat goes out by email on 2026-05-04 13:00 UTC."


def test_silence_tells_what_each_rule_saw() -> None:
    touch = samples.closed(context={"subject": "[spam] Win!", "priority": "Low"})
    made = verdict(
        touch, {"name": "A", **samples.when(SPAM)}, {"name": "B", "on": "purchase"}, {"name": "C", "connectors": "nordic"}
    )
    assert made.checked == (
        decision.Checked(rule="A", matched=False, condition="not (subject contains [spam])", saw="[spam] Win!"),
        decision.Checked(rule="B", matched=False, condition="kind is purchase", saw="case_closed"),
        decision.Checked(rule="C", matched=False, condition="connector in nordic", saw="acme"),
    )
    assert made.explanation == "No rule matched: “A” asks for “not (subject contains [spam])” and saw “[spam] Win!”."


def test_the_first_condition_that_failed_is_the_one_told() -> None:
    conditions = samples.when(
        {"field": "priority", "is": "High"}, {"field": "origin", "is": "Phone"}, {"field": "amount", "above": 1_000}
    )
    made = verdict(samples.CLOSED, conditions)
    assert made.checked == (decision.Checked(rule="rule 1", matched=False, condition="origin is Phone", saw="Web"),)


def test_a_kind_without_rules_says_so() -> None:
    assert verdict(samples.closed(kind="lead")).explanation == "No rule is about lead of acme."


def test_matched_rules_are_told_too() -> None:
    made = verdict(samples.CLOSED, {"name": "A"}, {"name": "B", **samples.when({"field": "priority", "is": "Low"})})
    assert [(one.rule, one.matched) for one in made.checked] == [("A", True), ("B", False)]


def test_the_highest_priority_wins_and_the_file_breaks_ties() -> None:
    tables: list[dict[str, Any]] = [{"name": "A"}, {"name": "B", "priority": 5}, {"name": "C", "priority": 5}]
    assert verdict(samples.CLOSED, *tables).rule == "B"


def test_a_long_value_is_kept_short_in_the_decision() -> None:
    touch = samples.closed(context={"subject": "[spam]" + "x" * 32_000})
    saw = verdict(touch, samples.when(SPAM)).checked[0].saw
    assert isinstance(saw, str)
    assert len(saw) == 200


def test_a_deferred_person_is_looked_at_when_the_quarantine_ends() -> None:
    asked_at = NOON - timedelta(days=27)
    made = verdict(samples.CLOSED, person=past(asked_at=asked_at), on_conflict="defer")
    assert (made.verdict, made.reason) == (Verdict.LATER, Reason.QUARANTINED)
    assert made.look_again_at == asked_at + timedelta(days=30)
    assert "looked at again then" in made.explanation


def test_a_deferred_person_is_asked_once_the_quarantine_is_over() -> None:
    asked_at = NOON - timedelta(days=27)
    made = verdict(samples.CLOSED, person=past(asked_at=asked_at), now=asked_at + timedelta(days=30), on_conflict="defer")
    assert made.reason is Reason.ASKED


def test_deferring_beyond_too_old_is_never() -> None:
    made = verdict(samples.CLOSED, person=past(asked_at=NOON - timedelta(days=20)), on_conflict="defer")
    assert (made.verdict, made.reason) == (Verdict.NEVER, Reason.QUARANTINED)
    assert "too old" in made.explanation


def test_no_quarantine_asks_every_time() -> None:
    assert verdict(samples.CLOSED, person=past(asked_at=NOON), per_person="0s").reason is Reason.ASKED


def test_times_without_a_zone_are_taken_as_utc() -> None:
    naive = samples.closed(happened_at=samples.CLOSED.happened_at.replace(tzinfo=None))
    known = past(asked_at=(NOON - timedelta(days=1)).replace(tzinfo=None))
    assert verdict(naive, person=known, now=NOON.replace(tzinfo=None)).reason is Reason.QUARANTINED


def test_the_ends_of_the_calendar_do_not_break_deciding() -> None:
    touch = samples.closed(happened_at=datetime.max.replace(tzinfo=UTC))
    made = verdict(touch, {"delay": "2h"}, now=datetime.max.replace(tzinfo=UTC))
    assert made.reason is Reason.ASKED


def test_a_rule_may_test_the_domain_of_the_address() -> None:
    made = verdict(samples.CLOSED, samples.when({"field": "email_domain", "is_not": "posti.example"}))
    assert made.reason is Reason.NO_RULE_MATCHED


def test_no_address_and_no_name_comes_into_the_decision() -> None:
    made = verdict(samples.CLOSED, samples.when({"field": "email_domain", "is_not": "posti.example"}))
    assert "anna" not in repr(made).lower()


def test_context_cannot_pose_as_the_kind_or_the_connector() -> None:
    touch = samples.closed(context={"connector": "nordic"})
    assert verdict(touch, samples.when({"field": "connector", "is": "acme"})).reason is Reason.ASKED


@pytest.mark.parametrize("condition", [SPAM, {"field": "subject", "is_not": "x"}, {"field": "subject", "empty": True}])
def test_a_fact_that_could_not_be_read_is_no_ground_to_ask(condition: dict[str, Any]) -> None:
    made = verdict(samples.closed(context={}), samples.when(condition))
    assert made.reason is Reason.NO_RULE_MATCHED
    assert verdict(samples.closed(context={"subject": None}), samples.when(condition)).reason is Reason.ASKED


def test_an_unreadable_fact_is_named() -> None:
    assert verdict(samples.closed(context={}), samples.when(SPAM)).checked[0].condition == "subject is known"
