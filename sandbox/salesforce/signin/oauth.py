"""OAuth: tokens by client credentials, JWT bearer, authorisation code and refresh token; revoke and introspect."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt

from sandbox.salesforce.org import SESSION_LIFETIME, Org, Session

_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class OAuthError(Exception):
    """A refused grant: ``{"error", "error_description"}``."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def open_session(org: Org, user_id: str, client_id: str, scope: str = "api") -> Session:
    """A new access token: the org's id, an exclamation mark, and what nobody guesses."""
    token = f"{org.organization[:15]}!AQ{secrets.token_urlsafe(72)}"
    session = Session(token, user_id, client_id, scope, org.clock.now() + SESSION_LIFETIME)
    org.sessions[token] = session
    return session


def current(org: Org, token: str) -> Session | None:
    """The session behind a token, kept alive by being used; None when it has ended."""
    session = org.sessions.get(token)
    if session is None:
        return None
    now = org.clock.now()
    if session.expires_at <= now:
        del org.sessions[token]
        return None
    session.expires_at = now + SESSION_LIFETIME
    return session


def token_reply(org: Org, session: Session) -> dict[str, Any]:
    """What the token endpoint answers; there is no ``expires_in``."""
    issued = str(int(org.clock.now().timestamp() * 1000))
    return {
        "access_token": session.token, "signature": secrets.token_urlsafe(32), "scope": session.scope,
        "instance_url": org.instance_url,
        "id": f"{org.login_url}/id/{org.organization}/{session.user_id}", "token_type": "Bearer", "issued_at": issued,
        "api_instance_url": org.instance_url,
    }  # fmt: skip


class Grants:
    """The token endpoint of one org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.keys: list[str] = []
        """PEM of the public keys that the connected app's certificate stands for."""
        self.approved: set[str] = {org.api_user}
        """Users for whom an admin has approved the connected app beforehand."""
        self.refresh_tokens: dict[str, str] = {}
        """Refresh token to user id; each works once."""
        self.standing_token = "5Aep8" + secrets.token_urlsafe(64)
        """A refresh token of the same user for programs that cannot keep a new one: it is never rotated."""
        self.codes: dict[str, tuple[str, str, str | None]] = {}
        self.password_grant = False
        """Off, as in new orgs."""
        self.run_as_user = True
        """Whether an admin has named the user for client credentials."""

    def token(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """Answer a token request. Raises OAuthError."""
        if basic is not None:
            form = {**form, "client_id": basic[0], "client_secret": basic[1]}
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            return self._client_credentials(form)
        if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._jwt(form.get("assertion", ""))
        if grant == "refresh_token":
            return self._refresh(form)
        if grant == "authorization_code":
            return self._code(form)
        if grant == "password":
            return self._password(form)
        raise OAuthError("unsupported_grant_type", "grant type not supported")

    def _client(self, form: Mapping[str, str], *, secret: bool = True) -> None:
        if form.get("client_id") != self.org.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if secret and not secrets.compare_digest(form.get("client_secret", ""), self.org.client_secret):
            raise OAuthError("invalid_client", "invalid client credentials")

    def _client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._client(form)
        if not self.run_as_user:
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        return token_reply(self.org, open_session(self.org, self.org.api_user, self.org.client_id))

    def _jwt(self, assertion: str) -> dict[str, Any]:
        claims = self._verified(assertion)
        if claims.get("iss") != self.org.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        audiences = (*_AUDIENCES, self.org.login_url, self.org.instance_url)
        if claims.get("aud") not in audiences:
            raise OAuthError("invalid_grant", "audience is invalid")
        now = self.org.clock.now().timestamp()
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires < now:
            raise OAuthError("invalid_grant", "expired authorization code")
        if expires > now + timedelta(minutes=5).total_seconds():
            raise OAuthError("invalid_grant", "assertion expiration is too far in the future")
        user_id = self.org.store.table("User").holder("Username", claims.get("sub", ""))
        if user_id is None or user_id not in self.approved:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return token_reply(self.org, open_session(self.org, user_id, self.org.client_id))

    def _verified(self, assertion: str) -> dict[str, Any]:
        unchecked = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        for key in self.keys:
            try:
                return jwt.decode(assertion, key, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]  # a plain dict does
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise OAuthError("invalid_grant", "invalid assertion") from error
        raise OAuthError("invalid_grant", "invalid assertion")

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._client(form, secret="client_secret" in form)
        if secrets.compare_digest(form.get("refresh_token", "").encode(), self.standing_token.encode()):
            return token_reply(self.org, open_session(self.org, self.org.api_user, self.org.client_id, "refresh_token api"))
        user_id = self.refresh_tokens.pop(form.get("refresh_token", ""), None)
        if user_id is None:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        return self._with_refresh(user_id)

    def _with_refresh(self, user_id: str) -> dict[str, Any]:
        session = open_session(self.org, user_id, self.org.client_id, "refresh_token api")
        fresh = "5Aep" + secrets.token_urlsafe(64)
        self.refresh_tokens[fresh] = user_id
        return token_reply(self.org, session) | {"refresh_token": fresh}

    def _code(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._client(form, secret="client_secret" in form)
        user_id, redirect, challenge = self.codes.pop(form.get("code", ""), ("", "", None))
        if not user_id:
            raise OAuthError("invalid_grant", "invalid authorization code")
        if form.get("redirect_uri") != redirect:
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if challenge is not None and challenge != _challenge(form.get("code_verifier", "")):
            raise OAuthError("invalid_grant", "invalid code verifier")
        return self._with_refresh(user_id)

    def _password(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._client(form)
        user_id = self.org.sign_in(form.get("username", ""), form.get("password", ""))
        if not self.password_grant or user_id is None:
            raise OAuthError("invalid_grant", "authentication failure")
        return token_reply(self.org, open_session(self.org, user_id, self.org.client_id))

    def revoke(self, token: str) -> None:
        """End an access token, or a refresh token. Raises OAuthError for an unknown one."""
        known = self.org.sessions.pop(token, None) is not None or self.refresh_tokens.pop(token, None) is not None
        if not known:
            raise OAuthError("unsupported_token_type", "this token type is not supported")

    def introspect(self, form: Mapping[str, str], basic: tuple[str, str] | None) -> dict[str, Any]:
        """Whether a token is alive (RFC 7662)."""
        self._client(form if basic is None else {**form, "client_id": basic[0], "client_secret": basic[1]})
        session = self.org.sessions.get(form.get("token", ""))
        if session is None or session.expires_at <= self.org.clock.now():
            return {"active": False}
        user = self.org.store.get("User", session.user_id) or {}
        return {
            "active": True, "scope": session.scope, "client_id": session.client_id, "username": user.get("Username"),
            "sub": f"{self.org.login_url}/id/{self.org.organization}/{session.user_id}",
            "token_type": "access_token", "exp": int(session.expires_at.timestamp()),
            "iat": int((session.expires_at - SESSION_LIFETIME).timestamp()),
        }  # fmt: skip


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
