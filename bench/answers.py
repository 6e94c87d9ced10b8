"""Durable answers a second: ``python -m bench.answers [--answers N] [--connections N] [--daemon] [--database URL]``.

A store with N open invitations; the pages served by a process of their own, put together as the daemon does it (``--daemon``: the
whole daemon); a load generator in a second process on the same machine. Each answer is the real form with the nonce of its own
page, posted over one of the kept connections; fetching the pages is measured apart. Afterwards the database is asked: every
thanked answer is there exactly once, or the bench fails. Exit status 1 below the aim.
"""

import argparse
import html
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa

import daemon
from commands import options
from settings import load
from store import answers, database, messages, people, rows, touchpoints
from tests import smallest
from web import app, server

AIM_PER_SECOND, AIM_P99 = 2000, 0.150
_WRITE_BACK = """
[mapping.write.crm.case]
score = "score"
comment = "comment"
"""
_READING = 8.0
"""Seconds between the last page and the first post: people read before they answer, and what is faster looks like a machine."""
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One measured round."""

    answers: int
    seconds: float
    latencies: Sequence[float]
    server_processor: float
    load_processor: float

    def as_dict(self) -> dict[str, Any]:
        """Rounded for print; times of one answer in milliseconds."""
        cuts = statistics.quantiles(self.latencies, n=100)
        return {
            "answers": self.answers,
            "per_second": round(self.answers / self.seconds),
            "p50_ms": round(cuts[49] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "server_cores": round(self.server_processor / self.seconds, 2),
            "load_cores": round(self.load_processor / self.seconds, 2),
            "server_ms_per_answer": round(self.server_processor / self.answers * 1000, 3),
        }


def prepare(folder: Path, url: str, count: int) -> tuple[Path, list[str]]:
    """Settings and a store with so many open invitations that went out; their tokens."""
    text = smallest.SETTINGS.replace("sqlite:///palaute.db", url).replace("csat", "nps")
    path = smallest.write(folder, text + smallest.CASES.replace("csat", "nps") + _WRITE_BACK)
    settings = load.load(path)
    people.open_secret(settings.store.secret)
    store = database.Store(settings.store.url)
    store.migrate()
    tokens = [f"bench{number:017d}" for number in range(count)]
    now = datetime.now(UTC)
    with store.write() as tx:
        for chunk in rows.chunks(range(1, count + 1)):
            rows.insert(tx, people.PERSON, [{"id": n, "key": f"person {n}", "opted_out_by": ""} for n in chunk])
            rows.insert(tx, touchpoints.TOUCHPOINT, [_touchpoint(n, now) for n in chunk])
            rows.insert(tx, messages.INVITATION, [_invitation(n, tokens[n - 1], now) for n in chunk])
            rows.insert(tx, messages.MESSAGE, [_message(n, now) for n in chunk])
    store.close()
    return path, tokens


def _touchpoint(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "connector": "crm",
        "kind": "case_closed",
        "source": "case_closed",
        "object": "case",
        "record": f"{number:018d}",
        "occurrence": "1",
        "label": f"{number}",
        "happened_at": now - timedelta(hours=2),
        "noticed_at": now - timedelta(hours=2),
        "person_id": number,
        "account": f"account {number % 3000}",
        "recipient": {"record": f"person {number}", "email": f"person{number}@posti.example", "language": "en"},
        "context": {"subject": f"Where is my parcel {number}?", "owner": "Maija", "priority": "High"},
        "trouble": "",
        "forgotten": False,
    }


def _invitation(number: int, token: str, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "touchpoint_id": number,
        "person_id": number,
        "token": token,
        "survey": "nps",
        "language": "en",
        "state": "open",
        "made_at": now - timedelta(hours=2),
        "expires_at": now + timedelta(days=14),
        "variant": "",
        "words": sa.null(),
    }


def _message(number: int, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": number,
        "connector": "crm",
        "send": messages.FIRST,
        "key": f"bench-{number}",
        "channel": "email",
        "address": f"person{number}@posti.example",
        "state": "sent",
        "made_at": now - timedelta(hours=2),
        "due_at": now - timedelta(hours=2),
        "sent_at": now - timedelta(hours=1),
        "attempts": 1,
        "reference": "",
        "problem": "",
    }


def serve(path: Path) -> None:
    """The pages alone, until standard input is closed."""
    settings = load.load(path)
    options.set_up_logs()
    belt = daemon.compose(settings)
    pages = server.Pages(app.build(belt, settings.web), settings.web)
    pages.start()
    sys.stdout.write(f"the pages are at {pages.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    pages.stop()
    belt.close()


@contextmanager
def served(path: Path, *, whole_daemon: bool) -> Iterator[tuple[int, str]]:
    """Process id and address of the pages."""
    palaute = str(Path(sys.executable).with_name("palaute"))
    alone = [sys.executable, "-m", "bench.answers", "--serve", str(path)]
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


def missing(url: str, thanked: Mapping[str, tuple[int, str]]) -> list[str]:
    """Those tokens whose answer is not in the store exactly once as it was given."""
    store = database.Store(url)
    query = (
        sa.select(messages.INVITATION.c.token, answers.ANSWER.c.value, answers.ANSWER.c.comment)
        .join(answers.ANSWER, answers.ANSWER.c.invitation_id == messages.INVITATION.c.id)
        .where(answers.ANSWER.c.state == "confirmed")
    )
    found: dict[str, list[tuple[int, str]]] = {}
    with store.read() as tx:
        for token, value, said in tx.execute(query):
            found.setdefault(token, []).append((value, said))
    store.close()
    return [token for token, given in thanked.items() if found.get(token) != [given]]


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Prepare, warm up, measure, verify."""
    url = arguments.database or f"sqlite:///{folder / 'palaute.db'}"
    warm = min(500, arguments.answers // 4)
    path, tokens = prepare(folder, url, arguments.answers + warm)
    with served(path, whole_daemon=arguments.daemon) as (pid, address):
        first = sent(address, arguments.connections, [get(token) for token in tokens[:warm]])["bodies"]
        time.sleep(_READING)
        thanked = _thanked(tokens, sent(address, arguments.connections, posts(tokens, first, 0))["statuses"], 0)
        used = processor(pid)
        told = sent(address, arguments.connections, [get(token) for token in tokens[warm:]])
        fetching = _figures(told, processor(pid) - used)
        requests = posts(tokens, told["bodies"], warm)
        time.sleep(_READING)
        used = processor(pid)
        posted = sent(address, arguments.connections, requests)
        posting = _figures(posted, processor(pid) - used)
        thanked |= _thanked(tokens, posted["statuses"], warm)
    lost = missing(url, thanked)
    return {
        "connections": arguments.connections,
        "server": "whole daemon" if arguments.daemon else "pages alone",
        "get": fetching.as_dict(),
        "post": posting.as_dict(),
        "refused": sum(status != 303 for status in posted["statuses"]),
        "thanked": len(thanked),
        "thanked_but_not_stored_once": len(lost),
    }


def posts(tokens: Sequence[str], pages: Sequence[str], start: int) -> list[bytes]:
    """The answers to these pages, the first of them of the token with the number ``start``."""
    return [post(tokens[number], page, number) for number, page in enumerate(pages, start)]


def _thanked(tokens: Sequence[str], statuses: Sequence[int], start: int) -> dict[str, tuple[int, str]]:
    return {tokens[n]: (n % 11, comment(n)) for n, status in enumerate(statuses, start) if status == 303}


def _figures(told: Mapping[str, Any], used: float) -> Figures:
    return Figures(
        answers=len(told["statuses"]),
        seconds=told["took"],
        latencies=told["seconds"],
        server_processor=used,
        load_processor=told["processor"],
    )


def main() -> int:
    """Measure once and print one line of JSON."""
    chosen = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen.add_argument("--answers", type=int, default=10_000)
    chosen.add_argument("--connections", type=int, default=48)
    chosen.add_argument("--daemon", action="store_true", help="palaute run with all its steps, instead of its pages alone")
    chosen.add_argument("--database", default="", help="URL of an empty PostgreSQL database; default: a new SQLite file")
    chosen.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = chosen.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        told = measure(arguments, Path(folder))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    good = told["post"]["per_second"] >= AIM_PER_SECOND and told["post"]["p99_ms"] <= AIM_P99 * 1000
    return 0 if good and not told["thanked_but_not_stored_once"] else 1


if __name__ == "__main__":
    sys.exit(main())
