"""A page of somebody else, on an origin of its own, with a strict policy: the shop that embeds a survey."""

import http.server
import threading
from types import TracebackType
from typing import Self

_PAGE = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title>'
    '<link rel="stylesheet" href="/shop.css"><h1>Pine &amp; Co.</h1><p>Thank you for your order 10442. '
    "It leaves our warehouse tomorrow.</p>{}</html>"
)
_STYLE = "html{font:17px/1.5 Georgia,serif;color:#2b2118;background:#fdfaf5}body{max-width:46rem;margin:0 auto;padding:1rem}"


class Shop:
    """Serves one page at ``address``; what it holds may be changed between visits."""

    def __init__(self) -> None:
        shop = self
        self.body, self.policy = "", ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path not in ("/", "/shop.css"):
                    self.send_error(404)
                    return
                page = (_STYLE if self.path == "/shop.css" else _PAGE.format(shop.body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/css" if self.path == "/shop.css" else "text/html; charset=utf-8")
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
        """The page includes the loader; its policy has the two directives that docs/embed.md names, and its own style sheet."""
        told = "".join(f' data-{name}="{value}"' for name, value in {"place": place, **data}.items())
        self.body = f'<p id="here"></p><script src="{pages}/embed.js"{told} async></script><p><a href="#">Cart</a></p>'
        self.policy = f"default-src 'none'; style-src 'self'; script-src {pages}; frame-src {pages}"
