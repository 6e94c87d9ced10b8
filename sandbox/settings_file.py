"""Writes what a daemon needs to run against this sandbox as it is: ``settings.toml`` and the secrets it refers to."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OBJECTS = {
    "salesforce": (
        ("Case", "Opportunity", "Order"),
        ("Palaute_Score__c", "Palaute_Comment__c", "Palaute_Answered_At__c", "Palaute_Metric__c"),
    ),
    "dynamics": (
        ("incident", "opportunity", "salesorder"),
        ("palaute_score", "palaute_comment", "palaute_answeredat", "palaute_metric"),
    ),
}
"""Connector → objects that take a score, and the columns for score, comment, answered_at and metric."""
_VALUES = ("score", "comment", "answered_at", "metric")

_REST = """
[[triggers.rules]]
name    = "Closed cases"
on      = "case_closed"
survey  = "case_csat"
channel = ["email"]
delay   = "0s"
expires = "14d"

[[triggers.rules]]
name    = "Purchases"
on      = "purchase"
survey  = "purchase_nps"
channel = ["email"]
delay   = "0s"
expires = "14d"

[triggers.quiet]
per_person = "30d"
too_old    = "7d"

[surveys]
languages        = ["fi", "sv", "en"]
default_language = "en"

[surveys.brand]
name      = "Havu"
partitive = "Havua"
genitive  = "Havun"
address   = "Havu Oy, Rantatie 1, 00100 Helsinki"
time_zone = "Europe/Helsinki"

[surveys.survey.case_csat]
metric = "csat"

[surveys.survey.purchase_nps]
metric = "nps"

[journey]
unsure = "park"
forget = "24 months"

[journey.gather]
quiet   = "2s"
at_most = "30s"
"""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where everything of a sandbox is, as ``sandbox.json`` tells it."""

    control: str
    ca: Path
    salesforce: dict[str, str]
    """login_url, instance_url, client_id, client_secret; username, password, security_token, refresh_token for other programs."""
    dynamics: dict[str, str]
    """url, authority, client_id, client_secret; refresh_token for other programs."""
    smtp_host: str
    smtp_port: int
    imap: dict[str, Any]
    """host, port, user, password of the mailbox that returned mails go to."""
    sms: dict[str, str]
    """url, sender, token, hook_secret; account_sid and auth_token for Twilio's shape."""
    web_port: int
    """A port that was free, for the daemon's pages."""

    def as_json(self) -> dict[str, Any]:
        """The contents of ``sandbox.json``."""
        return {
            "control": self.control,
            "ca": str(self.ca),
            "salesforce": self.salesforce,
            "dynamics": self.dynamics,
            "smtp": {"host": self.smtp_host, "port": self.smtp_port},
            "imap": self.imap,
            "sms": self.sms,
        }


def write(directory: Path, addresses: Addresses) -> Path:
    """Write ``settings.toml`` and the secrets it refers to (readable by the owner alone); answers the settings file's path."""
    _write_secret(directory / "salesforce.secret", addresses.salesforce["client_secret"])
    _write_secret(directory / "dynamics.secret", addresses.dynamics["client_secret"])
    _write_secret(directory / "imap.secret", addresses.imap["password"])
    _write_secret(directory / "mail-hook.secret", secrets.token_urlsafe(24))
    _write_secret(directory / "sms.secret", addresses.sms["token"])
    _write_secret(directory / "sms-hook.secret", addresses.sms["hook_secret"])
    path = directory / "settings.toml"
    path.write_text(text(directory, addresses), encoding="utf-8")
    return path


def text(directory: Path, addresses: Addresses) -> str:
    """The settings file: both CRMs polled every second, no delay, window or sample, the store in the directory."""
    store = {"url": f"sqlite:///{directory / 'palaute.db'}", "secret": f"file:{directory / 'palaute.secret'}"}
    listen = f"127.0.0.1:{addresses.web_port}"
    email = {
        "host": addresses.smtp_host,
        "port": addresses.smtp_port,
        "security": "none",
        "sender": "Havu <feedback@havu.example>",
        "reply_to": "service@havu.example",
        "ca": str(addresses.ca),
    }
    bounces = {
        "imap": f"imaps://{addresses.imap['host']}:{addresses.imap['port']}",
        "username": addresses.imap["user"],
        "password": f"file:{directory / 'imap.secret'}",
        "poll": "2s",
        "hook_secret": f"file:{directory / 'mail-hook.secret'}",
    }
    tables = [
        "# Written by the sandbox at its start. Run the daemon with it as it is.\n",
        _table("store", store),
        _table("connectors.salesforce", _salesforce(directory, addresses)),
        _table("connectors.dynamics", _dynamics(directory, addresses)),
        *_targets(),
        _table("channels.email", email),
        _table("channels.email.bounces", bounces),
        _table("channels.sms", _sms(directory, addresses)),
        _table("channels.sms.hooks", {"secret": f"file:{directory / 'sms-hook.secret'}"}),
        _table("web", {"listen": listen, "public_url": f"http://{listen}"}),
    ]
    return "\n".join(tables) + _REST


def _salesforce(directory: Path, addresses: Addresses) -> dict[str, Any]:
    return {
        "type": "salesforce",
        "login_url": addresses.salesforce["login_url"],
        "flow": "client_credentials",
        "client_id": addresses.salesforce["client_id"],
        "client_secret": f"file:{directory / 'salesforce.secret'}",
        **_pace(addresses),
    }


def _dynamics(directory: Path, addresses: Addresses) -> dict[str, Any]:
    return {
        "type": "dynamics",
        "url": addresses.dynamics["url"],
        "authority": addresses.dynamics["authority"],
        "client_id": addresses.dynamics["client_id"],
        "client_secret": f"file:{directory / 'dynamics.secret'}",
        **_pace(addresses),
    }


def _sms(directory: Path, addresses: Addresses) -> dict[str, Any]:
    return {
        "gateway": "http",
        "url": f"{addresses.sms['url']}/messages",
        "check": f"{addresses.sms['url']}/account",
        "sender": addresses.sms["sender"],
        "token": f"file:{directory / 'sms.secret'}",
    }


def _pace(addresses: Addresses) -> dict[str, str]:
    return {"ca": str(addresses.ca), "poll": "1s", "lag": "1s", "look_back": "60s"}


def _targets() -> list[str]:
    return [
        _table(f"mapping.write.{connector}.{name}", dict(zip(columns, _VALUES, strict=True)))
        for connector, (objects, columns) in _OBJECTS.items()
        for name in objects
    ]


def _table(name: str, values: dict[str, Any]) -> str:
    """A TOML table of texts and numbers; a JSON string is a TOML basic string as long as DEL is not in it."""
    rows = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *rows, ""])


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(secret + "\n", encoding="utf-8")
