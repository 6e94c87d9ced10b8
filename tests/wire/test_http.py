"""Sessions keep their promises in company networks and with servers that misbehave."""

import gc
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from tests import waiting
from tests.wire.rogue import Rogue, answer
from wire import errors, http, retry


def session(rogue: Rogue, **changed: object) -> http.Session:
    return http.Session(http.Network(**{"ca": rogue.ca, "timeout": 5.0, **changed}))  # type: ignore[arg-type]


def test_our_own_certificate_authority_is_trusted(rogue: Rogue) -> None:
    rogue.handle = answer(body=b'{"a": 1}')
    assert session(rogue).get(rogue.url).json() == {"a": 1}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_our_own_certificate_authority_wins_over_the_environments(
    rogue: Rogue, variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_text("not a certificate")
    monkeypatch.setenv(variable, str(other))
    rogue.handle = answer()
    assert session(rogue).get(rogue.url).status_code == 200


def test_a_certificate_that_cannot_be_trusted_needs_a_person(rogue: Rogue) -> None:
    with pytest.raises(errors.NeedsPerson) as refused:
        session(rogue, ca=None).get(rogue.url)
    assert "ca" in refused.value.remedy


def test_a_name_that_is_not_in_the_certificate_needs_a_person(rogue: Rogue) -> None:
    with pytest.raises(errors.NeedsPerson):
        session(rogue).get(rogue.url.replace("localhost", "127.0.0.1"))


def test_a_line_cut_within_the_handshake_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with pytest.raises(retry.Brief):
            http.Session(http.Network(timeout=3)).get(f"https://127.0.0.1:{listener.getsockname()[1]}")


def test_a_ca_file_that_has_gone_needs_a_person(rogue: Rogue, tmp_path: Path) -> None:
    with pytest.raises(errors.NeedsPerson):
        session(rogue, ca=tmp_path / "gone.pem").get(rogue.url)


def test_proxies_of_the_environment_are_not_used(rogue: Rogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    rogue.handle = answer()
    assert session(rogue).get(rogue.url).status_code == 200


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that leads through with CONNECT, and what it was asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            return

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            head = client.recv(65536)
            asked.append(head.split(b"\r\n")[0])
            host, port = head.split(b" ")[1].rsplit(b":", 1)
            server = socket.create_connection((host.decode(), int(port)))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    listener.close()


def test_the_proxy_of_the_settings_is_used(rogue: Rogue, proxy: tuple[str, list[bytes]]) -> None:
    rogue.handle = answer()
    assert session(rogue, proxy=proxy[0]).get(rogue.url).status_code == 200
    assert proxy[1][0].startswith(b"CONNECT localhost:")


def test_a_proxy_that_is_not_there_is_named(rogue: Rogue) -> None:
    with pytest.raises(errors.Later, match="proxy"):
        session(rogue, proxy="http://127.0.0.1:9").get(rogue.url)


def test_a_redirect_to_another_host_is_refused_and_the_token_stays(rogue: Rogue) -> None:
    rogue.handle = answer(302, Location="https://evil.example/take")
    with pytest.raises(errors.Later, match=r"evil\.example"):
        session(rogue).get(rogue.url, headers={"Authorization": "Bearer secret"})
    assert len(rogue.seen) == 1


def test_a_redirect_within_the_host_is_refused_too(rogue: Rogue) -> None:
    rogue.handle = answer(307, Location="/elsewhere")
    with pytest.raises(errors.Later):
        session(rogue).get(rogue.url)
    assert len(rogue.seen) == 1


def test_a_body_that_is_too_large_is_not_read_to_its_end(rogue: Rogue) -> None:
    sent: list[int] = []
    hung_up = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(5 * 1024**3))
        handler.end_headers()
        try:
            for _ in range(5 * 1024):
                handler.wfile.write(b" " * 1024**2)
                sent.append(1)
        except OSError:
            hung_up.set()

    rogue.handle = endless
    with pytest.raises(errors.Later, match="largest_answer"):
        session(rogue, largest_answer=2 * 1024**2).get(rogue.url)
    assert hung_up.wait(waiting.PATIENCE)
    assert len(sent) < 50


def test_a_small_body_that_unpacks_to_a_huge_one_is_not_read_to_its_end(rogue: Rogue) -> None:
    rogue.handle = answer(body=gzip.compress(b" " * 50 * 1024**2), Content_Encoding="gzip")
    with pytest.raises(errors.Later, match="largest_answer"):
        session(rogue, largest_answer=1024**2).get(rogue.url)


@pytest.mark.timeout(60)
def test_a_server_that_does_not_answer_is_given_up(rogue: Rogue) -> None:
    over = threading.Event()

    def dumb(handler: BaseHTTPRequestHandler) -> None:
        over.wait(2 * waiting.PATIENCE)

    rogue.handle = dumb
    with pytest.raises(errors.Later, match="timeout") as given_up:
        session(rogue, timeout=0.3).get(rogue.url)
    over.set()
    assert not isinstance(given_up.value, retry.Brief)


@pytest.mark.timeout(60)
def test_a_server_that_falls_silent_within_the_body_is_given_up(rogue: Rogue) -> None:
    over = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        answer(length="1000")(handler)
        handler.wfile.flush()
        over.wait(2 * waiting.PATIENCE)

    rogue.handle = silent
    with pytest.raises(errors.Later, match="timeout") as given_up:
        session(rogue, timeout=0.3).get(rogue.url)
    over.set()
    assert not isinstance(given_up.value, retry.Brief)


@pytest.mark.timeout(60)
def test_a_body_that_drips_for_ever_is_given_up(rogue: Rogue) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        answer(length="100000")(handler)
        try:
            while not over.wait(0.05):
                handler.wfile.write(b" ")
        except OSError:
            return

    rogue.handle = drip
    with pytest.raises(errors.Later):
        session(rogue, timeout=0.2).get(rogue.url)
    over.set()


def test_an_answer_that_breaks_off_is_worth_another_try(rogue: Rogue) -> None:
    rogue.handle = answer(length="1000")
    with pytest.raises(retry.Brief):
        session(rogue).get(rogue.url)


def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(retry.Brief):
        http.Session(http.Network(timeout=1.0)).get("https://127.0.0.1:9")


def test_an_error_names_neither_the_query_nor_the_token(rogue: Rogue) -> None:
    rogue.handle = answer(length="1000")
    with pytest.raises(errors.OutsideError) as broken:
        session(rogue).get(f"{rogue.url}/query?q=aino@posti.example", headers={"Authorization": "Bearer secret"})
    assert "aino" not in str(broken.value)
    assert "secret" not in repr(broken.value)
    assert broken.value.__cause__ is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "raised"),
    [
        (200, b"<html>Please sign on</html>", "text/html; charset=utf-8", errors.Later),
        (200, b"{}", "text/plain", errors.Later),
        (503, b"<html>Maintenance</html>", "text/html", retry.Brief),
        (502, b"", "text/html", retry.Brief),
    ],
)
def test_a_wrong_content_type_is_told_in_one_line(
    rogue: Rogue, status: int, body: bytes, kind: str, raised: type[errors.OutsideError]
) -> None:
    rogue.handle = answer(status, body, kind)
    response = session(rogue).get(rogue.url)
    with pytest.raises(raised) as refused:
        http.require_type(response, "acme")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("status", "body"), [(200, b"{}"), (204, b""), (400, b"[]")])
def test_a_right_content_type_passes(rogue: Rogue, status: int, body: bytes) -> None:
    rogue.handle = answer(status, body, "Application/JSON;charset=UTF-8")
    http.require_type(session(rogue).get(rogue.url), "acme")


@pytest.mark.parametrize("body", [b'{"a": [1, 2', b"", b"<html>", b"[" * 100_000, b"\xff\xfe\x00"])
def test_what_is_not_json_is_later(body: bytes) -> None:
    gc.collect()  # what other tests left is not cleared up in the depth of a recursion, where pytest could not tell of it
    with pytest.raises(errors.Later):
        http.parse_json(body, "acme")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


@hypothesis.given(_JSON, st.booleans())
def test_json_is_read_as_python_reads_it(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert http.parse_json(body, "acme") == json.loads(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\xef\xbb\xbf{}", {}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        (b'"\\ud83d"', "\ud83d"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"1e400", float("inf")),
        (b"[" * 300 + b"]" * 300, json.loads("[" * 300 + "]" * 300)),
    ],
)
def test_json_that_is_odd_is_read_all_the_same(body: bytes, value: object) -> None:
    assert http.parse_json(body, "acme") == value


def test_the_servers_clock_is_that_of_its_date_less_the_time_it_took(rogue: Rogue) -> None:
    date = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)

    def late(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        handler.send_response_only(200)
        handler.send_header("Date", format_datetime(date, usegmt=True))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    rogue.handle = late
    asked = time.monotonic()
    clock = http.server_clock(session(rogue).get(rogue.url))
    assert timedelta(seconds=0.2) <= date - clock <= timedelta(seconds=time.monotonic() - asked)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_date_is_later(rogue: Rogue, date: str) -> None:
    def dateless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(200)
        if date:
            handler.send_header("Date", date)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    rogue.handle = dateless
    with pytest.raises(errors.Later, match="Date"):
        http.server_clock(session(rogue).get(rogue.url))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert http.retry_after(headers) == seconds
