"""The section [channels] takes what is right and says what is wrong."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from channels import registry, settings
from channels.email import channel as email_channel

RIGHT: dict[str, Any] = {"host": "smtp.example.com", "sender": "Havu <feedback@havu.example>"}


def read(told: dict[str, Any], folder: Path = Path()) -> settings.ChannelsSettings:
    """The section as settings.toml would hold it."""
    return settings.ChannelsSettings.model_validate({"email": told}, context={"folder": folder})


def test_the_settings_file_that_comes_with_the_project_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    shipped = tomllib.loads((Path(__file__).parents[2] / "settings.toml").read_text())["channels"]
    email = settings.ChannelsSettings.model_validate(shipped).email
    assert email is not None
    assert (email.port, email.security, email.timeout) == (587, "starttls", timedelta(seconds=30))


def test_a_ca_beside_the_settings_file_is_found(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    email = read(RIGHT | {"ca": "ca.pem"}, tmp_path).email
    assert email is not None
    assert email.ca == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"hots": "smtp.example.com"}, "Extra inputs are not permitted"),
        ({"host": ""}, "at least 1 character"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"sender": ""}, "at least 1 character"),
        ({"sender": "Havu"}, "should be a mail address"),
        ({"sender": "Havu <feedback@havu.example>\r\nBcc: all@havu.example"}, "should be one line"),
        ({"sender": "Havu <pälaute@havu.example>"}, "should be a mail address"),
        ({"reply_to": "service at havu.example"}, "should be a mail address"),
        ({"unsubscribe": "stop@"}, "should be a mail address"),
        ({"username": "havu"}, "belong together"),
        ({"username": "havu", "password": "secret"}, "should be a reference"),
        ({"ca": "missing.pem"}, "which is not there"),
        ({"ca": Path(__file__).name}, "holds no certificate"),
        ({"dkim": "s1 "}, "should match pattern"),
        ({"timeout": "10ms"}, "should be a duration"),
        ({"timeout": "0s"}, "at least one second"),
        ({"per_second": 0}, "greater than or equal to 0.1"),
        ({"per_domain": "20 a minute"}, "should be a cap"),
        ({"headers": {"Bcc": "x@y.example"}}, "should match pattern"),
        ({"headers": {"X-Provider": "a\r\nBcc: x@y.example"}}, "one line"),
        ({"bounces": {"imap": "https://imap.example"}}, "should match pattern"),
        ({"bounces": {"imap": "imaps://imap.example"}}, "belong together"),
        ({"bounces": {"own_address": True}}, "needs address"),
        ({"bounces": {"done": "burn"}}, "should match pattern"),
        ({"bounces": {"poll": "0s"}}, "at least one second"),
        ({"bounces": {"hook_secret": "letmein"}}, "should be a reference"),
        ({"connections": 0}, "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read(RIGHT | wrong, Path(__file__).parent)


def test_no_table_opens_no_channel() -> None:
    assert registry.open_channels(settings.ChannelsSettings()) == {}


def test_a_table_opens_its_channel_without_dialling() -> None:
    channels = registry.open_channels(read(RIGHT | {"host": "mail.havu.invalid"}))
    assert list(channels) == ["email"]
    assert isinstance(channels["email"], email_channel.EmailChannel)
    channels["email"].close()
