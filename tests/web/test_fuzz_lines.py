"""Bytes that are no HTTP, or hardly: whatever comes over a line, nobody gets a fault of ours and nothing is lost."""

import random
import socket
import time
from collections.abc import Iterator

import pytest

from tests.web import conftest, fuzzing
from web import line

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.Ground]:
    """One ground for all that is tried here."""
    opened = fuzzing.Ground(tmp_path_factory.mktemp("lines"))
    yield opened
    opened.place.close()


def post(token: str, head: str, body: bytes = b"value=3") -> bytes:
    return f"POST /s/{token} HTTP/1.1\r\nHost: x\r\n{FORM}{head}\r\n".encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked\r\n"
ODD = {
    "nothing": b"",
    "line ends alone": b"\r\n" * 2000,
    "zeros": b"\x00" * 70_000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SOCKS": b"\x05\x01\x00",
    "no version": b"GET /healthz\r\n\r\n",
    "long method": b"A" * 70_000 + b" / HTTP/1.1\r\n\r\n",
    "long address": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
    "folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "header without colon": b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n",
    "header with zero": b"GET /healthz HTTP/1.1\r\nHost: x\x00y\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
    "upgrade": b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "upgrade to HTTP/2": b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
    "connect": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "foreign address": b"GET http://example.com/s/x HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
    "expectation": b"POST /s/AAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_request_is_refused_or_answered_plainly(ground: fuzzing.Ground, name: str) -> None:
    came = fuzzing.statuses(ground.send(ODD[name]))
    assert all(status < 500 for status in came)
    assert ground.place.get("/healthz").status_code == 200


BODIES = {
    "shorter than said": ("Content-Length: 500\r\n", b"value=3"),
    "longer than said": ("Content-Length: 3\r\n", b"value=3&comment=" + b"x" * 500),
    "a negative length": ("Content-Length: -1\r\n", b"value=3"),
    "a length that is none": ("Content-Length: seven\r\n", b"value=3"),
    "an endless length": ("Content-Length: " + "9" * 40 + "\r\n", b"value=3"),
    "two lengths": ("Content-Length: 7\r\nContent-Length: 9\r\n", b"value=3"),
    "a list of lengths": ("Content-Length: 7, 7\r\n", b"value=3"),
    "a length and chunks": ("Content-Length: 7\r\n" + CHUNKED, b"7\r\nvalue=3\r\n0\r\n\r\n"),
    "chunks twice": (CHUNKED * 2, b"7\r\nvalue=3\r\n0\r\n\r\n"),
    "chunks in disguise": ("Transfer-Encoding: xchunked\r\n", b"7\r\nvalue=3\r\n0\r\n\r\n"),
    "chunks with a tab": ("Transfer-Encoding:\tchunked\r\n", b"7\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk without a size": (CHUNKED, b"\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk of a size that is none": (CHUNKED, b"xyz\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk of an endless size": (CHUNKED, b"f" * 40 + b"\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk of a negative size": (CHUNKED, b"-7\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk longer than said": (CHUNKED, b"2\r\nvalue=3\r\n0\r\n\r\n"),
    "a chunk with extensions": (CHUNKED, b"7;" + b"a=b;" * 9000 + b"\r\nvalue=3\r\n0\r\n\r\n"),
    "chunks with trailers": (CHUNKED, b"7\r\nvalue=3\r\n0\r\nContent-Length: 5\r\nX: y\r\n\r\n"),
    "chunks without an end": (CHUNKED, b"7\r\nvalue=3\r\n"),
    "very many small chunks": (CHUNKED, b"1\r\nx\r\n" * 70_000 + b"0\r\n\r\n"),
    "compressed": ("Content-Encoding: gzip\r\nContent-Length: 4\r\n", b"\x1f\x8b\x08\x00"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_not_as_said_stores_nothing(ground: fuzzing.Ground, name: str) -> None:
    head, body = BODIES[name]
    came = fuzzing.statuses(ground.send(post(ground.open, head, body)))
    assert all(400 <= status < 500 for status in came)
    assert ground.place.asked(ground.open).value is None


def test_a_request_smuggled_behind_another_is_one_of_its_own(ground: fuzzing.Ground) -> None:
    inner = b"GET /s/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\n\r\n"
    came = ground.send(post(ground.open, f"Content-Length: {len(inner)}\r\n", inner))
    assert len(fuzzing.statuses(came)) <= 1


def test_many_requests_at_once_on_one_line_are_answered_in_their_order(ground: fuzzing.Ground) -> None:
    asked = [path for path in ("/healthz", "/nothing", "/privacy", "/healthz", "/static/page.css") for _ in range(6)]
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    came = ground.send(b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in asked), last, end=False)
    assert fuzzing.statuses(came) == [404 if path == "/nothing" else 200 for path in asked] + [200]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads must come within moments."""
    monkeypatch.setattr(line, "HEAD_SECONDS", 0.4)


SLOW = [b"", b"GET", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"]


@pytest.mark.usefixtures("hurried")
def test_lines_that_dawdle_are_closed_and_keep_nobody_out(ground: fuzzing.Ground) -> None:
    lines = [socket.create_connection(ground.where, timeout=20) for _ in range(40)]
    for number, one in enumerate(lines):
        one.sendall(SLOW[number % len(SLOW)])
    assert ground.place.get("/healthz").status_code == 200
    for one in lines:
        with one:
            while one.recv(65536):
                continue


@pytest.mark.usefixtures("hurried")
def test_a_head_that_comes_byte_by_byte_is_not_waited_for(ground: fuzzing.Ground) -> None:
    def dribble(one: socket.socket) -> None:
        for byte in b"GET /healthz HTTP/1.1\r\nX-Long: " + b"a" * 1000:
            one.sendall(bytes([byte]))
            time.sleep(0.02)

    with socket.create_connection(ground.where, timeout=20) as one, pytest.raises(ConnectionError):
        dribble(one)


def test_a_head_without_an_end_is_cut_off_at_its_bound(ground: fuzzing.Ground) -> None:
    with socket.create_connection(ground.where, timeout=20) as one:
        sent = 0
        try:
            one.sendall(b"GET /healthz HTTP/1.1\r\n")
            while sent < _MORE_THAN_BUFFERS_HOLD:
                sent += 1
                one.sendall(b"X-More: " + b"a" * 100_000 + b"\r\n")
        except ConnectionError:
            pass
    assert sent < _MORE_THAN_BUFFERS_HOLD


_MORE_THAN_BUFFERS_HOLD = 500
"""Lines of 100 kB: 50 MB, of which the two sockets' buffers take a few before the far end reads any."""


def test_requests_with_changed_bytes_lose_nothing(ground: fuzzing.Ground) -> None:
    chance = random.Random(20261121)
    with fuzzing.watched(ground):
        for _ in range(250 * fuzzing.MORE):
            token = chance.choice([*ground.given, ground.open])
            nonce = conftest.nonce_in(ground.place.get(f"/s/{ground.open}").text) if chance.random() < 0.05 else "x.1.a.y"
            body = f"nonce={nonce}&value=3&comment=x&more=".encode()
            whole = bytearray(post(token, f"Content-Length: {len(body)}\r\nConnection: close\r\n", body))
            for _ in range(chance.randint(1, 6)):
                _change(whole, chance)
            cut = chance.randint(0, len(whole))
            came = ground.send(bytes(whole[:cut]), bytes(whole[cut:]))
            assert all(status < 500 for status in fuzzing.statuses(came)), bytes(whole)


def _change(whole: bytearray, chance: random.Random) -> None:
    """Put in, take out, or change some bytes."""
    place = chance.randrange(len(whole) + 1)
    match chance.randrange(4):
        case 0:
            whole[place:place] = chance.choice(
                [b"\r\n", b"\x00", b"%00", b"%", b"\xff\xfe", b"&" * 50, b": ", b" ", b"\r", b"\n\n"]
            )
        case 1:
            del whole[place : place + chance.randint(1, 8)]
        case 2:
            whole[place : place + 1] = bytes([chance.randrange(256)])
        case _:
            whole[place:place] = whole[place : place + chance.randint(1, 40)]
