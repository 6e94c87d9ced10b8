"""Durations, secrets, files and addresses as settings write them."""

from datetime import timedelta
from pathlib import Path

import pydantic
import pytest

from wire import duration, place, secret


class Model(pydantic.BaseModel):
    """One of each."""

    wait: duration.Duration | None = None
    key: secret.Secret | None = None
    ca: place.ExistingFile | None = None
    url: place.SecureAddress | None = None
    proxy: place.ProxyAddress | None = None


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), (" 14d ", 1209600), ("2w", 1209600), ("1.5h", 5400), ("0s", 0)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert duration.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "2 hours", "-1d", 5, None, "1y", "s"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration.parse(text)


def test_twenty_four_months_are_two_years() -> None:
    assert duration.parse("24 months") == timedelta(days=730.5)


def test_a_secret_comes_from_the_environment_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME", " hush ")
    model = Model.model_validate({"key": "env:ACME"})
    assert model.key is not None
    assert model.key.get_secret_value() == "hush"
    assert "hush" not in repr(model)


def test_a_secret_comes_from_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "acme.secret").write_text("hush\n")
    model = Model.model_validate({"key": "file:acme.secret"}, context={"folder": tmp_path})
    assert model.key is not None
    assert model.key.get_secret_value() == "hush"


@pytest.mark.parametrize("reference", ["hush-hush", "env:PALAUTE_NOT_SET", "file:not-there", 5])
def test_what_leads_to_no_secret_is_refused_without_showing_it(reference: object) -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        Model.model_validate({"key": reference})
    assert "hush-hush" not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "http://acme.my.salesforce.com"),
        ("url", "acme.my.salesforce.com"),
        ("url", "https://me:pw@acme.my.salesforce.com"),
        ("url", "https://acme.my.salesforce.com/?a=b"),
        ("proxy", "proxy.example:3128"),
        ("proxy", "socks5://proxy.example"),
        ("ca", "not-there.pem"),
    ],
)
def test_a_wrong_address_or_file_is_refused(key: str, value: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        Model.model_validate({key: value})


def test_right_addresses_and_files_pass(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    given = {"url": "https://acme.my.salesforce.com/", "proxy": "http://proxy.example:3128", "ca": "ca.pem"}
    model = Model.model_validate(given, context={"folder": tmp_path})
    assert (model.url, model.ca) == ("https://acme.my.salesforce.com", tmp_path / "ca.pem")


def test_a_host_is_the_same_whatever_its_case_and_default_port() -> None:
    assert place.origin("https://Acme.example/x") == place.origin("https://acme.example:443/y")
    assert place.origin("https://acme.example") != place.origin("https://acme.example.evil.example")
