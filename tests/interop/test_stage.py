"""The stage itself: what the proxy lets through, and what is said when the strangers cannot be installed."""

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.interop import environment, stage


def ask(world: stage.Stage, url: str) -> requests.Response:
    """A GET through the proxy, trusting what the strangers trust."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": world.proxy.url}
        return session.get(url, verify=str(world.bundle), timeout=20)


def test_vendor_hosts_lead_to_the_stand_ins(world: stage.Stage) -> None:
    assert ask(world, "https://havu.my.salesforce.com/services/data").json()[0]["url"].startswith("/services/data/v")
    tenant = world.addresses.dynamics["authority"].rsplit("/", 1)[1]
    found = ask(world, f"https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration")
    assert found.json()["token_endpoint"].endswith(f"/{tenant}/oauth2/v2.0/token")


def test_the_stand_ins_own_addresses_are_tunnelled(world: stage.Stage) -> None:
    address = urlsplit(world.addresses.salesforce["instance_url"])
    place = urlsplit(world.proxy.url)
    context = ssl.create_default_context(cafile=str(world.addresses.ca))  # not the proxy's authority: it must not end this one
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(f"CONNECT {address.netloc} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 200")
        with context.wrap_socket(line, server_hostname="127.0.0.1") as secure:
            assert secure.version() is not None


def test_every_other_host_is_refused(world: stage.Stage) -> None:
    with pytest.raises(requests.exceptions.ProxyError):
        ask(world, "https://example.com/")
    assert world.proxy.refused.pop() == "example.com:443"


def test_an_index_out_of_reach_is_told_in_a_sentence(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(environment.NotInstalled, match="is the package index reachable"):
        environment.fetch(programs / "python", "--target", tmp_path)
