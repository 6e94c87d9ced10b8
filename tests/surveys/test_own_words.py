"""What settings may add to a survey: further questions, thanks, a logo, catalogues of one's own."""

import copy
from pathlib import Path
from typing import Any

import pydantic
import pytest

from surveys import catalogue, metrics, questions, settings, wording
from tests.surveys import test_logo

REASON = {
    "key": "reason",
    "kind": "one",
    "words": {"en": "What was it about?", "fi": "Mistä oli kyse?"},
    "options": {"speed": {"en": "Speed", "fi": "Nopeus"}, "price": {"en": "Price", "fi": "Hinta"}},
    "show_for": ["low"],
}
GOOD: dict[str, Any] = {
    "languages": ["fi", "en"],
    "brand": {"name": "Havu"},
    "survey": {
        "case": {
            "metric": "csat",
            "questions": [REASON, {"key": "ease", "kind": "rating", "words": {"en": "How easy?", "fi": "Kuinka helppoa?"}}],
            "thanks": {"low": {"en": "We call you.", "fi": "Soitamme sinulle."}},
        }
    },
}


def read(section: dict[str, Any], folder: Path | None = None) -> settings.SurveysSettings:
    return settings.SurveysSettings.model_validate(section, context={"folder": folder or Path()})


def with_question(**changes: Any) -> dict[str, Any]:
    section = copy.deepcopy(GOOD)
    section["survey"]["case"]["questions"][0] |= changes
    return section


def test_further_questions_come_out_in_the_order_of_the_settings() -> None:
    asked = read(GOOD).as_surveys()["case"]
    assert [one.key for one in asked.questions] == ["reason", "ease"]
    assert asked.questions[0].show_for == frozenset({metrics.Tone.LOW})
    assert asked.questions[1].always
    assert list(asked.questions[1].points) == [1, 2, 3, 4, 5]
    assert read(GOOD).asked() == {"reason": questions.Kind.ONE, "ease": questions.Kind.RATING}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"options": {}}, "options should be 2 to 12: there are 0"),
        ({"options": {"speed": {"en": "Speed"}}}, "options should be 2 to 12: there are 1"),
        ({"kind": "text"}, 'options belong to questions of kind "one" or "several", and this one is "text"'),
        ({"kind": "matrix"}, "Input should be 'one', 'several', 'rating' or 'text'"),
        ({"key": "Reason!"}, "should match pattern"),
        ({"key": "ease"}, "a key of their own"),
        ({"words": {}}, "at least 1 item"),
        ({"words": {"xx": "?"}}, "should be a language there is a catalogue for"),
        ({"show_for": ["sad"]}, "Input should be 'low', 'middle' or 'high'"),
        ({"show_for": []}, "at least 1 item"),
        ({"required": True}, "Extra inputs are not permitted"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_the_reason(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        read(with_question(**changes))
    assert why in str(caught.value)


def test_a_key_means_the_same_in_every_survey() -> None:
    section = copy.deepcopy(GOOD)
    section["survey"]["other"] = {"metric": "nps", "questions": [{"key": "reason", "kind": "text", "words": {"en": "Why?"}}]}
    with pytest.raises(pydantic.ValidationError, match="reason should be of the kind one, as in another survey"):
        read(section)


def test_thanks_of_ones_own_stand_for_their_band_alone() -> None:
    section = read(GOOD)
    asked, words = section.as_surveys()["case"], wording.Wording("fi", section.as_brand())
    assert words.thanks(asked, metrics.Tone.LOW, "case_closed") == "Soitamme sinulle."
    assert words.thanks(asked, metrics.Tone.HIGH, "case_closed") == "Vastauksesi on välitetty asiaasi hoitaneille."


def test_words_that_a_language_lacks_are_told() -> None:
    section = copy.deepcopy(GOOD)
    del section["survey"]["case"]["questions"][0]["options"]["price"]["fi"]
    del section["survey"]["case"]["thanks"]["low"]["fi"]
    assert list(read(GOOD).gaps()) == []
    assert list(read(section).gaps()) == [
        "surveys.survey.case.thanks.low has no words in fi",
        "surveys.survey.case.questions.reason.options.price has no words in fi",
    ]


def test_the_logo_is_read_from_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(test_logo.png(64, 32))
    brand = read(GOOD | {"brand": {"name": "Havu", "logo": "logo.png"}}, tmp_path).as_brand()
    assert brand.logo is not None
    assert (brand.logo.kind, brand.logo.width) == ("image/png", 64)
    assert "content" not in repr(brand)


def test_a_logo_that_is_missing_or_harmful_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.svg").write_bytes(test_logo.svg("<script/>"))
    for name, why in (("none.png", "cannot be read"), ("bad.svg", "with <script>")):
        with pytest.raises(pydantic.ValidationError, match=why):
            read(GOOD | {"brand": {"name": "Havu", "logo": name}}, tmp_path)


HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def catalogue_of(folder: Path, language: str, *phrases: tuple[str, str, str]) -> Path:
    place = folder / "words" / language / "LC_MESSAGES"
    place.mkdir(parents=True)
    said = "".join(f'msgctxt "{key}"\nmsgid "{english}"\nmsgstr "{words}"\n\n' for key, english, words in phrases)
    (place / "palaute.po").write_text(HEAD + said, "utf-8")
    return folder


def test_a_catalogue_of_ones_own_adds_a_language(tmp_path: Path) -> None:
    folder = catalogue_of(tmp_path, "et", ("send", "Send", "Saada"))
    section = read(GOOD | {"catalogues": "words", "languages": ["et", "en"]}, folder)
    words = wording.Wording("et", section.as_brand())
    assert (words.text("send"), words.text("thanks"), words.own_name) == ("Saada", "Thank you, your answer is saved", "Eesti")
    (lacks, *others) = [line for line in section.gaps() if "catalogue" in line]
    assert lacks.startswith("the catalogue of et lacks ")
    assert others == []


def test_a_catalogue_of_ones_own_says_single_phrases_otherwise(tmp_path: Path) -> None:
    folder = catalogue_of(tmp_path, "fi", ("open.low", "What should we have done better?", "Mitä teidän mielestänne puuttui?"))
    section = read(GOOD | {"catalogues": "words"}, folder)
    words = wording.Wording("fi", section.as_brand())
    assert words.open_question(metrics.Tone.LOW) == "Mitä teidän mielestänne puuttui?"
    assert words.text("send") == "Lähetä"
    assert not [line for line in section.gaps() if "catalogue" in line]


@pytest.mark.parametrize(
    ("language", "phrase", "why"),
    [
        (
            "et",
            ("chosen", "You chose {n}.", "Valisid {m}."),
            "chosen may not have m: only brand, genitive, n, partitive",
        ),
        ("et", ("chosen", "You chose {n}.", "Valisid {n."), "unpaired braces"),
        ("klingon", ("send", "Send", "ngeH"), "klingon is no language code"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, language: str, phrase: tuple[str, str, str], why: str
) -> None:
    folder = catalogue_of(tmp_path, language, phrase)
    with pytest.raises(pydantic.ValidationError) as caught:
        read(GOOD | {"catalogues": "words"}, folder)
    assert why in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pydantic.ValidationError, match="no folder that this user may read"):
        read(GOOD | {"catalogues": "nowhere"}, tmp_path)


def test_an_empty_catalogue_to_fill_in_has_every_phrase(tmp_path: Path) -> None:
    folder = catalogue_of(tmp_path, "de")
    (folder / "words" / "de" / "LC_MESSAGES" / "palaute.po").write_text(catalogue.blank("de"), "utf-8")
    assert list(catalogue.problems(str(folder / "words"))) == []
    assert len(catalogue.missing("de", str(folder / "words"))) > 100
    assert catalogue.missing("fi") == catalogue.missing("sv") == []
