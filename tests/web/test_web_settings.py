"""The section ``[web]``."""

import pydantic
import pytest

from web import settings


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:80", "::1", 80),
        (":8080", "", 8080),
        ("pages.internal:65535", "pages.internal", 65535),
    ],
)
def test_addresses_are_taken_apart(listen: str, host: str, port: int) -> None:
    web = settings.WebSettings(listen=listen, public_url="http://x.example")
    assert (web.host, web.port) == (host, port)


@pytest.mark.parametrize(
    "listen", ["8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "a b:80", "http://x:80", ""]
)
def test_addresses_that_cannot_be_are_refused(listen: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="listen"):
        settings.WebSettings(listen=listen, public_url="http://x.example")


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example", "feedback.example", "https://", "https://x.example?a=1", "https://x.example#a", "https://me:secret@x.example",
     "https://x.example:99999", "https://x.example:0", "javascript:alert(1)", "https://[x"],
)  # fmt: skip
def test_public_addresses_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="should be an address such as"):
        settings.WebSettings(public_url=url)


def test_a_slash_at_the_end_is_no_part_of_the_address() -> None:
    web = settings.WebSettings(public_url="https://x.example/feedback/")
    assert (web.public_url, web.root) == ("https://x.example/feedback", "/feedback")


def test_the_public_address_is_by_default_where_the_pages_listen() -> None:
    assert settings.WebSettings.model_validate({"listen": "127.0.0.1:9000"}).public_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize("listen", ["127.0.0.1:0", ":8080", "0.0.0.0:8080", "[::]:8080"])
def test_where_the_port_or_host_is_open_a_public_address_is_needed(listen: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="public_url is needed"):
        settings.WebSettings.model_validate({"listen": listen})


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="Extra inputs"):
        settings.WebSettings.model_validate({"listn": "x"})
