"""The ground on which bad input is tried: real pages with answers behind them, which must be there unchanged afterwards.

``PALAUTE_FUZZ=20`` tries twenty times as much as in CI.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from store import answers
from tests.web import conftest
from web import app, server, settings

MORE = int(os.environ.get("PALAUTE_FUZZ", "1"))
PARAMETERS = {"token": "AAAAAAAAAAAAAAAAAAAAAA"}


class Ground:
    """Pages, some answers that were given before, and a look whether all is still well."""

    def __init__(self, folder: Path) -> None:
        self.place = conftest.Place(folder, "nps", "en")
        self.place.pages.stop()
        web = settings.WebSettings.model_validate(
            {"listen": "127.0.0.1:0", "public_url": "http://survey.example", "limits": {"per_link": "1000000 per 1s"}}
        )
        self.place.pages = server.Pages(app.build(self.place.world.belt, web), web)
        self.place.pages.start()
        self.given = {self.place.ask(): value for value in (0, 7, 10)}
        for token, value in self.given.items():
            self.place.answer(token, str(value), comment=f"comment {value}")
        self.open = self.place.ask()
        """The token of a question that is not answered."""
        self._before = self._stored()
        where = urlsplit(self.place.pages.address)
        self.where = (str(where.hostname), int(where.port or 0))

    def _stored(self) -> list[Any]:
        with self.place.world.belt.store.read() as tx:
            return list(tx.execute(sa.select(answers.ANSWER).where(answers.ANSWER.c.comment.like("comment %"))))

    def assert_well(self, log: list[Any]) -> None:
        """What was stored is unchanged, nothing failed, and an ordinary answer still goes through."""
        assert [line for line in log if line["event"] == "page failed"] == []
        assert self._stored() == self._before
        token = self.place.ask()
        page = self.place.answer(token, "9", comment="an ordinary one")
        assert page.status_code == 200
        assert page.url.endswith("/thanks")
        assert self.place.asked(token).value == 9

    def send(self, *parts: bytes, end: bool = True) -> bytes:
        """These bytes over a line of their own; what came back until the far end closed."""
        with socket.create_connection(self.where, timeout=10) as line:
            came = b""
            try:
                for part in parts:
                    line.sendall(part)
                if end:
                    line.shutdown(socket.SHUT_WR)
                while some := line.recv(65536):
                    came += some
            except OSError:
                return came
            return came

    @staticmethod
    def paths() -> list[str]:
        """Every address that the pages have, with something made up for its parameters."""
        return sorted({filled(path.path) for path in app.ROUTES})


def filled(path: str, **values: str) -> str:
    """A route with its parameters filled in."""
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        path = path.replace("{" + name + "}", values.get(name.partition(":")[0], PARAMETERS["token"]))
    return path


@contextmanager
def watched(ground: Ground) -> Iterator[None]:
    """Afterwards all is well."""
    with structlog.testing.capture_logs() as log:
        yield
    ground.assert_well(log)


def statuses(came: bytes) -> list[int]:
    """The statuses of all answers in what came back."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", came)]
