"""Signing in to Salesforce: client credentials or JWT bearer, one token for all threads.

The token request is our own rather than simple-salesforce's, which knows only hosts under salesforce.com, has no time-outs
and signs in once per thread. There is no SOAP login: Salesforce retires it with Summer '27.
"""

import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import jwt
import requests

from connectors import settings
from connectors.salesforce import faults
from wire import errors, http, place, retry

_JWT_SECONDS = 180
"""Three minutes, as maintained clients do: https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm"""
_REMEDIES = {
    "invalid_client": "Compare client_secret with the connected app's consumer secret.",
    "invalid_client_id": "Compare client_id with the connected app's consumer key.",
    "inactive_user": "Activate the user, or choose another one.",
    "inactive_org": "The org is locked or gone: ask its administrator.",
    "unsupported_grant_type": "The org has switched this way of signing in off: enable the client credentials flow in the "
    'connected app, or use flow = "jwt_bearer".',
    "invalid_app_access": "Approve the connected app for this user (a permission set).",
}
_GRANT_REMEDIES = {
    "no client credentials user": "Name the user that the connected app runs as: its policies, Client Credentials Flow, Run As.",
    "hasn't approved": "Approve the connected app for this user beforehand: its policies, Permitted Users, a permission set.",
    "audience": "Correct audience: https://login.salesforce.com, for a sandbox https://test.salesforce.com.",
    "expir": "Look at this machine's clock, and let it take its time from the network (NTP).",
    "assertion": "Upload the certificate of private_key to the connected app, and compare client_id and username with it.",
    "ip restricted": "Add this machine's address to the trusted ranges, or relax the connected app's IP restrictions.",
}
"""Salesforce calls nearly everything ``invalid_grant``; a part of its words → what to do."""


@dataclass(frozen=True)
class Grant:
    """What sign-in gave: the token, and the only host it may be sent to."""

    token: str = field(repr=False)
    instance_url: str


class SignIn:
    """Holds the current grant; refreshes it once, however many threads find that it has expired."""

    def __init__(self, chosen: settings.SalesforceSettings, session: http.Session) -> None:
        self._settings = chosen
        self._session = session
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._failed: tuple[float, errors.OutsideError] | None = None

    def current(self) -> Grant:
        """The grant, asked for if there is none yet."""
        return self._grant or self.renew(None)

    def renew(self, stale: Grant | None) -> Grant:
        """A grant other than the stale one; a thread that waited for another's sign-in shares its outcome."""
        asked = time.monotonic()
        with self._lock:
            if self._grant is not None and self._grant is not stale:
                return self._grant
            if self._failed is not None and self._failed[0] >= asked:
                raise self._failed[1]
            try:
                self._grant = retry.briefly(self._ask)
            except errors.OutsideError as error:
                self._failed = time.monotonic(), error
                raise
            return self._grant

    def _ask(self) -> Grant:
        response = self._post(time.time())
        if response.status_code == 400 and self._settings.flow == "jwt_bearer":
            # Our clock may be wrong, and the assertion with it: once more by Salesforce's.
            theirs = http.server_clock(response).timestamp()
            if abs(theirs - time.time()) > _JWT_SECONDS / 2:
                response = self._post(theirs)
        body = http.parse_json(response.content, self._host)
        if response.status_code != 200:
            raise _refusal(faults.read(body, response.status_code), http.retry_after(response.headers))
        return self._grant_of(body)

    @property
    def _host(self) -> str:
        return urlsplit(self._settings.login_url).hostname or ""

    def _post(self, now: float) -> requests.Response:
        url = f"{self._settings.login_url}/services/oauth2/token"
        response = self._session.post(url, data=self._form(now), headers={"Accept": "application/json"})
        http.require_type(response, self._host)
        return response

    def _form(self, now: float) -> dict[str, str]:
        chosen = self._settings
        if chosen.flow == "client_credentials" and chosen.client_secret is not None:
            secret = chosen.client_secret.get_secret_value()
            return {"grant_type": "client_credentials", "client_id": chosen.client_id, "client_secret": secret}
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(now)}

    def _assertion(self, now: float) -> str:
        chosen = self._settings
        key = chosen.private_key.get_secret_value() if chosen.private_key else ""
        claims = {"iss": chosen.client_id, "sub": chosen.username, "aud": _audience(chosen), "exp": int(now) + _JWT_SECONDS}
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            remedy = "Make it anew with openssl, and upload its certificate to the connected app."
            raise errors.NeedsPerson("private_key is no RSA key in PEM form", remedy=remedy) from None

    def _grant_of(self, body: object) -> Grant:
        token = body.get("access_token") if isinstance(body, dict) else None
        instance = body.get("instance_url") if isinstance(body, dict) else None
        if not isinstance(token, str) or not isinstance(instance, str) or place.origin(instance)[0] != "https":
            raise errors.Later(f"{self._host} gives no token and instance_url: look whether login_url is Salesforce's")
        return Grant(token, instance)


def _audience(chosen: settings.SalesforceSettings) -> str:
    if chosen.audience:
        return chosen.audience
    host = urlsplit(chosen.login_url).hostname or ""
    if not host.endswith(".salesforce.com"):
        return chosen.login_url
    return "https://test.salesforce.com" if ".sandbox." in host or host.startswith("test.") else "https://login.salesforce.com"


def _refusal(fault: faults.Fault, delay: float | None) -> errors.OutsideError:
    if fault.passes or "rate exceeded" in fault.message.lower():
        return errors.Later(f"Salesforce's sign-in asks for patience (status {fault.status})", code=fault.code, delay=delay)
    words = fault.message.lower()
    told = (
        next((remedy for part, remedy in _GRANT_REMEDIES.items() if part in words), "") if fault.code == "invalid_grant" else ""
    )
    remedy = told or _REMEDIES.get(fault.code, "Look at the connected app: its flow, its run-as user, its approved users.")
    return errors.NeedsPerson(
        f"Salesforce refuses the sign-in: {fault.message[:120] or fault.code}", code=fault.code, remedy=remedy
    )
