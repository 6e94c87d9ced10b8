"""The pages' own server starts plainly, stops cleanly and says what hinders it."""

import logging
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest
import requests
import sqlalchemy as sa
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests import waiting
from tests.web import conftest
from web import app, line, server, settings


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged meanwhile, at every level."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    with structlog.testing.capture_logs() as captured:
        yield captured
    structlog.configure(wrapper_class=before)


def test_a_taken_port_is_said_plainly(place: conftest.Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        web = settings.WebSettings(listen=f"127.0.0.1:{port}")
        with pytest.raises(server.CannotListen, match=f"cannot listen on 127.0.0.1:{port}: another program listens there"):
            server.Pages(app.build(place.world.belt, web), web).start()


def test_a_foreign_address_is_said_plainly(place: conftest.Place) -> None:
    web = settings.WebSettings(listen="192.0.2.1:8080")
    with pytest.raises(server.CannotListen, match="this machine has no such address"):
        server.Pages(app.build(place.world.belt, web), web).start()


def test_signals_stay_with_the_main_thread(place: conftest.Place) -> None:
    assert place.get("/healthz").ok
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_stopping_twice_is_fine_and_nobody_answers_afterwards(place: conftest.Place) -> None:
    address = place.pages.address
    place.pages.stop()
    place.pages.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/healthz", timeout=5)


def test_stopping_lets_a_running_answer_finish_and_waits_for_no_idle_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "HEAD_SECONDS", 600)
    started = threading.Event()

    def slow(request: Request) -> PlainTextResponse:
        started.set()
        threading.Event().wait(0.5)
        return PlainTextResponse("finished")

    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example")
    pages = server.Pages(Starlette(routes=[Route("/slow", slow)]), web)
    pages.start()
    with futures.ThreadPoolExecutor(1) as people, socket.create_connection(("127.0.0.1", int(pages.address.rsplit(":", 1)[1]))):
        answer = people.submit(requests.get, f"{pages.address}/slow", timeout=10)
        assert started.wait(10)
        pages._server.config.timeout_graceful_shutdown = 600  # whoever waited for the idle line would wait for so long
        pages.stop()
        waiting.until(lambda: pages._thread is not None and not pages._thread.is_alive(), "the server ends")
        assert answer.result().text == "finished"


def test_there_is_no_address_before_the_start(place: conftest.Place) -> None:
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example")
    with pytest.raises(RuntimeError, match="before they are started"):
        _ = server.Pages(app.build(place.world.belt, web), web).address


def test_a_fault_of_ours_is_a_page_that_tells_nothing(place: conftest.Place, lines: list[Any]) -> None:
    token = place.ask()
    place.world.belt.store.close()
    with place.world.belt.store.engine.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE invitation RENAME TO elsewhere")
    lines.clear()
    page = place.get(f"/s/{token}")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert [line["event"] for line in lines] == ["page failed"]
    assert token not in page.text + str(lines)


def test_while_the_database_is_busy_a_page_says_when_to_come_again(place: conftest.Place) -> None:
    """Another process holds the database, and this one waits for it only shortly."""
    token = place.ask()
    held = sqlite3.connect(place.world.folder / "palaute.db", isolation_level=None)
    engine = place.world.belt.store.engine
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=1"), insert=True)
    nonce = conftest.nonce_in(place.get(f"/s/{token}").text)
    place.world.belt.writer.submit(lambda tx: None)
    held.execute("BEGIN IMMEDIATE")
    form = {"nonce": nonce, "value": "4", "comment": "", "more": ""}
    busy = place.post(f"/s/{token}", form, allow_redirects=False)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
    assert "Please try again" in busy.text
    held.close()
    assert place.post(f"/s/{token}", form, allow_redirects=False).status_code == 303
    assert place.asked(token).value == 4
