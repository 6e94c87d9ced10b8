"""Rules are checked and compiled when settings are read."""

from typing import Any

import pydantic
import pytest

from tests.triggers import samples
from triggers import facts, matching, rule

GOOD: dict[str, Any] = {"name": "A", "on": "case_closed", "survey": "csat", "channel": "email"}


def version(**changes: Any) -> str:
    return rule.Rule.model_validate({**GOOD, **changes}).version


def test_one_channel_may_be_written_without_a_list() -> None:
    assert rule.Rule.model_validate(GOOD).channel == ("email",)


def test_the_version_is_the_same_however_the_rule_is_laid_out() -> None:
    assert version(delay="2h") == version(delay="120m", channel=["email"], when=[])


@pytest.mark.parametrize(
    "changes",
    [{"survey": "nps"}, {"delay": "1s"}, {"when": [{"field": "x", "is": 1}]}, {"channel": ["email", "sms"]}, {"priority": 1}],
)
def test_the_version_changes_with_the_meaning(changes: dict[str, Any]) -> None:
    assert version(**changes) != version()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": " "}, "at least 1 character"),
        ({"channel": []}, "at least 1"),
        ({"channel": ["email", "email"]}, "only once"),
        ({"expires": "0s"}, "longer than nought"),
        ({"delay": "11 years"}, "should be a duration"),
        ({"delay": "600w"}, "at most ten years"),
        ({"sampel": "10%"}, "Extra inputs"),
        ({"priority": "high"}, "valid integer"),
        ({"when": {"field": "x", "is": 1}}, "valid tuple"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=complaint):
        rule.Rule.model_validate({**GOOD, **changes})


def test_fields_of_nested_conditions_are_known() -> None:
    made = samples.rules(samples.when({"not": {"any": [{"field": "x", "is": 1}, {"all": [{"field": "y", "empty": True}]}]}}))
    assert made.rules[0].fields() == {"x", "y"}


def test_no_rules_are_rules_too() -> None:
    assert rule.Rules().rules == ()


def test_rules_that_share_a_condition_look_at_it_each_in_their_own_name() -> None:
    low = {"field": "priority", "is": "Low"}
    made = samples.rules(
        samples.when(low), samples.when({"not": low}, {"field": "amount", "above": 1}), samples.when({"not": low})
    )
    plan = matching.plan(made, "case_closed", "acme")
    checked = plan.check(facts.Facts(samples.CLOSED, samples.NOON))
    assert [(one.rule, one.matched) for one in checked] == [("rule 1", False), ("rule 2", True), ("rule 3", True)]
    assert plan.tests == 3


def test_a_copy_with_other_rules_has_a_plan_of_its_own() -> None:
    made = samples.rules({}, {})
    assert len(matching.plan(made, "case_closed", "acme").candidates) == 2
    copied = made.model_copy(update={"rules": made.rules[:1]})
    assert len(matching.plan(copied, "case_closed", "acme").candidates) == 1
