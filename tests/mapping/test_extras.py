"""Answers to further questions as values for the CRM, and whether its fields can take them."""

from typing import Any

import pytest

from connectors import base
from mapping import outward, settings
from surveys import questions
from wire import finding

KIND = questions.Kind
ASKED = {"reason": KIND.ONE, "topics": KIND.SEVERAL, "ease": KIND.RATING, "idea": KIND.TEXT}


def described(crm_type: str, length: int | None = None) -> base.Description:
    return base.Description(object="Case", fields={"F": base.Field(name="F", type=crm_type, writable=True, length=length)})


def test_several_options_are_told_by_their_keys() -> None:
    assert outward.extras({"reason": "speed", "topics": ["web", "shop"], "ease": 4}) == {
        "extra.reason": "speed",
        "extra.topics": "web;shop",
        "extra.ease": 4,
    }


@pytest.mark.parametrize(
    ("said", "crm_type", "length", "written"),
    [
        ({"reason": "speed"}, "string", 40, "speed"),
        ({"reason": ["web", "shop"]}, "string", 6, "web;s…"),
        ({"reason": 4}, "double", None, 4),
        ({"reason": 4}, "string", 40, "4"),
        ({}, "string", 40, None),
        ({"other": "x"}, "string", 40, None),
    ],
)
def test_an_answer_goes_to_its_field(said: dict[str, Any], crm_type: str, length: int | None, written: Any) -> None:
    answer = {"score": 9, **outward.extras(said)}
    assert outward.field_values({"F": "extra.reason"}, answer, described(crm_type, length)) == {"F": written}


@pytest.mark.parametrize(
    ("key", "crm_type", "length", "grade", "words"),
    [
        ("reason", "string", 80, finding.Grade.GOOD, "takes the answer to reason"),
        ("reason", "string", 10, finding.Grade.WARNING, "short for the answer to reason"),
        ("reason", "double", None, finding.Grade.WRONG, "cannot take the answer to reason"),
        ("reason", "boolean", None, finding.Grade.WRONG, "Choose a field that holds text"),
        ("ease", "double", None, finding.Grade.GOOD, "takes the answer to ease"),
        ("ease", "string", 2, finding.Grade.GOOD, "takes the answer to ease"),
        ("ease", "datetime", None, finding.Grade.WRONG, "Choose a field that holds whole numbers or numbers or text"),
        ("topics", "string", 100, finding.Grade.WARNING, "Make it 255 characters long"),
        ("idea", "textarea", 1000, finding.Grade.GOOD, "takes the answer to idea"),
    ],
)
def test_a_field_is_checked_for_how_the_question_is_answered(
    key: str, crm_type: str, length: int | None, grade: finding.Grade, words: str
) -> None:
    (found,) = outward.check("acme", {"Case": {"F": f"extra.{key}"}}, {"Case": described(crm_type, length)}, ASKED)
    assert found.grade is grade
    assert words in f"{found.message} {found.remedy}"


def test_settings_take_a_key_and_nothing_that_only_looks_like_one() -> None:
    section = settings.MappingSettings.model_validate({"write": {"acme": {"Case": {"F": "extra.reason", "G": "score"}}}})
    assert dict(section.write["acme"]["Case"]) == {"F": "extra.reason", "G": outward.Part.SCORE}
    for wrong in ("extra.", "extra.Reason", "extras.reason", "extra.a-b", 4):
        with pytest.raises(ValueError, match="Input should be"):
            settings.MappingSettings.model_validate({"write": {"acme": {"Case": {"F": wrong}}}})
