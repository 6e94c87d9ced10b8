"""Words for kinds of touchpoints that settings define."""

from datetime import UTC, datetime

import pydantic
import pytest

from surveys import settings, wording

WHEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
GIVEN = {
    "brand": {"name": "Havu"},
    "survey": {"csat": {"metric": "csat"}},
    "kinds": {
        "visit_done": {
            "about": {"en": "Our visit on {day}: “{subject}”"},
            "because": {"en": "You get this because {brand} visited you."},
        }
    },
}


def spoken(language: str = "en") -> wording.Wording:
    """What is said in this language."""
    return wording.Wording(language, settings.SurveysSettings.model_validate(GIVEN).as_brand())


@pytest.mark.parametrize(
    ("language", "kind", "subject", "said"),
    [
        ("en", "visit_done", "Heat pump", "Our visit on 2 March: “Heat pump”"),
        ("en", "visit_done", "", "2 March"),
        ("en", "visit_done", "{brand.__class__}", "Our visit on 2 March: “{brand.__class__}”"),
        ("fi", "visit_done", "Heat pump", "”Heat pump”, 2. maaliskuuta"),
        ("en", "case_closed", "Router", "Your case “Router”, closed on 2 March"),
    ],
)
def test_a_kind_is_spoken_of_in_its_own_words_where_there_are_any(language: str, kind: str, subject: str, said: str) -> None:
    assert spoken(language).about(kind, subject, WHEN) == said


def test_other_parts_of_the_mail_follow() -> None:
    assert spoken().because("visit_done") == "You get this because Havu visited you."


@pytest.mark.parametrize("words", ["{subject", "{name}", "{subject.x}", "{subject!r}", "{day:>99}", "{}", "{0}"])
def test_words_with_places_that_nobody_fills_are_refused(words: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="should have"):
        settings.KindSettings.model_validate({"about": {"en": words}})
