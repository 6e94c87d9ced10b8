"""The catalogues: one folder of locales/ per language, read at run time; a new folder is a new language."""

import functools
import gettext
import io
from pathlib import Path

from babel.messages import mofile, pofile

from surveys import phrases

_FOLDER = Path(__file__).parent / "locales"
SOURCE = "en"
"""The language the phrases are written in, which needs no catalogue."""


def languages() -> tuple[str, ...]:
    """Every language there are words in."""
    found = sorted(path.parent.parent.name for path in _FOLDER.glob("*/LC_MESSAGES/palaute.po"))
    return (*found, SOURCE)


@functools.cache
def _translations(language: str) -> gettext.NullTranslations:
    """The language's catalogue, compiled in memory; one that translates nothing where there is no such catalogue."""
    path = _FOLDER / language / "LC_MESSAGES" / "palaute.po"
    if language not in languages() or language == SOURCE:
        return gettext.NullTranslations()
    with path.open("rb") as source:
        catalogue = pofile.read_po(source, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def has(key: str, language: str) -> bool:
    """Whether the phrase exists and is said in this language."""
    if key not in phrases.PHRASES:
        return False
    if language == SOURCE:
        return True
    phrase = phrases.PHRASES[key]
    english = phrase.one if isinstance(phrase, phrases.Plural) else phrase
    catalogue = getattr(_translations(language), "_catalog", {})
    message = f"{key}\x04{english}"
    return message in catalogue or (message, 0) in catalogue


def template(key: str, language: str, number: int = 1) -> str:
    """The phrase in this language, in the form that goes with the number, its places not filled in; English where untranslated.

    Raises KeyError for a phrase that does not exist.
    """
    phrase = phrases.PHRASES[key]
    if isinstance(phrase, phrases.Plural):
        return _translations(language).npgettext(key, phrase.one, phrase.many, number)
    return _translations(language).pgettext(key, phrase)
