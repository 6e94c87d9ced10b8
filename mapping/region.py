"""What a CRM calls a country → ISO 3166, so that a phone number without a country code can be read. Pure.

Called by inward (a person's country) and settings (where the others' numbers belong).
"""

import functools

import phonenumbers
from babel import Locale
from babel.core import get_global

_SPEAKERS = ("en", "fi", "sv", "nb", "da", "de", "et", "fr", "es", "it", "nl", "pl")
"""In whose languages people write countries' names."""
_ALIASES = {"usa": "US", "u.s.": "US", "u.s.a.": "US", "uk": "GB", "u.k.": "GB", "great britain": "GB", "england": "GB"}


def code_of(said: str) -> str:
    """``FI`` for FI, FIN, Finland, Suomi and Finnland; empty for what makes no sense."""
    word = " ".join(said.split()).casefold()
    if not word or word.upper() in phonenumbers.SUPPORTED_REGIONS:
        return word.upper()  # the usual cases: names of countries in twelve languages are 16 MB that stay unread
    return _names().get(word, "")


def known(said: str) -> str:
    """The country's two letters. Raises ValueError that says what would be right."""
    code = code_of(said)
    if not code:
        raise ValueError('should be a country by its two letters, such as "FI"')
    return code


@functools.cache
def _names() -> dict[str, str]:
    """Codes of two and three letters and names, case-folded → code of two letters."""
    codes = {str(code) for code in Locale.parse("en").territories if len(str(code)) == 2 and str(code).isalpha()}
    names = {code.casefold(): code for code in codes}
    for long, short in get_global("territory_aliases").items():
        if len(long) == 3 and long.isalpha() and len(short) == 1 and short[0] in codes:
            names.setdefault(long.casefold(), short[0])
    for speaker in _SPEAKERS:
        for territory, name in Locale.parse(speaker).territories.items():
            if territory in codes:
                names.setdefault(str(name).casefold(), str(territory))
    return {**_ALIASES, **names}
