"""Durable answers a second: ``python -m bench.answers [--answers N] [--connections N] [--daemon] [--postgresql]``.

A store with N open invitations; the pages served by a process of their own, put together as the daemon does it (``--daemon``: the
whole daemon); a load generator in a second process on the same machine. Each answer is the real form with the nonce of its own
page, posted over one of the kept connections; fetching the pages is measured apart. Afterwards the database is asked: every
thanked answer is there exactly once, or the bench fails. Exit status 1 below the aim.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import filled, pages, postgresql
from store import answers, database, messages

AIM_PER_SECOND, AIM_P99 = 2000, 0.150
_READING = 8.0
"""Seconds between the last page and the first post: people read before they answer, and what is faster looks like a machine."""


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


def measure(arguments: argparse.Namespace, folder: Path, url: str) -> dict[str, Any]:
    """Prepare, warm up, measure, verify."""
    warm = min(500, arguments.answers // 4)
    path, tokens = filled.prepare(folder, url, arguments.answers + warm)
    with pages.served(path, whole_daemon=arguments.daemon) as (pid, address):
        thanked = _answered(address, arguments.connections, tokens[:warm])
        used = pages.processor(pid)
        told = pages.sent(address, arguments.connections, [pages.get(token) for token in tokens[warm:]])
        fetching = _figures(told, pages.processor(pid) - used)
        requests = posts(tokens[warm:], told["bodies"])
        time.sleep(_READING)
        used = pages.processor(pid)
        posted = pages.sent(address, arguments.connections, requests)
        posting = _figures(posted, pages.processor(pid) - used)
        thanked |= _thanked(tokens[warm:], posted["statuses"])
    lost = missing(url, thanked)
    return {
        "connections": arguments.connections,
        "server": "whole daemon" if arguments.daemon else "pages alone",
        "database": "PostgreSQL" if arguments.postgresql else "SQLite",
        "get": fetching.as_dict(),
        "post": posting.as_dict(),
        "refused": sum(status != 303 for status in posted["statuses"]),
        "thanked": len(thanked),
        "thanked_but_not_stored_once": len(lost),
    }


def _answered(address: str, connections: int, tokens: Sequence[str]) -> dict[str, tuple[int, str]]:
    """These are fetched, read and answered; what was thanked."""
    shown = pages.sent(address, connections, [pages.get(token) for token in tokens])["bodies"]
    time.sleep(_READING)
    return _thanked(tokens, pages.sent(address, connections, posts(tokens, shown))["statuses"])


def posts(tokens: Sequence[str], shown: Sequence[str]) -> list[bytes]:
    """The answers to these pages of these tokens."""
    return [pages.post(token, page, number) for number, (token, page) in enumerate(zip(tokens, shown, strict=True))]


def _thanked(tokens: Sequence[str], statuses: Sequence[int]) -> dict[str, tuple[int, str]]:
    return {
        token: (number % 11, pages.comment(number))
        for number, (token, status) in enumerate(zip(tokens, statuses, strict=True))
        if status == 303
    }


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
    chosen.add_argument("--postgresql", action="store_true", help="on a PostgreSQL that is started for it, instead of SQLite")
    arguments = chosen.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sqlite = nullcontext(f"sqlite:///{Path(folder) / 'palaute.db'}")
        with postgresql.started() if arguments.postgresql else sqlite as url:
            told = measure(arguments, Path(folder), url)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    good = told["post"]["per_second"] >= AIM_PER_SECOND and told["post"]["p99_ms"] <= AIM_P99 * 1000
    return 0 if good and not told["thanked_but_not_stored_once"] else 1


if __name__ == "__main__":
    sys.exit(main())
