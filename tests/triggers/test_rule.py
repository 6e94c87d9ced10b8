"""Rules are checked and compiled when settings are read."""

from typing import Any

import pydantic
import pytest

from tests.triggers import samples
from triggers import rule

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
        ({"sample": "10%"}, "Extra inputs"),
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
