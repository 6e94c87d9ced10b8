"""Further questions in the settings file, and CRM fields for their answers."""

from settings import load
from tests.settings import conftest

QUESTION = """
[[surveys.survey.case_csat.questions]]
key     = "reason"
kind    = "one"
words   = { en = "What was it about?" }
options = { speed = { en = "Speed" }, price = { en = "Price" } }
"""
FIELD = '\nReason__c = "extra.reason"'


def with_field(text: str, field: str = FIELD) -> str:
    return text.replace("[mapping.write.acme.Case]", "[mapping.write.acme.Case]" + field, 1)


def test_an_answer_may_go_to_a_field(write: conftest.Write) -> None:
    settings = load.load(write(with_field(conftest.GOOD) + QUESTION))
    assert settings.mapping.write["acme"]["Case"]["Reason__c"] == "extra.reason"
    assert settings.surveys.as_surveys()["case_csat"].questions[0].key == "reason"


def test_an_answer_that_nobody_is_asked_for_is_told_with_its_line(broken: conftest.Break) -> None:
    (problem,) = broken(text=with_field(conftest.GOOD))
    assert (problem.section, problem.key) == ("mapping.write.acme.Case", "Reason__c")
    assert "add [[surveys.survey.KEY.questions]]" in problem.expected
    (problem,) = broken(text=with_field(conftest.GOOD, FIELD.replace("reason", "raeson")) + QUESTION)
    assert problem.expected == 'should be "extra.reason"'


def test_a_question_without_options_is_told_where_it_stands(broken: conftest.Break) -> None:
    (problem,) = broken(("options = { speed", "# options = { speed"), text=conftest.GOOD + QUESTION)
    assert problem.section == "surveys.survey.case_csat.questions.1"
    assert "options should be 2 to 12" in problem.expected
