"""Settings of connectors say what would be right."""

from datetime import timedelta
from typing import Any

import pydantic
import pytest

from connectors import registry, settings

ADAPTER: pydantic.TypeAdapter[settings.ConnectorSettings] = pydantic.TypeAdapter(settings.ConnectorSettings)
SALESFORCE = {
    "type": "salesforce",
    "login_url": "https://acme.my.salesforce.com",
    "client_id": "3MVG9",
    "client_secret": "env:ACME",
}
DYNAMICS = {
    "type": "dynamics",
    "url": "https://nordic.crm4.dynamics.com",
    "authority": "https://login.microsoftonline.com/0",
    "client_id": "1",
    "client_secret": "env:ACME",
}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME", "hush")


@pytest.mark.parametrize("given", [SALESFORCE, DYNAMICS, {"type": "memory"}])
def test_the_shortest_settings_have_the_documented_defaults(given: dict[str, Any]) -> None:
    chosen = ADAPTER.validate_python(given)
    assert (chosen.poll, chosen.lag, chosen.look_back, chosen.since) == (
        timedelta(seconds=60),
        timedelta(seconds=10),
        timedelta(minutes=10),
        None,
    )


@pytest.mark.parametrize("given", [SALESFORCE, DYNAMICS, {"type": "memory"}])
def test_a_connector_is_opened_without_a_call(given: dict[str, Any]) -> None:
    connector = registry.open_connector("acme", ADAPTER.validate_python(given))
    assert connector.name == "acme"
    assert connector.health().calls == 0
    connector.close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"type": "sugar"}, "salesforce"),
        ({**SALESFORCE, "pol": "60s"}, "Extra inputs"),
        ({**SALESFORCE, "login_url": "http://acme.my.salesforce.com"}, "https://acme"),
        ({**SALESFORCE, "client_secret": "hush-hush"}, "env:NAME"),
        ({key: value for key, value in SALESFORCE.items() if key != "client_secret"}, "client_secret"),
        ({**SALESFORCE, "flow": "jwt_bearer"}, "private_key"),
        ({**SALESFORCE, "flow": "soap"}, "client_credentials"),
        ({**SALESFORCE, "api_version": "62"}, "pattern"),
        ({**SALESFORCE, "batch": 201}, "200"),
        ({**SALESFORCE, "page": 0}, "1"),
        ({**SALESFORCE, "poll": "0s"}, "30s"),
        ({**SALESFORCE, "poll": 60}, "duration"),
        ({**SALESFORCE, "ca": "not-there.pem"}, "not-there.pem"),
        ({**SALESFORCE, "proxy": "proxy:3128"}, "http://proxy.example:3128"),
        ({**SALESFORCE, "proxy": "http://me:pw@proxy.example:3128"}, "proxy_password"),
        ({**SALESFORCE, "proxy_username": "me", "proxy_password": "env:ACME"}, "needs proxy"),
        ({**SALESFORCE, "proxy": "http://proxy.example:3128", "proxy_username": "me"}, "belong together"),
        ({**DYNAMICS, "call_budget": 0}, "1"),
        ({**DYNAMICS, "batch": 1001}, "1000"),
    ],
)
def test_wrong_settings_are_refused_and_told_what_would_be_right(given: dict[str, Any], told: str) -> None:
    with pytest.raises(pydantic.ValidationError) as refused:
        ADAPTER.validate_python(given)
    message = str([(one["loc"], one["msg"]) for one in refused.value.errors()])
    assert told in message
    assert "hush" not in message
