"""The catalogues: one folder of locales/ per language, read at run time; a new folder is a new language.

Settings may name a folder of their own (``surveys.catalogues``) in the same layout, ``LANGUAGE/LC_MESSAGES/palaute.po``: what is
in it comes first, so that it may add a language or say some phrases of ours otherwise.
``python -m surveys.catalogue ar > palaute.po`` writes an empty one to fill in.
"""

import functools
import gettext
import io
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog

from surveys import phrases

_FOLDER = Path(__file__).parent / "locales"
_FILE = Path("LC_MESSAGES") / "palaute.po"
SOURCE = "en"
"""The language the phrases are written in, which needs no catalogue."""
_BY_RULE = frozenset({"genitive", "genitive.s"})
"""How names are inflected: only where the language has a rule."""
_ALWAYS = frozenset({"brand", "genitive", "partitive"})
"""Places that every phrase may have."""


def languages(folder: str = "") -> tuple[str, ...]:
    """Every language there are words in, those of the settings' own ``folder`` too; English last."""
    found = {language for place in _places(folder) for language in _inside(place)}
    return (*sorted(found - {SOURCE}), SOURCE)


def _places(folder: str) -> list[Path]:
    """Where catalogues are looked for, the first one first."""
    return [Path(folder), _FOLDER] if folder else [_FOLDER]


def _inside(place: Path) -> set[str]:
    return {path.parent.parent.name for path in place.glob(f"*/{_FILE}")}


@functools.cache
def _translations(language: str, folder: str = "") -> gettext.NullTranslations:
    """The language's catalogue, compiled in memory; one that translates nothing where there is no such catalogue."""
    found = gettext.NullTranslations()
    for place in reversed(_places(folder)):
        if language in _inside(place):
            compiled = io.BytesIO()
            mofile.write_mo(compiled, _read(place, language))
            compiled.seek(0)
            further = gettext.GNUTranslations(compiled)
            further.add_fallback(found)
            found = further
    return found


def _read(place: Path, language: str) -> Catalog:
    with (place / language / _FILE).open("rb") as source:
        return pofile.read_po(source, locale=language, abort_invalid=True)


def refresh() -> None:
    """Read the catalogues anew when they are asked for next: somebody may have edited them."""
    _translations.cache_clear()


def has(key: str, language: str, folder: str = "") -> bool:
    """Whether the phrase exists and is said in this language."""
    if key not in phrases.PHRASES:
        return False
    if language == SOURCE:
        return True
    phrase = phrases.PHRASES[key]
    message = f"{key}\x04{phrase.one if isinstance(phrase, phrases.Plural) else phrase}"
    at: gettext.NullTranslations | None = _translations(language, folder)
    while at is not None:
        known = getattr(at, "_catalog", {})
        if message in known or (message, 0) in known:
            return True
        at = getattr(at, "_fallback", None)
    return False


def template(key: str, language: str, number: int = 1, folder: str = "") -> str:
    """The phrase in this language, in the form that goes with the number, its places not filled in; English where untranslated.

    Raises KeyError for a phrase that does not exist.
    """
    phrase = phrases.PHRASES[key]
    if isinstance(phrase, phrases.Plural):
        return _translations(language, folder).npgettext(key, phrase.one, phrase.many, number)
    return _translations(language, folder).pgettext(key, phrase)


def missing(language: str, folder: str = "") -> list[str]:
    """Phrases that this language has no words for, which are therefore said in English."""
    return [key for key in phrases.PHRASES if key not in _BY_RULE and not has(key, language, folder)]


def problems(folder: str) -> Iterator[str]:
    """What keeps the settings' own catalogues from being used, a sentence each."""
    for language in sorted(_inside(Path(folder))):
        where = f"{language}/{_FILE.as_posix()}"
        try:
            Locale.parse(language)
            catalogue = _read(Path(folder), language)
        except (UnknownLocaleError, ValueError):
            yield f"{where}: {language} is no language code such as ar, de or et"
        except (pofile.PoFileError, OSError) as error:
            yield f"{where} cannot be read: {error}"
        else:
            yield from (f"{where}: {wrong}" for wrong in _misfits(catalogue))


def _misfits(catalogue: Catalog) -> Iterator[str]:
    """Phrases with places that cannot be filled in."""
    for message in catalogue:
        key = message.context or ""
        if not message.id or not message.string or key not in phrases.PHRASES:
            continue
        phrase = phrases.PHRASES[key]
        offered = _ALWAYS.union(*map(_named, phrase[:2] if isinstance(phrase, phrases.Plural) else (phrase,)))
        for form in [message.string] if isinstance(message.string, str) else message.string:
            try:
                odd = sorted(_named(form) - offered)
            except ValueError:
                odd = ["unpaired braces"]
            if odd:
                yield f"the phrase {key} may not have {', '.join(odd)}: only {', '.join(sorted(offered))}"


def _named(form: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(form) if name is not None)


def blank(language: str) -> str:
    """A catalogue of all phrases without a translation, as text of a ``.po`` file."""
    catalogue = Catalog(locale=language, project="Palaute", charset="utf-8")
    for key, phrase in phrases.PHRASES.items():
        catalogue.add((phrase.one, phrase.many) if isinstance(phrase, phrases.Plural) else phrase, context=key)
    written = io.BytesIO()
    pofile.write_po(written, catalogue, width=120, omit_header=False)
    return re.sub(r"^#.*\n", "", written.getvalue().decode(), flags=re.MULTILINE)


if __name__ == "__main__":
    sys.stdout.write(blank(sys.argv[1] if len(sys.argv) > 1 else "de"))
