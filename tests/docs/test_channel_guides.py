"""The settings in docs/sms.md and docs/webhook.md are good settings, and what is said there of the words on the wire is so."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from channels import settings
from channels.sms import alphabet, render
from channels.webhook import payload
from mapping import settings as mapping_settings
from tests.channels import messages

DOCS = Path(__file__).parents[2] / "docs"
_TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SECRETS = {
    "SMS_TOKEN": "x",
    "SMS_HOOK_SECRET": "x",
    "TWILIO_AUTH_TOKEN": "x",
    "PALAUTE_WEBHOOK_SECRET": "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=",
}


def tables(name: str) -> list[dict[str, Any]]:
    return [tomllib.loads(block) for block in _TOML.findall((DOCS / name).read_text(encoding="utf-8"))]


def channels() -> list[dict[str, Any]]:
    """Every example of channels, that of the hooks put under the generic gateway."""
    found = [one["channels"] for name in ("sms.md", "webhook.md") for one in tables(name) if "channels" in one]
    generic = next(one["sms"] for one in found if one.get("sms", {}).get("gateway") == "http")
    return [{"sms": generic | one["sms"]} if set(one.get("sms", {})) == {"hooks"} else one for one in found]


@pytest.mark.parametrize("given", channels(), ids=lambda one: "-".join(one))
def test_every_example_is_good(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _SECRETS.items():
        monkeypatch.setenv(name, value)
    settings.ChannelsSettings.model_validate(given)


def test_the_link_may_be_mapped_as_shown() -> None:
    [write] = [one["mapping"] for one in tables("sms.md") if "mapping" in one]
    assert mapping_settings.MappingSettings.model_validate(write).write["acme"]["Case"] == {"Palaute_Link__c": "link"}


def test_the_text_that_is_shown_is_the_text_that_is_sent() -> None:
    link = "https://feedback.havu.example/s/8KQ2vXw7bZ4d9AcR1TqLmN"
    said = render.text(messages.message(page_url=link), stop_by_reply=True)
    assert f"    {said}\n" in (DOCS / "sms.md").read_text(encoding="utf-8")
    assert alphabet.size(said).parts == 1


def test_the_payload_that_is_shown_has_the_keys_that_are_posted() -> None:
    shown = re.search(r"^```json\n(.*?)^```", (DOCS / "webhook.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert shown
    posted = json.loads(payload.body(messages.message(), ["team", "product"]))
    assert _keys(json.loads(shown[1])) == _keys(posted)


def _keys(value: Any) -> Any:
    return {key: _keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None
