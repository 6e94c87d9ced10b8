"""A web server that misbehaves as told, over TLS with its own certificate authority."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

Handle = Callable[[http.server.BaseHTTPRequestHandler], None]


class Rogue:
    """The server; ``handle`` is what it does with every request."""

    def __init__(self, ca: Path, context: ssl.SSLContext) -> None:
        self.ca = ca
        self.seen: list[tuple[str, dict[str, str]]] = []
        """Paths and headers (lower case) of the requests."""
        self.body = b""
        """Of the last request."""
        self.handle: Handle = lambda handler: handler.send_error(404)
        rogue = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                rogue.body = self.rfile.read(int(self.headers.get("content-length", 0)))
                rogue.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                rogue.handle(self)

            do_POST = do_GET  # noqa: N815 (the name that http.server looks for)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.plain_port = self._server.server_address[1]
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self.plain_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(directory: Path) -> Iterator[Rogue]:
    """A server that listens; its certificate authority is written to the directory."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    path = directory / "rogue-ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = Rogue(path, context)
    yield server
    server.close()


def answer(status: int = 200, body: bytes = b"{}", kind: str = "application/json", **headers: str) -> Handle:
    """A whole answer; ``length`` may lie about it."""

    def handle(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", headers.get("length", str(len(body))))
        for name, value in headers.items():
            if name != "length":
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return handle
