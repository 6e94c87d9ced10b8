"""A small survey site on a real socket, written without a look at Palaute's: what the simulated customers can surf to."""

import html
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

PAGE = """<!doctype html><html><head><title>One question</title></head><body>
<nav><a href="?lang=sv">Svenska</a></nav><form method="get" action="/find"><input name="q"></form>
<form method="post" action="{action}"><input type="hidden" name="nonce" value="{nonce}"><fieldset>{tiles}</fieldset>
<div aria-hidden="true"><input name="website" tabindex="-1"></div><textarea name="comment">
</textarea><button name="go" value="1">Send</button></form></body></html>"""
THANKS = "<!doctype html><title>x</title><h1>Kiitos, vastauksesi on tallennettu</h1><a href='?change=1'>Muuta</a>"


class Site:
    """What was asked of the site, and what was posted to it."""

    def __init__(self, scale: range) -> None:
        self.scale = scale
        self.opened: list[str] = []
        """Paths with their queries, in order."""
        self.posted: dict[str, list[dict[str, str]]] = defaultdict(list)
        """Path → the forms that were sent there."""
        self.moments: dict[str, list[float]] = defaultdict(list)
        self.refuse = False
        """Answer a form with the form again."""
        self.url = ""

    def page(self, path: str, chosen: str) -> str:
        """The form for this path, with a value chosen when the mail's link did so."""
        tiles = "".join(
            f'<label><input type="radio" name="value" value="{n}"{" checked" if str(n) == chosen else ""}>{n}</label>'
            for n in self.scale
        )
        return PAGE.format(action=html.escape(path), nonce=f"nonce&{path}", tiles=tiles).replace("nonce&", "nonce&amp;")


@contextmanager
def running(scale: range) -> Iterator[Site]:
    """The site, as long as this lasts."""
    site = Site(scale)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            site.opened.append(self.path)
            parts = urlsplit(self.path)
            done = parts.path.endswith("/thanks")
            self.reply(THANKS if done else site.page(parts.path, parse_qs(parts.query).get("v", [""])[0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            site.posted[self.path].append(dict(parse_qsl(body, keep_blank_values=True)))
            if self.path.startswith("/u/"):
                self.reply("ok")
            elif site.refuse:
                self.reply(site.page(self.path, ""), 422)
            else:
                self.send_response(303)
                self.send_header("Location", f"{self.path}/thanks")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def reply(self, text: str, status: int = 200) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
