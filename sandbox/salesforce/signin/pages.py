"""The pages and identity that people's sign-in needs: authorise with user name and password, and who am I."""

import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from sandbox.salesforce.call import Reply
from sandbox.salesforce.org import Org, Session
from sandbox.salesforce.signin import oauth

_HTML = "text/html;charset=UTF-8"


def authorize(grants: oauth.Grants, method: str, form: Mapping[str, str]) -> Reply:
    """The web server flow: a form that asks who it is, then back to the caller with a code."""
    if form.get("client_id") != grants.org.client_id:
        raise oauth.OAuthError("invalid_client_id", "client identifier invalid")
    if form.get("response_type") != "code":
        raise oauth.OAuthError("unsupported_response_type", "response type must be code")
    user_id = grants.org.sign_in(form.get("username", ""), form.get("password", "")) if method == "POST" else None
    if user_id is None:
        return Reply(body=_page(form, failed=method == "POST"), content_type=_HTML)
    code = "aPrx" + secrets.token_urlsafe(40)
    redirect = form.get("redirect_uri", "")
    grants.codes[code] = (user_id, redirect, form.get("code_challenge"))
    answer = {"code": code} | ({"state": form["state"]} if "state" in form else {})
    return Reply(status=302, headers={"Location": f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}"})


def _page(form: Mapping[str, str], *, failed: bool) -> bytes:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.items()
        if name not in ("username", "password")
    )
    error = "<p>Please check your username and password.</p>" if failed else ""
    page = (
        f"<html><head><title>Login | Salesforce</title></head><body>{error}"
        f'<form method="post" action="/services/oauth2/authorize">{kept}'
        '<label>Username <input name="username"></label> <label>Password <input name="password" type="password"></label>'
        "<button>Log In</button></form></body></html>"
    )
    return page.encode()


def identity(org: Org, session: Session) -> Reply:
    """Who the token stands for."""
    user = org.store.get("User", session.user_id) or {}
    body = {
        "id": f"{org.login_url}/id/{org.organization}/{session.user_id}",
        "sub": f"{org.login_url}/id/{org.organization}/{session.user_id}",
        "user_id": session.user_id, "organization_id": org.organization, "username": user.get("Username"),
        "preferred_username": user.get("Username"),
        "display_name": user.get("Name"), "name": user.get("Name"), "email": user.get("Email"), "active": True,
        "urls": {"rest": f"{org.instance_url}/services/data/v{{version}}/",
        "query": f"{org.instance_url}/services/data/v{{version}}/query/"},
    }  # fmt: skip
    return Reply(body=body)
