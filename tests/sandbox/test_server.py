"""The sandbox starts on free or given ports, tells where it is, and stops."""

import json
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import lines, server
from settings import load
from tests import waiting
from tests.sandbox.conftest import Box

SALESFORCE_KEYS = [
    "client_id", "client_secret", "instance_url", "login_url", "password", "refresh_token", "security_token", "username",
]  # fmt: skip


def test_the_file_tells_where_everything_is(running: Box) -> None:
    written = json.loads((running.sandbox.directory / "sandbox.json").read_text())
    assert written == running.addresses.as_json()
    assert {name: sorted(value) for name, value in written.items() if isinstance(value, dict)} == {
        "salesforce": SALESFORCE_KEYS,
        "dynamics": ["authority", "client_id", "client_secret", "refresh_token", "url"],
        "smtp": ["host", "port"],
        "imap": ["host", "password", "port", "starttls_port", "user"],
        "sms": ["account_sid", "auth_token", "hook_secret", "sender", "token", "url"],
    }


@pytest.mark.parametrize(
    "address",
    [
        lambda at: at.salesforce["login_url"] + "/services/oauth2/token",
        lambda at: at.salesforce["instance_url"] + "/services/data",
        lambda at: at.dynamics["url"] + "/api/data/v9.2/WhoAmI",
        lambda at: at.dynamics["authority"] + "/v2.0/.well-known/openid-configuration",
    ],
)
def test_each_crm_address_speaks_tls_under_the_sandboxs_own_authority(running: Box, address: Callable[[Any], str]) -> None:
    url = address(running.addresses)
    answer = requests.get(url, verify=str(running.addresses.ca), timeout=10)
    assert answer.status_code < 500
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=10)


def test_each_crm_address_tells_the_sandboxs_own_time_once(running: Box) -> None:
    running.post("/clock", advance="2h")
    for url in (
        running.addresses.salesforce["instance_url"] + "/services/data",
        running.addresses.dynamics["url"] + "/api/data/v9.2/",
    ):
        answer = requests.get(url, verify=str(running.addresses.ca), timeout=10)
        told = parsedate_to_datetime(answer.headers["Date"])
        assert abs((told - running.sandbox.clock.now()).total_seconds()) < 5


def test_both_crms_hand_out_tokens_to_the_secrets_in_the_file(running: Box) -> None:
    crm, ca = running.addresses.salesforce, str(running.addresses.ca)
    key = {"grant_type": "client_credentials", "client_id": crm["client_id"], "client_secret": crm["client_secret"]}
    token = requests.post(crm["login_url"] + "/services/oauth2/token", data=key, verify=ca, timeout=10).json()
    assert token["instance_url"] == crm["instance_url"]
    crm = running.addresses.dynamics
    key = {**key, "client_id": crm["client_id"], "client_secret": crm["client_secret"], "scope": crm["url"] + "/.default"}
    token = requests.post(crm["authority"] + "/oauth2/v2.0/token", data=key, verify=ca, timeout=10).json()
    assert token["token_type"] == "Bearer"


def test_the_daemon_takes_the_settings_as_they_are(running: Box) -> None:
    settings = load.load(running.sandbox.directory / "settings.toml")
    assert {name: len(objects) for name, objects in settings.mapping.write.items()} == {"salesforce": 3, "dynamics": 3}


def test_secrets_are_in_files_of_their_own_that_others_cannot_read(running: Box) -> None:
    directory = running.sandbox.directory
    assert [path.stat().st_mode & 0o777 for path in directory.glob("*.secret")] == [0o600] * 6
    text = (directory / "settings.toml").read_text()
    assert running.addresses.salesforce["client_secret"] not in text
    assert running.addresses.dynamics["client_secret"] not in text


def test_given_ports_are_used(tmp_path: Path) -> None:
    control, web = lines.free_port(0), lines.free_port(0)
    with server.Sandbox(tmp_path, cases=5, purchases=5, ports=server.Ports(control=control, web=web)) as sandbox:
        assert sandbox.addresses is not None
        assert sandbox.addresses.control == f"http://127.0.0.1:{control}"
        assert f"127.0.0.1:{web}" in (tmp_path / "settings.toml").read_text()


def test_a_taken_port_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("{}")
    with lines.bind(0, "a test") as taken, pytest.raises(lines.AddressTaken, match=f"Port {lines.port(taken)} for smtp"):
        server.Sandbox(tmp_path, cases=5, purchases=5, ports=server.Ports(smtp=lines.port(taken))).start()
    assert not (tmp_path / "sandbox.json").exists()


@pytest.mark.timeout(60)
def test_stopping_closes_all_ports_within_seconds_even_while_somebody_waits(tmp_path: Path) -> None:
    sandbox = server.Sandbox(tmp_path, cases=5, purchases=5)
    sandbox.start()
    assert sandbox.addresses is not None
    box = Box(sandbox, sandbox.addresses)
    box.post("/faults", crm="sms", kind="timeout", count=1, seconds=600)
    line = socket.create_connection(("127.0.0.1", int(sandbox.addresses.sms["url"].rsplit(":", 1)[1])))
    line.sendall(b"POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    waiting.until(lambda: sandbox.gateway.faults.peek("timeout") is None, "the call hangs")
    sandbox.stop()
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        box.get("/counters")
    line.close()


def test_the_same_seed_gives_the_same_orgs(tmp_path: Path) -> None:
    names = []
    for folder in ("a", "b"):
        with server.Sandbox(tmp_path / folder, seed=9, cases=10, purchases=4) as sandbox:
            names.append([(row["Subject"], row["ContactId"]) for row in sandbox.salesforce.records("Case")])
    assert names[0] == names[1]
