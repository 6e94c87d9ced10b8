"""The token host satisfies msal and says no as Entra ID does."""

from datetime import timedelta

import jwt
import msal
import pytest

from tests.sandbox.dataverse.conftest import CLIENT, SECRET, Organization


def application(org: Organization, secret: str = SECRET, **changes: object) -> msal.ConfidentialClientApplication:
    """msal as a stranger's program sets it up."""
    how = {"authority": org.dataverse.authority, "instance_discovery": False, **changes}
    return msal.ConfidentialClientApplication(CLIENT, client_credential=secret, verify=str(org.ca), **how)


@pytest.fixture(autouse=True)
def _own_authority_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These variables would override ``verify``."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def test_msal_gets_a_token_that_opens_the_web_api(org: Organization) -> None:
    answer = application(org).acquire_token_for_client([f"{org.dataverse.url}/.default"])
    assert answer["expires_in"] == 3599
    reply = org.http.get(org.root + "WhoAmI", headers={"Authorization": f"Bearer {answer['access_token']}"}, timeout=10)
    assert reply.status_code == 200


def test_msal_accepts_the_issuer(org: Organization) -> None:
    made = application(org, authority=None, oidc_authority=f"{org.dataverse.authority}/v2.0", instance_discovery=None)
    assert "access_token" in made.acquire_token_for_client([f"{org.dataverse.url}/.default"])


def test_msal_tells_a_wrong_secret(org: Organization) -> None:
    answer = application(org, "wrong").acquire_token_for_client([f"{org.dataverse.url}/.default"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


def test_token_is_signed_by_the_published_key(org: Organization) -> None:
    token = org.token().json()["access_token"]
    configuration = org.http.get(f"{org.dataverse.authority}/v2.0/.well-known/openid-configuration", timeout=10).json()
    keys = jwt.PyJWKSet.from_dict(org.http.get(configuration["jwks_uri"], timeout=10).json())
    claims = jwt.decode(token, keys.keys[0], algorithms=["RS256"], audience=org.dataverse.url, issuer=configuration["issuer"])
    assert claims["appid"] == CLIENT


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 400, "unauthorized_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"scope": "https://other.example/.default"}, 400, "invalid_resource"),
        ({"scope": "user.read"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_token_requests_are_refused_by_name(org: Organization, changes: dict[str, str], status: int, error: str) -> None:
    answer = org.token(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_other_tenants_do_not_exist(org: Organization) -> None:
    other = org.dataverse.authority.rsplit("/", 1)[0] + "/nobody"
    answer = org.http.get(f"{other}/v2.0/.well-known/openid-configuration", timeout=10)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_instance_discovery_names_this_host(org: Organization) -> None:
    host = org.dataverse.authority.rsplit("/", 1)[0]
    answer = org.http.get(f"{host}/common/discovery/instance?api-version=1.1", timeout=10).json()
    assert answer["metadata"][0]["aliases"] == [host.removeprefix("https://")]


def test_refresh_token_gives_a_new_token(org: Organization) -> None:
    answer = org.token(grant_type="refresh_token", refresh_token=org.dataverse.refresh_token)
    assert answer.json()["refresh_token"] == org.dataverse.refresh_token


def test_token_expires_with_the_sandbox_clock(org: Organization) -> None:
    org.get("WhoAmI")
    org.clock.advance(timedelta(hours=2))
    answer = org.call("GET", "WhoAmI")
    assert answer.status_code == 401
    assert "ExpiredAuthTicket" in answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_without_a_token_there_is_no_answer(org: Organization) -> None:
    assert org.http.get(org.root + "WhoAmI", timeout=10).status_code == 401


def test_token_calls_are_not_billed(org: Organization) -> None:
    org.get("WhoAmI")
    assert org.dataverse.counters.as_json() == {"total": 1, "endpoints": {"GET WhoAmI": 1}}
