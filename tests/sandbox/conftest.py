"""A running sandbox for the tests of its frame, and the ways to speak to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
import requests

from sandbox import server, settings_file


@dataclass
class Box:
    """The sandbox as somebody in another process would use it."""

    sandbox: server.Sandbox
    addresses: settings_file.Addresses

    def get(self, path: str, **parameters: Any) -> Any:
        """GET on the control address."""
        answer = requests.get(self.addresses.control + path, params=parameters, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """POST on the control address."""
        answer = requests.post(self.addresses.control + path, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def delete(self, path: str) -> None:
        """DELETE on the control address."""
        requests.delete(self.addresses.control + path, timeout=30).raise_for_status()

    def refused(self, path: str, **body: Any) -> str:
        """What the control address says to a wrong POST."""
        answer = requests.post(self.addresses.control + path, json=body, timeout=30)
        assert answer.status_code == 400
        return str(answer.json()["error"])

    def mail(self, to: str, subject: str, text: str, *, html: str = "", headers: dict[str, str] | None = None) -> None:
        """Send a mail over SMTP, as a stranger's program would."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Havu <feedback@havu.example>", to, subject
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        with SMTP(self.addresses.smtp_host, self.addresses.smtp_port, timeout=10) as smtp:
            smtp.send_message(message, to_addrs=[to])


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One small sandbox for all tests of the frame."""
    with server.Sandbox(tmp_path_factory.mktemp("sandbox"), seed=3, cases=60, purchases=20) as sandbox:
        assert sandbox.addresses is not None
        yield Box(sandbox, sandbox.addresses)


@pytest.fixture
def box(running: Box) -> Box:
    """The running sandbox with empty mailboxes, no faults and counters at nought."""
    for path in ("/mailbox", "/sms", "/faults", "/counters"):
        running.delete(path)
    return running
