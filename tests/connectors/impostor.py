"""Servers that sign a connector in as a CRM does and then answer as a test wants."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pydantic

from connectors import base, dynamics, salesforce, settings
from tests.wire.rogue import Rogue

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
"""What the servers' clocks show."""


def say(handler: BaseHTTPRequestHandler, body: Any, kind: str = "application/json", date: datetime | None = NOW) -> None:
    """A whole answer with a Date of our choice."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response_only(200)
    if date is not None:
        handler.send_header("Date", format_datetime(date, usegmt=True))
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def salesforce_at(rogue: Rogue, composite: Callable[[BaseHTTPRequestHandler], None], **grant: str) -> base.Connector:
    """A connector to a Salesforce whose sign-in works and whose Composite resource does as told."""

    def handle(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/token"):
            say(handler, {"access_token": "00D-secret", "instance_url": rogue.url, **grant})
        else:
            composite(handler)

    rogue.handle = handle
    chosen = settings.SalesforceSettings(
        type="salesforce",
        login_url=rogue.url,
        client_id="c",
        client_secret=pydantic.SecretStr("s"),
        ca=rogue.ca,
        timeout="3s",
        largest_answer=2**22,
    )
    return salesforce.SalesforceConnector("acme", chosen)


def dynamics_at(rogue: Rogue, batch: Callable[[BaseHTTPRequestHandler], None]) -> base.Connector:
    """A connector to a Dataverse whose sign-in works and whose batches do as told."""

    def handle(handler: BaseHTTPRequestHandler) -> None:
        authority = f"{rogue.url}/tenant"
        if handler.path.endswith("/openid-configuration"):
            endpoints = {"authorization_endpoint": f"{authority}/authorize", "token_endpoint": f"{authority}/oauth2/v2.0/token"}
            say(handler, {"issuer": f"{authority}/v2.0", **endpoints})
        elif handler.path.endswith("/token"):
            say(handler, {"access_token": "eyJ-secret", "token_type": "Bearer", "expires_in": 3600})
        else:
            batch(handler)

    rogue.handle = handle
    chosen = settings.DynamicsSettings(
        type="dynamics",
        url=rogue.url,
        authority=f"{rogue.url}/tenant",
        client_id="c",
        client_secret=pydantic.SecretStr("s"),
        ca=rogue.ca,
        timeout="3s",
    )
    return dynamics.DynamicsConnector("nordic", chosen)
