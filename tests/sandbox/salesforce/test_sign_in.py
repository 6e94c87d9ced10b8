"""Tokens: how they are had, how they end."""

import base64
import hashlib
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox.salesforce.client import CLIENT_ID, CLIENT_SECRET, Client

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def refused(client: Client, **form: str) -> str:
    reply = client.token(**form)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "error_description"}
    return str(reply.json()["error"])


def test_client_credentials_in_the_body_give_a_token_that_works(visitor: Client) -> None:
    reply = visitor.token(grant_type="client_credentials", client_id=CLIENT_ID, client_secret=CLIENT_SECRET).json()
    assert reply["token_type"] == "Bearer"
    assert reply["instance_url"] == visitor.org.instance_url
    assert "expires_in" not in reply
    assert reply["issued_at"].isdigit()
    head = {"Authorization": f"Bearer {reply['access_token']}"}
    assert visitor.call("GET", "limits", headers=head).status_code == 200


def test_client_credentials_as_basic_work_on_my_domain_too(visitor: Client) -> None:
    url = f"{visitor.org.instance_url}/services/oauth2/token"
    reply = visitor.session.post(url, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10)
    assert reply.status_code == 200


WRONG = [
    ({"grant_type": "client_credentials", "client_id": "x", "client_secret": CLIENT_SECRET}, "invalid_client_id"),
    ({"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": "x"}, "invalid_client"),
    ({"grant_type": "client_credentials", "client_id": CLIENT_ID}, "invalid_client"),
    ({"grant_type": "magic", "client_id": CLIENT_ID}, "unsupported_grant_type"),
    ({"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": "x"}, "invalid_grant"),
    ({"grant_type": JWT_GRANT, "assertion": "x.y.z"}, "invalid_grant"),
]


@pytest.mark.parametrize(("form", "error"), WRONG)
def test_a_wrong_grant_is_refused_with_its_name(visitor: Client, form: dict[str, str], error: str) -> None:
    assert refused(visitor, **form) == error


def test_without_a_run_as_user_client_credentials_fail(visitor: Client) -> None:
    visitor.org.grants.run_as_user = False
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert visitor.token(**form).json()["error_description"] == "no client credentials user enabled"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """The connected app's key pair."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def trust(client: Client, key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    client.org.trust(public.decode())


def claims(client: Client, **other: Any) -> dict[str, Any]:
    usual = {"iss": CLIENT_ID, "sub": client.org.username, "aud": "https://login.salesforce.com", "exp": int(time.time()) + 180}
    return usual | other


def test_a_signed_jwt_gives_a_token(visitor: Client, key: rsa.RSAPrivateKey) -> None:
    trust(visitor, key)
    reply = visitor.token(grant_type=JWT_GRANT, assertion=jwt.encode(claims(visitor), key, "RS256"))
    assert reply.status_code == 200
    assert "refresh_token" not in reply.json()


BAD_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "somebody"}, "client identifier invalid"),
    ({"aud": "https://example.org"}, "audience is invalid"),
    ({"exp": 1}, "expired authorization code"),
    ({"exp": int(time.time()) + 3600}, "assertion expiration is too far in the future"),
    ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
    ({"sub": "agent1@acme.example"}, "user hasn't approved this consumer"),
]


@pytest.mark.parametrize(("other", "words"), BAD_CLAIMS)
def test_a_jwt_with_wrong_claims_is_refused(visitor: Client, key: rsa.RSAPrivateKey, other: dict[str, Any], words: str) -> None:
    trust(visitor, key)
    reply = visitor.token(grant_type=JWT_GRANT, assertion=jwt.encode(claims(visitor, **other), key, "RS256"))
    assert (reply.status_code, reply.json()["error_description"]) == (400, words)


def test_a_jwt_signed_by_somebody_else_is_refused(visitor: Client, key: rsa.RSAPrivateKey) -> None:
    trust(visitor, key)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assertion = jwt.encode(claims(visitor), stranger, "RS256")
    assert refused(visitor, grant_type=JWT_GRANT, assertion=assertion) == "invalid_grant"


def authorised(client: Client, **extra: str) -> str:
    redirect = "https://localhost/callback"
    form = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": redirect, "state": "s", **extra}
    url = f"{client.org.login_url}/services/oauth2/authorize"
    assert "<form" in client.session.get(url, params=form, timeout=10).text
    person = {"username": client.org.username, "password": client.org.password}
    reply = client.session.post(url, data=form | person, allow_redirects=False, timeout=10)
    answer = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert answer["state"] == ["s"]
    return answer["code"][0]


def test_the_web_flow_gives_a_refresh_token_that_works_once(visitor: Client) -> None:
    code = authorised(visitor)
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "redirect_uri": "https://localhost/callback"}
    first = visitor.token(code=code, client_secret=CLIENT_SECRET, **form).json()
    again = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    second = visitor.token(refresh_token=first["refresh_token"], **again).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert refused(visitor, refresh_token=first["refresh_token"], **again) == "invalid_grant"


def test_the_web_flow_checks_the_code_verifier(visitor: Client) -> None:
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "redirect_uri": "https://localhost/callback"}
    code = authorised(visitor, code_challenge=challenge)
    assert refused(visitor, code=code, code_verifier="wrong", **form) == "invalid_grant"
    assert visitor.token(code=authorised(visitor, code_challenge=challenge), code_verifier=verifier, **form).status_code == 200


def test_a_token_that_is_not_used_for_two_hours_ends(client: Client) -> None:
    client.clock.advance(timedelta(minutes=90))
    assert client.call("GET", "limits").status_code == 200
    client.clock.advance(timedelta(minutes=90))
    assert client.call("GET", "limits").status_code == 200
    client.clock.advance(timedelta(minutes=121))
    assert client.error("GET", "limits") == (401, "INVALID_SESSION_ID")


def test_a_revoked_token_ends(client: Client) -> None:
    token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    url = f"{client.org.login_url}/services/oauth2/revoke"
    assert client.session.post(url, data={"token": token}, timeout=10).status_code == 200
    assert client.error("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert client.session.post(url, data={"token": token}, timeout=10).status_code == 400


def test_introspection_tells_whether_a_token_lives(client: Client) -> None:
    token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    url = f"{client.org.login_url}/services/oauth2/introspect"
    form = {"token": token, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    reply = client.session.post(url, data=form, timeout=10).json()
    assert (reply["active"], reply["username"]) == (True, client.org.username)
    assert client.session.post(url, data=form | {"token": "x"}, timeout=10).json() == {"active": False}


LOGIN = """<?xml version="1.0"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>
<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username><n1:password>{}</n1:password></n1:login>
</env:Body></env:Envelope>"""


@pytest.mark.parametrize(
    ("version", "password", "status", "words"),
    [
        ("64.0", "", 200, "<sessionId>"),
        ("64.0", "x", 500, "INVALID_LOGIN"),
        ("65.0", "", 500, "UNSUPPORTED_API_VERSION"),
        ("30.0", "", 500, "below the minimum"),
    ],
)
def test_soap_login_works_from_version_31_to_64(visitor: Client, version: str, password: str, status: int, words: str) -> None:
    body = LOGIN.format(visitor.org.username, password or visitor.org.password)
    reply = visitor.session.post(f"{visitor.org.login_url}/services/Soap/u/{version}", data=body, timeout=10)
    assert reply.status_code == status
    assert words in reply.text


def test_versions_need_no_token_and_resources_do(visitor: Client) -> None:
    versions = visitor.json("GET", "/services/data/")
    assert {"62.0", "64.0"} <= {version["version"] for version in versions}
    assert visitor.error("GET", "sobjects") == (401, "INVALID_SESSION_ID")


def test_the_refresh_token_for_other_programs_is_not_rotated(visitor: Client) -> None:
    token = visitor.org.sign_in["refresh_token"]
    again = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": token}
    replies = [visitor.token(**again).json() for _ in range(2)]
    assert len({reply["access_token"] for reply in replies}) == 2
    assert "refresh_token" not in replies[0]


MANAGED = """
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">
<e:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body><{}/></e:Body></e:Envelope>"""


def test_a_soap_session_knows_its_user_and_ends(visitor: Client) -> None:
    def soap(operation: str, session: str) -> str:
        url = f"{visitor.org.instance_url}/services/Soap/u/62.0"
        return visitor.session.post(url, data=MANAGED.format(session, operation), timeout=10).text

    signed = visitor.session.post(
        f"{visitor.org.login_url}/services/Soap/u/62.0", data=LOGIN.format(visitor.org.username, visitor.org.password), timeout=10
    ).text
    session = signed.partition("<sessionId>")[2].partition("</sessionId>")[0]
    assert f"<userName>{visitor.org.username}</userName>" in soap("getUserInfo", session)
    assert "<timestamp>" in soap("getServerTimestamp", session)
    assert "logoutResponse" in soap("logout", session)
    assert "INVALID_SESSION_ID" in soap("getUserInfo", session)


def test_a_token_is_asked_for_by_post(visitor: Client) -> None:
    reply = visitor.session.get(f"{visitor.org.login_url}/services/oauth2/token", timeout=10)
    assert (reply.status_code, reply.json()["error_description"]) == (400, "must use HTTP POST")


@pytest.mark.parametrize(("path", "parameter"), [("id", "oauth_token"), ("userinfo", "access_token")])
def test_who_a_token_stands_for_is_told_by_header_and_by_parameter(client: Client, path: str, parameter: str) -> None:
    signed = client.token(grant_type="client_credentials", client_id=CLIENT_ID, client_secret=CLIENT_SECRET).json()
    address = signed["id"] if path == "id" else f"{client.org.instance_url}/services/oauth2/userinfo"
    whole = client.session.get(address, timeout=10).json()
    assert whole["username"] == client.org.username
    del client.session.headers["Authorization"]
    assert client.session.get(address, params={parameter: signed["access_token"]}, timeout=10).json() == whole
    for parameters, word in (({}, "Missing_OAuth_Token"), ({parameter: "x"}, "Bad_OAuth_Token")):
        reply = client.session.get(address, params=parameters, timeout=10)
        assert (reply.status_code, reply.text) == (403, word)
