"""The pages as a process of their own, and what a load generator sends them.

Called by bench.answers; ``python -m bench.pages SETTINGS`` serves the pages alone until standard input is closed.
"""

import gc
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import daemon
from commands import options
from settings import load
from web import app, server

_NONCE = re.compile(r'name="nonce" value="([^"]+)"')


def serve(path: Path) -> None:
    """The pages alone, until standard input is closed."""
    settings = load.load(path)
    options.set_up_logs()
    belt = daemon.compose(settings)
    pages = server.Pages(app.build(belt, settings.web), settings.web)
    pages.start()
    sys.stdout.write(f"the pages are at {pages.address}\n")
    sys.stdout.flush()
    gc.collect()
    gc.freeze()  # as ``palaute run`` does it
    sys.stdin.read()
    pages.stop()
    belt.close()


@contextmanager
def served(path: Path, *, whole_daemon: bool) -> Iterator[tuple[int, str]]:
    """Process id and address of the pages."""
    palaute = str(Path(sys.executable).with_name("palaute"))
    alone = [sys.executable, "-m", "bench.pages", str(path)]
    command = [palaute, "run", "--settings", str(path)] if whole_daemon else alone
    log = path.with_name("server.log").open("w")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
    try:
        assert process.stdout is not None  # noqa: S101
        yield process.pid, process.stdout.readline().strip().rsplit(" ", 1)[1]
    finally:
        process.terminate() if whole_daemon else process.communicate()
        process.wait(30)


def sent(address: str, connections: int, requests: Sequence[bytes]) -> dict[str, Any]:
    """What the load generator tells of these requests."""
    where = urlsplit(address)
    command = [sys.executable, "-m", "bench.load", str(where.hostname), str(where.port), str(connections)]
    given = "\n".join(json.dumps(request.decode("latin-1")) for request in requests)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)  # noqa: S603
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def get(token: str) -> bytes:
    """The request for a page."""
    return f"GET /s/{token} HTTP/1.1\r\nHost: survey.example\r\nAccept-Language: en\r\n\r\n".encode()


def post(token: str, page: str, number: int) -> bytes:
    """The request that a browser makes of this page when its form is sent."""
    found = _NONCE.search(page)
    if found is None:
        raise RuntimeError(f"the page of invitation {number} has no form")
    fields = {"nonce": html.unescape(found[1]), "value": str(number % 11), "comment": comment(number), "more": ""}
    body = urlencode(fields).encode()
    head = (
        f"POST /s/{token} HTTP/1.1\r\nHost: survey.example\r\nAccept-Language: en\r\n"
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def comment(number: int) -> str:
    """Two of three say something."""
    return "" if number % 3 == 0 else f"Nopea vastaus, kiitos! ({number})"


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
