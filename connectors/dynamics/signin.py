"""Signing in to Dataverse: client credentials through msal, one token for all threads."""

import re
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msal

from connectors import settings
from wire import errors, http, retry

_MICROSOFT = ("microsoftonline.com", "microsoftonline.us", "microsoftonline.cn", "chinacloudapi.cn", "windows.net")
_CODE = re.compile(r"AADSTS\d+")
_LATER = {"temporarily_unavailable", "server_error"}
_REFUSALS = {
    "AADSTS7000215": ("the client secret is wrong", "Give client_secret the secret's value, not its id."),
    "AADSTS7000222": ("the client secret has run out", "Make a new one in the app registration."),
    "AADSTS7000218": ("it asks for a secret", "Give client_secret, and let the app registration be a confidential client."),
    "AADSTS700016": (
        "the tenant knows no such application",
        "Compare client_id and the tenant in authority with the app registration.",
    ),
    "AADSTS90002": ("there is no such tenant", "Correct the tenant at the end of authority."),
    "AADSTS500011": ("the tenant does not know this environment", "Correct url, or the tenant in authority."),
    "AADSTS70011": ("the tenant does not know this environment", "Correct url, or the tenant in authority."),
    "AADSTS70003": ("this way of signing in is blocked", "Allow client credentials for the app registration."),
    "AADSTS53003": ("a conditional access policy forbids it", "Exempt the app registration, or allow this machine's address."),
    "AADSTS700024": ("the time of the request is wrong", "Let this machine take its time from the network (NTP)."),
}
"""Microsoft's number → what it means, and what to do.
https://learn.microsoft.com/entra/identity-platform/reference-error-codes"""


class SignIn:
    """Holds the token; gets another one once, however many threads find that it has expired."""

    def __init__(self, chosen: settings.DynamicsSettings, session: http.Session) -> None:
        self._settings = chosen
        self._session = session
        self._lock = threading.Lock()
        self._app: msal.ConfidentialClientApplication | None = None
        self._token = ""
        self._until = 0.0
        self._failed: tuple[float, errors.OutsideError] | None = None

    def current(self) -> str:
        """A token that is not about to expire."""
        if self._token and time.monotonic() < self._until:
            return self._token
        return self.renew(self._token)

    def renew(self, stale: str) -> str:
        """A token other than the stale one; a thread that waited for another's sign-in shares its outcome."""
        asked = time.monotonic()
        with self._lock:
            if self._token and self._token != stale:
                return self._token
            if self._failed is not None and self._failed[0] >= asked:
                raise self._failed[1]
            try:
                answer = retry.briefly(self._ask)
            except errors.OutsideError as error:
                self._failed = time.monotonic(), error
                raise
            self._token = str(answer["access_token"])
            seconds = answer.get("expires_in")
            self._until = time.monotonic() + (seconds - 300 if isinstance(seconds, int) and seconds > 600 else 300)
            return self._token

    def _ask(self) -> Mapping[str, Any]:
        try:
            if self._app is None:
                self._app = self._open()
            self._app.remove_tokens_for_client()
            answer = self._app.acquire_token_for_client(scopes=[f"{self._settings.url}/.default"])
        except (ValueError, KeyError, TypeError) as error:
            if number := _number_in(error):
                raise _refusal({"error": "invalid_request", "error_description": number}) from None
            # msal reads whatever came back as JSON and stumbles over a proxy's page or a wrong address.
            remedy = "Write it as https://login.microsoftonline.com/TENANT, and look whether a proxy stands between."
            raise errors.NeedsPerson("authority does not answer as a sign-in service does", remedy=remedy) from None
        if isinstance(answer, Mapping) and isinstance(answer.get("access_token"), str):
            return answer
        raise _refusal(answer if isinstance(answer, Mapping) else {})

    def _open(self) -> msal.ConfidentialClientApplication:
        host = urlsplit(self._settings.authority).hostname or ""
        theirs = any(host == name or host.endswith(f".{name}") for name in _MICROSOFT)
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            client_credential=self._settings.client_secret.get_secret_value(),
            authority=self._settings.authority,
            instance_discovery=None if theirs else False,
            http_client=self._session,
        )


def _refusal(answer: Mapping[str, Any]) -> errors.OutsideError:
    code = str(answer.get("error") or "")[:60]
    number = _CODE.search(str(answer.get("error_description") or ""))
    shown = number[0] if number else code or "without a reason"
    if code in _LATER or not code:
        return errors.Later(f"Microsoft's sign-in asks for patience ({shown})", code=shown)
    meaning, remedy = _REFUSALS.get(shown, ("", "Compare client_id, client_secret and authority with the app registration."))
    words = f"{meaning} ({shown})" if meaning else shown
    return errors.NeedsPerson(f"Microsoft refuses the sign-in: {words}", code=shown, remedy=remedy)


def _number_in(error: BaseException | None) -> str:
    """Microsoft's number in what msal raises about an unknown tenant: it repeats the answer in the cause of its own words."""
    while error is not None:
        if number := _CODE.search(str(error)):
            return number[0]
        error = error.__context__
    return ""
