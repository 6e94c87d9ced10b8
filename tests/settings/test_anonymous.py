"""Settings of anonymous surveys."""

import pytest

from settings import load
from tests.settings import conftest

METRIC = '[surveys.survey.case_csat]\nmetric = "csat"\n'


def test_a_survey_is_made_anonymous_and_keeps_facts_that_there_are(write: conftest.Write) -> None:
    text = conftest.GOOD.replace(METRIC, f'{METRIC}anonymous = true\nkeep = ["priority"]\n')
    read = load.load(write(text.replace("[surveys]\n", "[surveys]\nsmallest_group = 8\n")))
    made = read.surveys.as_surveys()
    assert (made["case_csat"].anonymous, made["case_csat"].keep, made["case_csat"].smallest_group) == (True, ("priority",), 8)
    assert not made["purchase_nps"].anonymous


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        ('anonymous = true\nkeep = ["prioriti"]\n', "keep[1]", 'did you mean "priority"?'),
        ('keep = ["priority"]\n', "", "keep is for anonymous surveys"),
        ("anonymous = true\nkeep = [1]\n", "keep[1]", "text"),
    ],
)
def test_what_does_not_fit_is_told(broken: conftest.Break, line: str, key: str, expected: str) -> None:
    problems = broken((METRIC, METRIC + line))
    assert len(problems) == 1
    assert key in problems[0].key
    assert expected in problems[0].expected


MINIMUM = 'sample = "25%"\nat_least = { by = "owner", per = "30d", answers = 20 }'


def test_a_minimum_by_what_anonymous_answers_do_not_keep_is_told(broken: conftest.Break) -> None:
    (problem,) = broken((METRIC, f'{METRIC}anonymous = true\nkeep = ["priority"]\n'), ('delay = "2h"', MINIMUM))
    assert (problem.section, problem.key) == ("triggers.rules “Closed cases”", "at_least.by")
    assert 'keep = ["owner"] under [surveys.survey.case_csat]' in problem.expected


def test_a_minimum_by_what_anonymous_answers_keep_is_right(write: conftest.Write) -> None:
    text = conftest.GOOD.replace(METRIC, f'{METRIC}anonymous = true\nkeep = ["owner"]\n').replace('delay = "2h"', MINIMUM)
    assert load.load(write(text)).triggers.rules[0].at_least is not None
