"""Whatever is sent, the answer is a page that says so, and never a fault of ours."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web import conftest
from web import form

URLENCODED = "application/x-www-form-urlencoded"


def raw(place: conftest.Place, request: bytes) -> bytes:
    """Bytes to the pages' socket; the first line of what comes back."""
    address = urlsplit(place.pages.address)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as line:
        line.sendall(request)
        return line.recv(65536).split(b"\r\n")[0]


def test_a_body_that_is_too_large_is_refused(place: conftest.Place) -> None:
    page = place.post(f"/s/{place.ask()}", {"comment": "x" * 70_000, "value": "3"})
    assert page.status_code == 413
    assert "That was too much text" in page.text


def test_a_body_without_a_length_is_bounded_too(place: conftest.Place) -> None:
    page = place.post(f"/s/{place.ask()}", (b"comment=" + b"x" * 8192 for _ in range(10)), headers={"Content-Type": URLENCODED})
    assert page.status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/mixed; boundary=x", "nonsense", "a" * 5000])
def test_what_is_not_a_form_is_refused(place: conftest.Place, kind: str) -> None:
    page = place.post(f"/s/{place.ask()}", b"value=3", headers={"Content-Type": kind})
    assert page.status_code == 415
    assert "We could not read that" in page.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"value=3"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x; charset=utf-16", b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n--x--'),
        (URLENCODED, b"&".join(b"a%d=1" % number for number in range(100))),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(place: conftest.Place, kind: str, body: bytes) -> None:
    assert place.post(f"/s/{place.ask()}", body, headers={"Content-Type": kind}).status_code in (400, 422)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_odd_methods_are_not_allowed(place: conftest.Place, method: str) -> None:
    page = place.visitor.request(method, f"{place.pages.address}/s/{place.ask()}", timeout=10)
    assert page.status_code == 405
    assert "GET" in page.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/", "/s", "/s/", "/s//", "/nothing", "/s/%ff%fe", "/s/../../etc/passwd", "/static/", "/static/x"]
)
def test_unknown_paths_get_a_friendly_page(place: conftest.Place, path: str) -> None:
    page = place.get(path)
    assert page.status_code == 404
    assert "This link does not work" in page.text


def test_a_huge_query_is_refused(place: conftest.Place) -> None:
    assert place.get(f"/s/{place.ask()}?x=" + "y" * 20_000).status_code == 414


@pytest.mark.parametrize(
    "line", [b"GET /s/\xff\xfe\x00 HTTP/1.1", b"GET / HTTP/9.9", b"\x00\x01\x02", b"GET http://[ HTTP/1.1", b"GET * HTTP/1.1"]
)
def test_odd_request_lines_do_not_break_the_server(place: conftest.Place, line: bytes) -> None:
    first = raw(place, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert not first or first.split()[1][:1] == b"4"
    assert place.get("/healthz").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for_long(place: conftest.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "SLOWEST_BODY", 0.2)
    head = f"POST /s/{place.ask()} HTTP/1.1\r\nHost: x\r\nContent-Type: {URLENCODED}\r\nContent-Length: 100\r\n\r\nvalue="
    assert raw(place, head.encode()).split()[1] == b"408"


def test_what_a_customer_wrote_stays_text(place: conftest.Place) -> None:
    hostile = '"><script>alert(1)</script>{{ 7 * 7 }}'
    token = place.ask(subject=hostile)
    pages = [place.get(f"/s/{token}").text, place.get(f"/why/{token}").text, place.answer(token, "3", comment=hostile).text]
    pages.append(place.get(f"/s/{token}?change=1").text)
    for page in pages:
        assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in page
        assert "<script>" not in page


@pytest.mark.parametrize("value", ["11", "-1", "4.0", "٤", "4\x00", "four", " ", "9" * 5000, "0x4", "１"])
def test_a_value_off_the_scale_is_asked_again(place: conftest.Place, value: str) -> None:
    token = place.ask()
    page = place.answer(token, value)
    assert page.status_code == 422
    assert place.asked(token).value is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"a%00b", "ab"),
        (b"one%0D%0Atwo%0Dthree", "one\ntwo\nthree"),
        (b"%FF%FEx", "��x"),
        (b"%ED%A0%80", "���"),
        ("😀 \u202e".encode(), "😀 \u202e".strip()),
        (b"=1%2B1", "=1+1"),
    ],
)
def test_odd_comments_are_kept_readable(place: conftest.Place, sent: bytes, kept: str) -> None:
    token = place.ask()
    nonce = conftest.nonce_in(place.get(f"/s/{token}").text).encode()
    page = place.post(f"/s/{token}", b"nonce=" + nonce + b"&value=5&comment=" + sent, headers={"Content-Type": URLENCODED})
    assert page.status_code == 200
    assert place.asked(token).comment == kept


def test_no_post_is_answered_by_a_fault(make_place: Callable[..., conftest.Place]) -> None:
    place = make_place()
    token = place.ask()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        body=st.binary(max_size=400)
        | st.text(max_size=200).map(lambda text: f"value={text}&comment={text}&nonce={text}".encode()),
        kind=st.sampled_from([URLENCODED, "multipart/form-data; boundary=x", "text/plain"]),
        path=st.sampled_from([f"/s/{token}", f"/u/{token}", f"/s/{token}/thanks", "/s/" + "A" * 22]),
    )
    def post(body: bytes, kind: str, path: str) -> None:
        answer: requests.Response = place.post(path, body, headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500 or answer.status_code == 200

    post()
