"""A gateway whose answers a test writes itself."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from channels.sms import channel as sms_channel
from channels.sms import settings


class Scripted:
    """Answers one after the other, and what was posted."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.posted: list[tuple[dict[str, Any], dict[str, str]]] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                told = json.loads(body) if "json" in self.headers["Content-Type"] else dict(parse_qsl(body))
                scripted.posted.append((told, dict(self.headers.items())))
                status, answer = scripted.answers.pop(0)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self._channels: list[sms_channel.SmsChannel] = []

    def channel(self, **changes: Any) -> sms_channel.SmsChannel:
        """An SMS channel to this gateway."""
        told = {"gateway": "http", "url": f"{self.url}/send", "sender": "Havu", "timeout": "5s"}
        self._channels.append(sms_channel.SmsChannel(settings.HttpSettings.model_validate(told | changes)))
        return self._channels[-1]

    def close(self) -> None:
        """Give everything back."""
        for channel in self._channels:
            channel.close()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A gateway that answers as the test says."""
    made = Scripted()
    yield made
    made.close()
