"""A page of somebody else, on an origin of its own, with a strict policy: the shop that embeds a survey."""

import http.server
import threading
from types import TracebackType
from typing import Self


class Shop:
    """Serves one page at ``address``; what it holds may be changed between visits."""

    def __init__(self) -> None:
        shop = self
        self.body, self.policy = "", ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/":
                    self.send_error(404)
                    return
                page = f'<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>{shop.body}</html>'.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", shop.policy)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def embeds(self, pages: str, place: str, **data: str) -> None:
        """The page includes the loader of these pages, with the two directives that docs/embed.md names and no others."""
        told = "".join(f' data-{name}="{value}"' for name, value in {"place": place, **data}.items())
        self.body = f'<p id="here"></p><script src="{pages}/embed.js"{told} async></script><p><a href="#">Cart</a></p>'
        self.policy = f"default-src 'none'; script-src {pages}; frame-src {pages}"
