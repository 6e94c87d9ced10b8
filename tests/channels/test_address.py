"""What is a mail address and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import address


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("aino@posti.example", "aino@posti.example"),
        ("Aino.Virtanen@POSTI.Example", "Aino.Virtanen@posti.example"),
        (" aino@posti.example\t\n", "aino@posti.example"),
        ("\ufeffaino@posti.example\u200b\u00a0", "aino@posti.example"),
        ("aino@åbo.example", "aino@xn--bo-xia.example"),
        ("äinö@åbo.example", "äinö@åbo.example"),
        ("aino+case@posti.example", "aino+case@posti.example"),
        ("o'brien@posti.example", "o'brien@posti.example"),
    ],
)
def test_an_address_has_one_normal_form(written: str, normal: str) -> None:
    assert address.normalised(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "none",
        "aino@",
        "@posti.example",
        "aino@posti",
        "aino@localhost",
        "aino@@posti.example",
        "aino virtanen@posti.example",
        "aino@posti.example, eino@posti.example",
        "Aino <aino@posti.example>",
        "aino@posti.example\r\nBcc: eino@posti.example",
        "aino@pos\x00ti.example",
        '"aino\r\n"@posti.example',
        "aino@[127.0.0.1]",
        "aino@" + "a" * 64 + ".example",
        "a" * 32_000,
        "aino@" + "a." * 16_000 + "example",
    ],
)
def test_what_is_no_address_is_none(written: str) -> None:
    assert address.normalised(written) is None


@given(some.emails())
def test_a_normal_form_is_its_own_normal_form(written: str) -> None:
    normal = address.normalised(written)
    assert normal is None or address.normalised(normal) == normal


@given(some.text(some.characters(), max_size=60).map(lambda text: f"aino{text}@posti.example"))
def test_no_address_has_white_space_or_control_characters(written: str) -> None:
    normal = address.normalised(written)
    assert normal is None or not any(letter.isspace() or ord(letter) < 32 for letter in normal)
