"""Where the strangers perform: the sandbox, the proxy in front of it, and an environment that leads every program to them."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pydantic
import requests

from connectors import base, registry, settings
from sandbox import server
from tests.interop import proxy

_SETTINGS: pydantic.TypeAdapter[settings.ConnectorSettings] = pydantic.TypeAdapter(settings.ConnectorSettings)


class Stage:
    """What the tests use of it all."""

    def __init__(self, sandbox: server.Sandbox, between: proxy.Proxy, bundle: Path, programs: Path) -> None:
        assert sandbox.addresses is not None
        self.sandbox = sandbox
        self.addresses = sandbox.addresses
        self.proxy = between
        self.bundle = bundle
        self.programs = programs
        self.folder = bundle.parent
        self.http = requests.Session()
        self.http.trust_env = False

    def control(self, method: str, path: str, **body: Any) -> Any:
        """A call to the control address."""
        answer = self.http.request(method, f"{self.addresses.control}{path}", json=body or None, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, crm: str, do: str, **what: Any) -> list[str]:
        """Something happens in a CRM; the records concerned."""
        found: list[str] = self.control("POST", "/act", crm=crm, do=do, **what)["records"]
        return found

    def records(self, crm: str, table: str, ids: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
        """Records by id as an administrator sees them."""
        rows = self.control("GET", f"/records/{crm}/{table}{'?ids=' + ','.join(ids) if ids else ''}")
        key = "Id" if crm == "salesforce" else {"opportunities": "opportunityid"}.get(table, f"{table[:-1]}id")
        return {row[key]: row for row in rows}

    def run(self, program: str, *words: str | Path, said: str = "", status: int = 0, seconds: float = 100) -> str:
        """Run one of the strangers' programs to its end; what it printed on its standard output."""
        ours = {
            "HTTPS_PROXY": self.proxy.url,
            "https_proxy": self.proxy.url,
            "HTTP_PROXY": self.proxy.url,
            "NO_PROXY": "",
            "no_proxy": "",
        }
        trust = {
            name: str(self.bundle) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        }
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **ours, **trust}
        done = subprocess.run(
            [self.programs / program, *words],
            input=said,
            capture_output=True,
            text=True,
            env=environment,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == status, f"{program} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def script(self, name: str, verb: str, **given: Any) -> Any:
        """Run a small program of programs/ with the strangers' Python; both sides speak JSON."""
        path = Path(__file__).parent / "programs" / f"{name}.py"
        return json.loads(self.run("python", path, verb, said=json.dumps(given)))

    def dataverse(self, verb: str, **given: Any) -> Any:
        """Have Microsoft's client do something; it signs in at login.microsoftonline.com, which the proxy leads to us."""
        app = self.addresses.dynamics
        standard = {"url": app["url"], "tenant": app["authority"].rsplit("/", 1)[1]}
        secrets = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        return self.script("dataverse", verb, **(standard | secrets | given))

    def connector(self, crm: str) -> base.Connector:
        """Our own connector to a stand-in, for comparison."""
        if crm == "salesforce":
            given = {"type": crm, "login_url": self.addresses.salesforce["login_url"]}
            secrets = self.addresses.salesforce
        else:
            given = {"type": crm, "url": self.addresses.dynamics["url"], "authority": self.addresses.dynamics["authority"]}
            secrets = self.addresses.dynamics
        given |= {"client_id": secrets["client_id"]}
        secret = pydantic.SecretStr(secrets["client_secret"])
        return registry.open_connector(
            crm, _SETTINGS.validate_python({**given, "client_secret": secret, "ca": self.addresses.ca})
        )

    def refresh_token(self) -> str:
        """What an admin gets who signs in with a browser and lets an app in (the web server flow)."""
        login, app = self.addresses.salesforce["login_url"], self.addresses.salesforce
        back = "https://localhost/callback"
        asked = {"client_id": app["client_id"], "redirect_uri": back, "response_type": "code"}
        person = {"username": app["username"], "password": app["password"] + app["security_token"]}
        address, ca = f"{login}/services/oauth2/authorize", str(self.addresses.ca)
        sent = self.http.post(address, data=asked | person, allow_redirects=False, verify=ca, timeout=20)
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        exchange |= {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        granted = self.http.post(f"{login}/services/oauth2/token", data=exchange, verify=ca, timeout=20).json()
        return str(granted["refresh_token"])


@contextlib.contextmanager
def open_stage(folder: Path, programs: Path) -> Iterator[Stage]:
    """Start everything; the sandbox is small, since only its protocol matters here."""
    with server.Sandbox(folder, seed=7, cases=60, purchases=20) as sandbox:
        assert sandbox.addresses is not None
        crm, dynamics = sandbox.addresses.salesforce, sandbox.addresses.dynamics
        hosts = {
            "login.salesforce.com": crm["login_url"],
            "test.salesforce.com": crm["login_url"],
            "*.my.salesforce.com": crm["instance_url"],
            "login.microsoftonline.com": dynamics["authority"],
            "*.dynamics.com": dynamics["url"],
        }
        with proxy.Proxy(hosts, sandbox.addresses.ca) as between:
            bundle = between.bundle(folder / "bundle.pem", sandbox.addresses.ca)
            yield Stage(sandbox, between, bundle, programs)
