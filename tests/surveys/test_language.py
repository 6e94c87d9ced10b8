"""What CRMs and people call languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import language

SAID = [
    ("fi", "fi"), ("FI", "fi"), ("fi_FI", "fi"), ("fi-FI", "fi"), ("fin", "fi"), ("1035", "fi"), (" Suomi ", "fi"),
    ("Finnish", "fi"), ("finska", "fi"), ("suomi (Suomi)", "fi"), ("sv", "sv"), ("sv-SE", "sv"), ("sv_FI", "sv"), ("swe", "sv"),
    ("1053", "sv"), ("2077", "sv"), ("svenska", "sv"), ("ruotsi", "sv"), ("SWEDISH", "sv"), ("en", "en"), ("en_US", "en"),
    ("en-GB", "en"),
    ("eng", "en"), ("1033", "en"), ("2057", "en"), ("English", "en"), ("English (US)", "en"), ("englanti", "en"), ("de", "de"),
    ("1031", "de"), ("Deutsch", "de"), ("German", "de"), ("pt_BR", "pt"), ("zh-Hans", "zh"), ("fi_FI.UTF-8", "fi"),
    ("", ""), ("klingon", ""), ("x", ""), ("0", ""), ("99999999999999999", ""), ("٣", ""), ("\x00", ""), ("—", ""), ("root", ""),
]  # fmt: skip


@pytest.mark.parametrize(("said", "code"), SAID)
def test_what_is_said_is_understood(said: str, code: str) -> None:
    assert language.code_of(said) == code


@pytest.mark.parametrize(
    ("said", "spoken"), [("sv_SE", "sv"), ("German", "fi"), ("", "fi"), ("klingon", "fi"), ("1033", "fi"), ("suomi", "fi")]
)
def test_what_we_do_not_speak_or_know_becomes_the_default(said: str, spoken: str) -> None:
    assert language.known(said, ("fi", "sv"), "fi") == spoken


@given(st.text(max_size=50))
def test_nothing_that_is_said_breaks_anything(said: str) -> None:
    assert language.known(said, ("fi", "sv", "en"), "en") in ("fi", "sv", "en")
