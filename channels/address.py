"""What a mail address must look like before anything is sent to it: used by every channel that writes mail."""

import functools
import re
import unicodedata

import email_validator

_LONGEST = 320
"""Characters; RFC 5321 section 4.5.3.1 allows 64 + 1 + 255 octets, so anything longer is not even parsed."""


def normalised(text: str) -> str | None:
    """The address as it goes on the wire, or None when it is not one.

    White space and invisible characters around it are dropped; an internationalised domain is written in its ASCII form; the
    domain is lower-cased. The part before the @ keeps its case, since only its own server may judge it (RFC 5321, 2.4).
    Nobody is asked over the network: whether the domain exists is for the mail server to find out.
    """
    plain = _PLAIN.match(text) if len(text) <= _LONGEST_PLAIN else None
    if plain is not None and (plain[1].islower() or not plain[1].isalpha()):
        host = _host(plain[2])
        return host and f"{plain[1]}@{host}"
    candidate = unwrapped(text)
    return _checked(candidate) if candidate and len(candidate) <= _LONGEST else None


def _checked(candidate: str) -> str | None:
    try:
        checked = email_validator.validate_email(candidate, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return None
    return checked.ascii_email or f"{checked.local_part}@{checked.ascii_domain}"


_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:(?!--)[a-zA-Z0-9.\-])+)\Z")
"""Nearly every address: of what is before the @ there is nothing to decide but whether it is a name such as Postmaster, which
knows no case (RFC 2142) and is a word of letters; and the domain, without ``xn--``, is the same written as ASCII or not."""
_LONGEST_PLAIN = 254
"""RFC 5321's limit as the library has it."""


@functools.lru_cache(maxsize=4096)
def _host(written: str) -> str | None:
    """The normal form of a domain. Looking at it is most of the work, and customers share theirs."""
    checked = _checked(f"a@{written}")
    return None if checked is None else domain(checked)


def domain(address: str) -> str:
    """What stands after the @."""
    return address.rpartition("@")[2]


def unwrapped(text: str) -> str:
    """Without white space, control and format characters (byte order marks, zero-width spaces, bidi marks) at both ends."""
    start, end = 0, len(text)
    while start < end and _is_wrapping(text[start]):
        start += 1
    while end > start and _is_wrapping(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_wrapping(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")
