"""What is a mail address and what is not."""

import email_validator
import pytest
from email_validator import rfc_constants
from hypothesis import example, given, settings
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
        ("äinö@åbo.example", "äinö@xn--bo-xia.example"),
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


def by_the_library(written: str) -> str | None:
    candidate = address.unwrapped(written)
    try:
        checked = email_validator.validate_email(candidate, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return None
    return checked.ascii_email or f"{checked.local_part}@{checked.ascii_domain}"


NAMES = [
    *rfc_constants.CASE_INSENSITIVE_MAILBOX_NAMES,
    "aino",
    "Aino.Virtanen",
    "a" * 64,
    "a" * 65,
    "x.1",
    ".a",
    "a..b",
    "Ä",
    '"a b"',
]
HOSTS = [
    *("posti.example", "POSTI.Example", "åbo.example", "xn--bo-xia.example", "XN--BO-XIA.example", "a--b.example", "-a.example"),
    *("a-.example", "posti.example.", ".example", "a..example", "localhost", "a.local", "a.test", "a.invalid", "1.2.3.4", "a.1b"),
    *("a" * 63 + ".example", "a" * 64 + ".example", ".".join(["a" * 61] * 4), ".".join(["a" * 60] * 4) + ".fi", "[127.0.0.1]"),
]
PARTS = some.one_of(
    some.sampled_from(NAMES), some.sampled_from(NAMES).map(str.upper), some.sampled_from(NAMES).map(str.title),
    some.text("aZ0.-_+!#$%&'*/=?^`{|}~ \"ä", max_size=70),
)  # fmt: skip
DOMAINS = some.one_of(
    some.sampled_from(HOSTS), some.text("abXn0.-å_ ", max_size=20), some.from_regex(r"([a-z0-9-]{1,63}\.){1,4}[a-z]{2,6}")
)


@settings(max_examples=400)
@example("Ä@åbo.example")
@given(
    some.one_of(
        some.builds("{}@{}".format, PARTS, DOMAINS), some.emails(), some.text(max_size=30), some.text("a@.-", max_size=12)
    )
)
def test_the_short_way_says_what_the_library_says(written: str) -> None:
    assert address.normalised(written) == by_the_library(written)


@given(some.emails())
def test_a_normal_form_is_its_own_normal_form(written: str) -> None:
    normal = address.normalised(written)
    assert normal is None or address.normalised(normal) == normal


@given(some.text(some.characters(), max_size=60).map(lambda text: f"aino{text}@posti.example"))
def test_no_address_has_white_space_or_control_characters(written: str) -> None:
    normal = address.normalised(written)
    assert normal is None or not any(letter.isspace() or ord(letter) < 32 for letter in normal)
