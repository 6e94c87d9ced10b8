"""The catalogues are complete and fit the phrases."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog, Message

from surveys import catalogue, phrases, settings, survey, wording

LOCALES = Path(catalogue.__file__).parent / "locales"
BY_RULE = {"genitive", "genitive.s"}
"""How names are inflected: only where the language has a rule."""
TRANSLATED = [language for language in catalogue.languages() if language != catalogue.SOURCE]


def read(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "palaute.po").open("rb") as source:
        return pofile.read_po(source, locale=language, abort_invalid=True)


def forms(words: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or ())


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_phrase_is_translated(language: str) -> None:
    assert {key for key in phrases.PHRASES if not catalogue.has(key, language)} <= BY_RULE


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    english = {
        (key, forms(phrase[:2] if isinstance(phrase, phrases.Plural) else phrase)[0]) for key, phrase in phrases.PHRASES.items()
    }
    assert {(message.context, forms(message.id)[0]) for message in read(language) if message.id} <= english


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_phrase_stands_twice(language: str) -> None:
    text = (LOCALES / language / "LC_MESSAGES" / "palaute.po").read_text("utf-8")
    contexts = re.findall(r"^msgctxt .*$", text, re.MULTILINE)
    assert sorted(set(contexts)) == sorted(contexts)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_or_doubtful(language: str) -> None:
    messages: list[Message] = [message for message in read(language) if message.id]
    assert [message.context for message in messages if message.fuzzy or not all(forms(message.string))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_in_nothing_that_the_phrase_does_not_have(language: str) -> None:
    always = {"brand", "genitive", "partitive"}
    for message in read(language):
        if message.id:
            offered = set().union(*(places(form) for form in forms(message.id))) | always
            for form in forms(message.string):
                assert places(form) <= offered, message.context


@pytest.mark.parametrize("language", TRANSLATED)
def test_values_that_matter_are_in_every_translation(language: str) -> None:
    for message in read(language):
        if message.id:
            needed = places(forms(message.id)[0]) - {"brand", "genitive", "partitive"}
            for form in forms(message.string):
                assert needed <= places(form), message.context


def test_curly_quotes_are_those_of_the_language() -> None:
    for key, phrase in phrases.PHRASES.items():
        for form in forms(phrase[:2] if isinstance(phrase, phrases.Plural) else phrase):
            assert not re.search(r"[\"'”](?=\w)", form), key
    for language in TRANSLATED:
        for message in read(language):
            assert not any("“" in form or '"' in form for form in forms(message.string)), message.context


def test_english_needs_no_catalogue_and_comes_last() -> None:
    assert catalogue.languages() == ("fi", "sv", "en")


def test_a_language_without_a_catalogue_speaks_english() -> None:
    assert catalogue.template("send", "ja") == "Send"
    assert catalogue.template("send", "../../etc") == "Send"


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue is dropped in, with two phrases in it."""
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "palaute.po").write_text(head + 'msgctxt "send"\nmsgid "Send"\nmsgstr "إرسال"\n', "utf-8")
    monkeypatch.setattr(catalogue, "_FOLDER", tmp_path)
    yield
    catalogue._translations.cache_clear()


@pytest.mark.usefixtures("arabic")
def test_a_new_catalogue_is_a_new_language_that_may_run_right_to_left() -> None:
    assert catalogue.languages() == ("ar", "en")
    words = wording.Wording("ar", survey.Brand(name="Havu", languages=("ar", "en")))
    assert (words.direction, words.own_name) == ("rtl", "العربية")
    assert (words.text("send"), words.text("thanks")) == ("إرسال", "Thank you, your answer is saved")
    brand = {"name": "Havu"}
    asked = {"languages": ["ar"], "default_language": "ar", "brand": brand, "survey": {"case": {"metric": "csat"}}}
    assert settings.SurveysSettings.model_validate(asked).languages == ["ar"]
