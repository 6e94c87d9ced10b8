"""The section ``[surveys]``: what is taken and what is refused, and why."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pydantic
import pytest

from surveys import metrics, settings, survey

STARS = {
    "first": 1,
    "last": 3,
    "bands": [{"key": "few", "first": 1, "last": 1, "tone": "low"}, {"key": "many", "first": 2, "last": 3, "tone": "high"}],
    "question": {"en": "How many?"},
}
GOOD: dict[str, Any] = {
    "languages": ["fi", "sv"],
    "default_language": "sv",
    "brand": {"name": "Havu", "accent": "#1d6b45", "time_zone": "Europe/Helsinki"},
    "metric": {"stars": STARS},
    "survey": {"case": {"metric": "csat"}, "own": {"metric": "stars", "question": {"fi": "Montako?"}}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """``GOOD`` with another value at the path."""
    section = copy.deepcopy(GOOD)
    *way, last = path.split(".")
    inner = section
    for step in way:
        inner = inner[step]
    inner[last] = value
    return section


def test_the_shipped_settings_are_good() -> None:
    shipped = tomllib.loads((Path(__file__).parents[2] / "settings.toml").read_text("utf-8"))
    section = settings.SurveysSettings.model_validate(shipped["surveys"])
    assert section.as_surveys()["purchase_nps"] == survey.Survey(key="purchase_nps", metric="nps")


def test_brand_and_surveys_come_out_as_nouns() -> None:
    section = settings.SurveysSettings.model_validate(GOOD)
    brand = section.as_brand(keep_months=12, repeat_days=30)
    assert (brand.name, brand.accent, brand.languages, brand.default_language) == ("Havu", "#1d6b45", ("fi", "sv"), "sv")
    assert (brand.keep_months, brand.repeat_days, brand.time_zone) == (12, 30, "Europe/Helsinki")
    surveys = section.as_surveys()
    assert surveys["case"].definition is metrics.BUILT_IN["csat"]
    assert surveys["own"].definition.band(2).key == "many"
    assert surveys["own"].question == {"fi": "Montako?"}


REFUSED = [
    ("languages", ["fi", "xx"], "should be a language there is a catalogue for: fi, sv, en"),
    ("languages", [], "at least 1 item"),
    ("languages", ["fi", "fi", "sv"], "should name each language once"),
    ("default_language", "en", 'default_language = "en" should be one of languages'),
    ("brand", {}, "Field required"),
    ("brand.name", "", "at least 1 character"),
    ("brand.accent", "blue", "should match pattern"),
    ("brand.accent", "#ffcc00", "should be darker: its contrast on light ground is 1.4, and text needs at least 4.5"),
    ("brand.time_zone", "Helsinki", 'should be a time zone such as "Europe/Helsinki"'),
    ("brand.time_zone", "../etc/passwd", "should be a time zone"),
    ("brand.colour", "#000000", "Extra inputs are not permitted"),
    ("survey", {}, "at least 1 item"),
    ("survey.case.metric", "smileys", 'survey.case.metric = "smileys" should be one of nps, '),
    ("survey.case.question", {"de": "Wie?"}, "should be a language there is a catalogue for"),
    ("survey.case.question", {"fi": ""}, "at least 1 character"),
    ("survey.case.extra", 1, "Extra inputs are not permitted"),
    ("metric.nps", STARS, "metric.nps should have another name: nps is built in"),
    ("metric.stars.last", 4, "the bands end at 3: they should end at 4"),
    ("metric.stars.first", 0, 'band "few" covers 1 to 1: it should begin at 0'),
    ("metric.stars.last", 1, "it should rise"),
    ("metric.stars.question", {}, "at least 1 item"),
    ("metric.stars.labels", {"en": {4: "Four"}}, "there is a label for 4, which is outside the scale 1 to 3"),
    ("metric.stars.headline", "median", "Input should be 'net' or 'share'"),
    ("extra", 1, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("path", "value", "why"), REFUSED)
def test_what_makes_no_sense_is_refused_with_the_reason(path: str, value: Any, why: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        settings.SurveysSettings.model_validate(changed(path, value))
    assert why in str(caught.value)


def test_a_scale_of_too_many_points_is_refused() -> None:
    wide = STARS | {"first": 0, "last": 100, "bands": [{"key": "all", "first": 0, "last": 100, "tone": "low"}]}
    with pytest.raises(pydantic.ValidationError, match="more than 11 points"):
        settings.SurveysSettings.model_validate(changed("metric.stars", wide))
