"""The brand's logo in a mail: only where settings want it, and only as a picture that mail programs show."""

import dataclasses
import re

import pytest

from channels.email import render, words
from surveys import logo
from tests.channels import messages

PNG = logo.Logo(content=b"\x89PNG", kind="image/png", width=120, height=32)


def html(picture: logo.Logo | None, *, wanted: bool) -> str:
    brand = dataclasses.replace(messages.HAVU, logo=picture)
    return render.html(words.words(messages.message(brand=brand), logo=wanted))


def test_a_logo_has_its_name_its_size_and_an_address_that_changes_with_it() -> None:
    found = re.findall(r"<img [^>]*>", html(PNG, wanted=True))
    assert len(found) == 1
    assert 'alt="Havu" width="120" height="32"' in found[0]
    [address] = re.findall(r'src="([^"]*)"', found[0])
    assert re.fullmatch(r"https://feedback\.havu\.example/static/logo\?[0-9a-f]{12}", address)
    assert address not in html(dataclasses.replace(PNG, content=b"\x89PNG2"), wanted=True)


@pytest.mark.parametrize(
    ("picture", "wanted"), [(PNG, False), (None, True), (dataclasses.replace(PNG, kind="image/svg+xml"), True)]
)
def test_otherwise_the_name_stands_there_and_nothing_is_fetched(picture: logo.Logo | None, wanted: bool) -> None:
    assert "<img" not in html(picture, wanted=wanted)
    assert ">Havu</p>" in html(picture, wanted=wanted)
