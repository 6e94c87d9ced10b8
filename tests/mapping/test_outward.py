"""Answers become values that the CRM's fields take."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import base
from mapping import outward
from wire import finding

WHEN = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
ANSWER: dict[str, Any] = {
    "score": 9,
    "comment": "Kiitos!",
    "answered_at": WHEN,
    "metric": "nps",
    "band": "promoter",
    "normalised": 90.0,
}
Part = outward.Part


def described(crm_type: str, length: int | None = None, *, writable: bool = True) -> base.Description:
    return base.Description(object="Case", fields={"F": base.Field(name="F", type=crm_type, writable=writable, length=length)})


def written(part: outward.Part, value: Any, crm_type: str = "string", length: int | None = None) -> Any:
    """What goes into a field of this type."""
    return outward.field_values({"F": part}, {**ANSWER, part: value}, described(crm_type, length))["F"]


@pytest.mark.parametrize(
    ("part", "value", "crm_type", "expected"),
    [
        (Part.SCORE, 9, "double", 9),
        (Part.SCORE, 9, "Integer", 9),
        (Part.SCORE, 9, "string", "9"),
        (Part.SCORE, None, "double", None),
        (Part.NORMALISED, 83.33333, "Decimal", 83.33),
        (Part.NORMALISED, 83.5, "int", 84),
        (Part.NORMALISED, 83.5, "String", "83.5"),
        (Part.ANSWERED_AT, WHEN, "datetime", WHEN),
        (Part.ANSWERED_AT, WHEN.replace(tzinfo=None), "DateTime", WHEN),
        (Part.ANSWERED_AT, WHEN, "date", "2026-05-04"),
        (Part.ANSWERED_AT, WHEN, "string", "2026-05-04T12:30:15+00:00"),
        (Part.COMMENT, "", "Memo", None),
        (Part.COMMENT, "=1+1", "Memo", "=1+1"),
        (Part.COMMENT, "a\r\nb\tc\x00\x07", "textarea", "a\nb\tc"),
        (Part.COMMENT, "\ud800", "textarea", "?"),
    ],
)
def test_a_value_has_the_type_of_its_field(part: outward.Part, value: Any, crm_type: str, expected: Any) -> None:
    assert written(part, value, crm_type) == expected


def test_every_part_goes_to_its_field() -> None:
    target = {f"F_{part}": part for part in Part}
    of_answer = {f"F_{part}": ANSWER[part] for part in Part if part not in outward.TOLD}
    assert outward.field_values(target, ANSWER) == of_answer | {"F_link": None}


@pytest.mark.parametrize(("length", "kept"), [(None, True), (60, True), (59, False)])
def test_a_link_is_written_whole_or_not_at_all(length: int | None, kept: bool) -> None:
    link = "https://feedback.havu.example/s/" + "x" * 28
    field = base.Field(name="A", type="url", writable=True, length=length)
    written_ = outward.told_values({"A": Part.LINK}, Part.LINK, link, base.Description(object="Case", fields={"A": field}))
    assert written_ == {"A": link if kept else None}


def test_a_field_that_is_too_short_for_links_is_wrong() -> None:
    field = base.Field(name="A", type="string", writable=True, length=40)
    described = {"Case": base.Description(object="Case", fields={"A": field})}
    [found] = outward.check("acme", {"Case": {"A": Part.LINK}}, described)
    assert (found.grade, "too short for a link" in found.message) == (finding.Grade.WRONG, True)


def test_an_answer_is_taken_back_by_emptying_its_fields() -> None:
    assert outward.withdrawn({"A": Part.SCORE, "B": Part.COMMENT}) == {"A": None, "B": None}


def test_a_long_comment_is_cut_with_an_ellipsis() -> None:
    assert written(Part.COMMENT, "x" * 300, "string", 255) == "x" * 254 + "…"


def test_an_emoji_counts_as_two_and_is_never_cut_in_half() -> None:
    assert written(Part.COMMENT, "🎉" * 10, "string", 8) == "🎉🎉🎉…"


@given(st.text(), st.integers(0, 50))
def test_a_comment_always_fits_and_what_fits_is_not_cut(comment: str, length: int) -> None:
    kept = outward.cut(outward.clean(comment), length)
    assert len(kept.encode("utf-16-le")) <= 2 * length
    assert len(outward.clean(comment).encode("utf-16-le")) > 2 * length or kept == outward.clean(comment)


GOOD, WARNING, WRONG = finding.Grade.GOOD, finding.Grade.WARNING, finding.Grade.WRONG


@pytest.mark.parametrize(
    ("part", "description", "grade", "words"),
    [
        (Part.SCORE, described("double"), GOOD, ""),
        (Part.SCORE, described("any"), GOOD, ""),
        (Part.COMMENT, described("textarea", 32_000), GOOD, ""),
        (Part.COMMENT, described("string", 80), WARNING, "holds 80 characters"),
        (Part.SCORE, described("picklist"), WRONG, "is of type picklist"),
        (Part.ANSWERED_AT, described("double"), WRONG, "is of type double"),
        (Part.SCORE, described("double", writable=False), WRONG, "cannot be written"),
        (Part.SCORE, base.Description(object="Case", fields={}), WRONG, "does not exist, or this user may not see it"),
    ],
)
def test_a_field_is_checked_against_what_goes_there(
    part: outward.Part, description: base.Description, grade: finding.Grade, words: str
) -> None:
    (found,) = outward.check("acme", {"Case": {"F": part}}, {"Case": description})
    assert (found.grade, found.subject) == (grade, "connectors.acme: field Case.F")
    assert words in found.message
    assert bool(found.remedy) == (grade is not GOOD)


def test_an_object_that_cannot_be_seen_is_one_finding() -> None:
    (found,) = outward.check("acme", {"Case": {"F": Part.SCORE, "G": Part.COMMENT}}, {})
    assert (found.grade, found.subject) == (WRONG, "connectors.acme: object Case")


def test_a_field_in_other_letters_is_suggested() -> None:
    (found,) = outward.check("acme", {"Case": {"f": Part.SCORE}}, {"Case": described("double")})
    assert "Did you mean F?" in found.remedy
