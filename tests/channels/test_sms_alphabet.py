"""How much fits into a text, held against a count that packs septets and octets the way an SMSC does."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels.sms import alphabet
from sandbox import sms_parts

GSM = [mark for mark in sms_parts.ALPHABET if mark != "\x1b"] + list(sms_parts.ESCAPED)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", (1, 0, False)),
        ("a" * 160, (1, 160, False)),
        ("a" * 161, (2, 161, False)),
        ("a" * 307, (3, 307, False)),
        ("åäöÅÄÖé" * 22, (1, 154, False)),
        ("[]" * 40, (1, 160, False)),
        ("a" * 152 + "€" + "a" * 151, (2, 305, False)),
        ("a" * 152 + "€" + "a" * 152, (3, 306, False)),
        ("’", (1, 1, True)),
        ("a" * 70 + "’", (2, 71, True)),
        ("😊" * 35, (1, 70, True)),
        ("a" * 66 + "😊" + "a" * 65, (2, 133, True)),
        ("a" * 66 + "😊" + "a" * 66, (3, 134, True)),
    ],
)
def test_a_text_has_its_size(text: str, size: tuple[int, int, bool]) -> None:
    assert tuple(alphabet.size(text)) == size


@given(some.text(some.sampled_from(GSM), max_size=500))
def test_gsm_texts_are_counted_as_they_are_packed(text: str) -> None:
    found = alphabet.size(text)
    assert not found.unicode
    assert found.parts == sms_parts.count(text)


@given(some.text(max_size=300))
def test_any_text_is_counted_as_it_is_packed(text: str) -> None:
    sound = text.encode("utf-8", "replace").decode()
    assert alphabet.size(sound).parts == sms_parts.count(sound)


@given(some.text(some.sampled_from([*GSM, "’", "–", "😊", "ő"]), max_size=200), some.text(max_size=50))
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert alphabet.size(text + more).parts >= alphabet.size(text).parts


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Don’t – “quote” …", 'Don\'t - "quote" ...'),
        ("”Terve”\u00a0sinä\u202fsiellä", '"Terve" sinä siellä'),
        ("a\u0308", "ä"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("Ő ł 😊", "Ő ł 😊"),
    ],
)
def test_typographic_marks_become_plain_and_letters_stay(typed: str, sent: str) -> None:
    assert alphabet.plain(typed) == sent


@given(some.text(max_size=120))
def test_plain_text_is_plain_for_good(text: str) -> None:
    once = alphabet.plain(text)
    assert alphabet.plain(once) == once
    assert all(unicodedata.category(mark) not in ("Cf",) for mark in once)
