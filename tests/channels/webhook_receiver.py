"""A receiver of webhooks on a free port: it checks every signature with openssl and keeps each id once."""

import base64
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Receiver:
    """Takes what is signed rightly, each id once."""

    def __init__(self) -> None:
        self.status: list[int] = []
        self.mute = False
        self.taken: dict[str, dict[str, Any]] = {}
        self.seen: list[dict[str, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.seen.append({name.lower(): value for name, value in self.headers.items()})
                status = receiver.status.pop(0) if receiver.status else 204
                if status == 204 and not receiver.checks(body):
                    status = 401
                if status == 204:
                    receiver.taken.setdefault(self.headers["webhook-id"], json.loads(body))
                if receiver.mute:
                    receiver.mute = False
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Location", "https://elsewhere.example/")
                self.send_header("Retry-After", "7")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_HEAD(self) -> None:
                self.send_response(405)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def checks(self, body: bytes) -> bool:
        """The signature as openssl makes it."""
        told = self.seen[-1]
        signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + body
        return told["webhook-signature"] == f"v1,{base64.b64encode(by_openssl(KEY, signed)).decode()}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def by_openssl(key: bytes, content: bytes) -> bytes:
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout
