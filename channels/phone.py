"""What a phone number must look like before a text is sent to it, or handed to another program: used by sms and webhook."""

import functools

import phonenumbers

from channels import address

_LONGEST = 60
"""Characters that are looked at; an E.164 number has sixteen, people write spaces, brackets and words around it."""
_TEXTS = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""What can be reached by text. North America does not tell mobile numbers from others, so those all count."""


def normalised(text: str, region: str) -> str | None:
    """The number as E.164 (``+358401234567``), or None for what is none.

    ``region`` (ISO 3166: ``FI``) is where a number without a country code belongs. Makes of a text the same number as the key
    that people are known by, so that a quarantine and a no hold for whoever is texted.
    """
    parsed = _parsed(text, region)
    return None if parsed is None or not phonenumbers.is_valid_number(parsed) else _e164(parsed)


@functools.lru_cache(maxsize=8192)
def mobile(text: str, region: str) -> str | None:
    """The number as E.164 where it can be reached by text; None for landlines, premium and service numbers, and for no number."""
    parsed = _parsed(text, region)
    return None if parsed is None or phonenumbers.number_type(parsed) not in _TEXTS else _e164(parsed)


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country(number: str) -> str:
    """Where an E.164 number belongs, as ISO 3166 (``FI``); empty where that cannot be told."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def caller(text: str) -> str | None:
    """A number as a gateway tells it: E.164, with its plus sign or without."""
    digits = text.strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    return normalised(f"+{digits}", "ZZ")


def known_region(region: str) -> str:
    """The region as phonenumbers knows it. Raises ValueError that says what would be right."""
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError('should be a country by its two letters, such as "FI"')
    return region.upper()


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    if len(text) > _LONGEST or any(ord(character) < 32 for character in address.unwrapped(text)):
        return None
    try:
        return phonenumbers.parse(address.unwrapped(text), region)
    except phonenumbers.NumberParseException:
        return None
