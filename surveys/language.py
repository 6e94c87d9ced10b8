"""What a CRM calls a language → one of ours.

Salesforce writes locales (``fi``, ``en_US``, ``pt_BR``), Dataverse Windows language ids (1035), people write names
(``Suomi``, ``swedish``).
"""

import functools
import re

from babel import Locale, UnknownLocaleError

from surveys import catalogue

_WINDOWS = {
    1: "ar", 2: "bg", 3: "ca", 5: "cs", 6: "da", 7: "de", 8: "el", 9: "en", 10: "es", 11: "fi", 12: "fr", 13: "he", 14: "hu",
    15: "is", 16: "it", 17: "ja", 18: "ko", 19: "nl", 20: "nb", 21: "pl", 22: "pt", 24: "ro", 25: "ru", 27: "sk", 29: "sv",
    31: "tr", 34: "uk", 36: "sl", 37: "et", 38: "lv", 39: "lt",
}  # fmt: skip
"""Primary language of a Windows language id (its lowest ten bits), [MS-LCID] section 2.2."""


def known(said: str, languages: tuple[str, ...], default: str) -> str:
    """The language among ``languages`` that the CRM means; ``default`` when it says none of them."""
    code = code_of(said)
    return code if code in languages else default


def code_of(said: str) -> str:
    """ISO 639-1 code of what a CRM calls a language; empty when it makes no sense."""
    word = said.strip().casefold()
    if word.isascii() and word.isdigit():
        return _WINDOWS.get(int(word[:9]) & 0x3FF, "")
    code = re.match(r"([a-z]{2})(?:[-_].*)?$", word)
    if code is not None and code[1] in _codes():
        return code[1]  # the usual case: the names of languages are 30 MB that stay unread
    if word in _names():
        return _names()[word]
    first = re.match(r"([a-z]{2,3})(?:[-_ .@(].*)?$", word)
    if first is not None:
        return _code(first[1])
    first = re.match(r"(\w+)\W", word)
    return _names().get(first[1], "") if first else ""


def _code(letters: str) -> str:
    """``fi`` for ``fi`` and for ``fin``; empty for letters that are no language."""
    try:
        locale = Locale.parse(letters)
    except (UnknownLocaleError, ValueError):
        return ""
    return str(locale.language)


@functools.cache
def _codes() -> frozenset[str]:
    return frozenset({*_WINDOWS.values(), *catalogue.languages()})


@functools.cache
def _names() -> dict[str, str]:
    """What a language is called in itself, in English and in every language we speak, case-folded → code."""
    codes = _codes()
    names: dict[str, str] = {}
    for speaker in {*codes, "en"}:
        for code in codes:
            if speaker in (code, "en") or speaker in catalogue.languages():
                name = Locale.parse(speaker).languages.get(code)
                if name:
                    names.setdefault(str(name).casefold(), code)
    return names
