"""Codes of places, and the origins that may embed one."""

import pytest

from journey.visiting import place


def test_codes_have_no_letters_that_look_alike() -> None:
    assert not set(place.ALPHABET) & set("0O1I2Z5S6B8L")
    assert len({place.new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Shop.example", "https://shop.example"),
        ("https://shop.example:8443/", "https://shop.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://shop.example", None),
        ("https://shop.example/cart", None),
        ("https://user@shop.example", None),
        ("https://*.example", None),
        ("shop.example", None),
    ],
)
def test_an_origin_is_a_scheme_and_a_host(text: str, origin: str | None) -> None:
    assert place.origin(text) == origin
