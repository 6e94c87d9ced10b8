"""What customers wrote does nothing to the terminal that shows it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import printable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Kiitos, hyvin meni! 😀 👨\u200d👩\u200d👧", "Kiitos, hyvin meni! 😀 👨\u200d👩\u200d👧"),
        ("\x1b[2J\x1b]0;title\x07", "�[2J�]0;title�"),
        ("a\x9b31mb\x7f\x85", "a�31mb��"),
        ("\u202egpj.exe", "�gpj.exe"),
        ("one\r\ntwo\nAnswer (confirmed): 10", "one\n      two\n      Answer (confirmed): 10"),
        ("a\rb", "a�b"),
        ("שלום", "שלום"),
    ],
)
def test_a_line_is_shown_and_not_obeyed(written: str, shown: str) -> None:
    assert printable.shown(written) == shown


@given(st.text())
def test_no_control_character_is_left(written: str) -> None:
    assert all(mark == "\n" or unicodedata.category(mark) != "Cc" for mark in printable.shown(written))
