"""The token host: discovery, keys and the token endpoint of Microsoft Entra ID, as msal wants them.

Sources: learn.microsoft.com/entra/identity-platform (OpenID configuration, client credentials, error codes).
"""

import functools
import secrets
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox import base
from sandbox.dataverse import schema

LIFETIME = 3599
_APP_ID_OF_DATAVERSE = "00000007-0000-0000-c000-000000000000"
_VENDOR = ".dynamics.com"
"""Programs that reach us through a proxy know us by an address of the vendor's."""
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@functools.cache
def _signing_key() -> rsa.RSAPrivateKey:
    """One for the process, made when it is first needed: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Denied(Exception):
    """The token endpoint says no."""

    def __init__(self, status: int, error: str, number: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.error = error
        self.number = number


class TokenHost:
    """Gives out tokens for one tenant and one application, and knows which are good."""

    def __init__(self, clock: base.Clock, *, tenant: str, client_id: str, client_secret: str) -> None:
        self._clock = clock
        self._tenant = tenant
        self._client_id = client_id
        self._client_secret = client_secret
        self.authority = f"https://localhost/{tenant}"
        self.resource = "https://localhost"
        self.calls = 0
        """Token requests answered."""
        self.refresh_token = "0.A" + secrets.token_urlsafe(48)
        """One that is always good, for programs that sign in with a refresh token."""
        self._tokens: dict[str, datetime] = {}
        self._key_id = schema.metadata_id("key", tenant)

    def good(self, token: str) -> bool:
        """True for a token that was given out and has not expired."""
        until = self._tokens.get(token)
        return until is not None and self._clock.now() < until

    def known(self, token: str) -> bool:
        """True for a token that was given out, expired or not."""
        return token in self._tokens

    def expire_all(self) -> None:
        """Every token given out so far stops working."""
        now = self._clock.now()
        for token in self._tokens:
            self._tokens[token] = now

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = self._answer(scope["method"], scope["path"], body)
        content = orjson.dumps(answer)
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"no-store, no-cache"),
            (b"date", format_datetime(self._clock.now(), usegmt=True).encode()),
            (b"x-ms-request-id", str(uuid.uuid4()).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        parts = [part for part in path.split("/") if part]
        if parts[-2:] == ["discovery", "instance"]:
            return 200, self._instances()
        if parts[-2:] == [".well-known", "openid-configuration"] and len(parts) in (3, 4):
            return self._configuration(parts[0])
        if parts[-1:] == ["keys"]:
            return 200, {"keys": [self._public_key()]}
        if parts[-1:] == ["token"] and parts[1:2] == ["oauth2"] and method == "POST":
            self.calls += 1
            try:
                return 200, self._token(parts[0], {name: found[0] for name, found in parse_qs(body.decode()).items()})
            except Denied as denied:
                return denied.status, self._denial(denied)
        return 404, {"error": "not_found", "error_description": "The page you are looking for does not exist."}

    def _host(self) -> str:
        return self.authority.rsplit("/", 1)[0]

    def _instances(self) -> dict[str, Any]:
        host = self._host().removeprefix("https://")
        return {
            "tenant_discovery_endpoint": f"{self.authority}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }

    def _configuration(self, tenant: str) -> tuple[int, dict[str, Any]]:
        if tenant not in (self._tenant, "common", "organizations"):
            return 400, self._denial(Denied(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found."))
        root = f"{self._host()}/{tenant}"
        return 200, {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{self.authority}/v2.0",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
            "tenant_region_scope": "EU",
            "cloud_instance_name": self._host().removeprefix("https://"),
        }

    def _token(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        if tenant not in (self._tenant, "common", "organizations"):
            raise Denied(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        grant = form.get("grant_type", "")
        if grant not in ("client_credentials", "refresh_token"):
            raise Denied(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")
        if form.get("client_id") != self._client_id:
            raise Denied(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{form.get('client_id')}' was not found in the directory.",
            )
        if grant == "refresh_token" and form.get("refresh_token") != self.refresh_token:
            raise Denied(400, "invalid_grant", 70000, "The provided value for the 'refresh_token' parameter is not valid.")
        if "client_secret" not in form and "client_assertion" not in form:
            raise Denied(401, "invalid_client", 7000218, "The request body must contain 'client_assertion' or 'client_secret'.")
        if form.get("client_secret") != self._client_secret:
            raise Denied(401, "invalid_client", 7000215, "Invalid client secret provided.")
        self._check_audience(grant, form)
        token = self._issue()
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": token,
        }
        if grant == "refresh_token":
            answer |= {"refresh_token": self.refresh_token, "scope": f"{self.resource}/.default"}
        return answer

    def _check_audience(self, grant: str, form: dict[str, str]) -> None:
        if "resource" in form:
            wanted = form["resource"]
        elif grant == "refresh_token" and "scope" not in form:
            return
        else:
            scopes = [one for one in form.get("scope", "").split() if one not in ("openid", "profile", "offline_access")]
            if not scopes:
                raise Denied(400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
            if grant == "client_credentials" and not scopes[0].endswith("/.default"):
                raise Denied(400, "invalid_scope", 1002012, f"The provided value for scope {scopes[0]} is not valid.")
            wanted = scopes[0].removesuffix("/.default").removesuffix("/user_impersonation")
        host = (urlsplit(wanted).hostname or "") if wanted.startswith("https://") else ""
        if wanted.rstrip("/") not in (self.resource, _APP_ID_OF_DATAVERSE) and not host.endswith(_VENDOR):
            raise Denied(
                400,
                "invalid_resource",
                500011,
                f"The resource principal named {wanted} was not found in the tenant named {self._tenant}.",
            )

    def _public_key(self) -> dict[str, Any]:
        made: dict[str, Any] = RSAAlgorithm.to_jwk(_signing_key().public_key(), as_dict=True)
        return {**made, "kid": self._key_id, "use": "sig", "issuer": f"{self.authority}/v2.0"}

    def _issue(self) -> str:
        now = self._clock.now()
        until = now + timedelta(seconds=LIFETIME)
        claims = {
            "aud": self.resource,
            "iss": f"{self.authority}/v2.0",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(until.timestamp()),
            "appid": self._client_id,
            "idtyp": "app",
            "tid": self._tenant,
            "uti": secrets.token_urlsafe(12),
            "ver": "2.0",
        }
        token = jwt.encode(claims, _signing_key(), algorithm="RS256", headers={"kid": self._key_id})
        self._tokens[token] = until
        return token

    def _denial(self, denied: Denied) -> dict[str, Any]:
        trace = str(uuid.uuid4())
        stamp = f"{self._clock.now():%Y-%m-%d %H:%M:%SZ}"
        return {
            "error": denied.error,
            "error_description": f"AADSTS{denied.number}: {denied} Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}",
            "error_codes": [denied.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": trace,
            "error_uri": f"{self._host()}/error?code={denied.number}",
        }
