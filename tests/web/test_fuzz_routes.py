"""Every address of the pages, as the application itself lists them, under input that nobody's browser sends.

One run is a description of the routes in OpenAPI, made here and served nowhere, that schemathesis works through.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web import conftest, fuzzing
from web import app

ROUTES = sorted({path.path for path in app.ROUTES})
POSTS = sorted({path.path for path in app.ROUTES if path.post is not None})
URLENCODED = "application/x-www-form-urlencoded"
_FIELDS = ("nonce", "value", "comment", "more", "change", "automated", "List-Unsubscribe", "v", "lang")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.Ground]:
    """One ground for all that is tried here."""
    opened = fuzzing.Ground(tmp_path_factory.mktemp("routes"))
    yield opened
    opened.place.close()


def assert_no_fault(path: str, status: int) -> None:
    """``/readyz`` alone may say 503: that is its answer."""
    assert status < 500 or (path.startswith("/readyz") and status == 503), (path, status)


TRICKS = [
    *("..%2f..%2fetc%2fpasswd", "%2e%2e", "%00", "x%00", "%252e%252e%252f", "%ff%fe", "%u0041", "..;", "a" * 5000),
    *("%0d%0aX:%20y", "'%20OR%201=1--", "${jndi:ldap://x}", "%E2%80%AE", "AAAAAAAAAAAAAAAAAAAAA%C3%84", "%", "?", "#"),
    *(".", "-", "~" * 22),
]


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route])
def test_tricks_with_a_path_lead_nowhere(ground: fuzzing.Ground, route: str) -> None:
    head, _, tail = fuzzing.filled(route, token="\x00").partition("\x00")
    for trick, method in itertools.product(TRICKS, (b"GET", b"POST")):
        kind = f"Content-Type: {URLENCODED}\r\nContent-Length: 7\r\n"
        request = method + f" {head}{trick}{tail} HTTP/1.1\r\nHost: x\r\n{kind}Connection: close\r\n\r\nvalue=3".encode()
        found = fuzzing.statuses(ground.send(request))
        assert all(status in range(300, 500) for status in found), trick


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_every_method_on_every_address_is_answered_plainly(ground: fuzzing.Ground, route: str, method: str) -> None:
    path = fuzzing.filled(route)
    for token in (fuzzing.PARAMETERS["token"], ground.open):
        here = fuzzing.filled(route, token=token)
        answer = ground.place.visitor.request(method, ground.place.pages.address + here, timeout=10, allow_redirects=False)
        assert_no_fault(path, answer.status_code)


KINDS = [
    "application/json",
    "text/xml",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    URLENCODED,
    "",
    'a/b; c="',
    "\xff",
]


@pytest.mark.parametrize("route", POSTS)
def test_bodies_that_are_no_forms_or_too_large_are_refused(ground: fuzzing.Ground, route: str) -> None:
    address = ground.place.pages.address + fuzzing.filled(route, token=ground.open)
    bodies = [
        b"",
        b"{}",
        b"[" * 50_000,
        b"\xff" * 100,
        b"&" * 60_000,
        b"a=1&" * 16_000,
        b"x" * 70_000,
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    ]
    for kind, body in itertools.product(KINDS, bodies):
        answer = ground.place.visitor.post(address, body, headers={"Content-Type": kind}, timeout=10, allow_redirects=False)
        assert_no_fault(route, answer.status_code)
        assert len(body) < 65_537 or answer.status_code in (401, 403, 404, 405, 413, 415, 429)


def test_made_up_altered_and_expired_links_change_nothing(ground: fuzzing.Ground) -> None:
    token = next(iter(ground.given))
    forged = [token[:-1], token + "A", token.swapcase(), token[::-1], "A" * 22, "_" * 100, token.replace(token[0], "B")]
    nonce = conftest.nonce_in(ground.place.get(f"/s/{ground.open}").text)
    with fuzzing.watched(ground):
        for one in forged:
            for route in ("/s/{token}", "/s/{token}/thanks", "/why/{token}", "/u/{token}"):
                assert ground.place.get(fuzzing.filled(route, token=one)).status_code == 404
            assert ground.place.post(f"/s/{one}", {"nonce": nonce, "value": "1"}).status_code == 404
        strange = ground.place.post(f"/s/{token}", {"nonce": nonce, "value": "1", "change": "1"}, allow_redirects=False)
        assert strange.status_code == 422, "a form of one link sends off no other"


values = st.text(max_size=60) | st.sampled_from(
    ["", "3", "10", "11", "-1", "1e3", "３", "true", "One-Click", "=1+1", "<b>", "\x00", "\ud800"]
)


def test_no_form_whatever_stands_in_it_gets_a_fault(ground: fuzzing.Ground) -> None:
    @settings(max_examples=80 * fuzzing.MORE, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        route=st.sampled_from(POSTS),
        fields=st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=8), values, max_size=8),
        fresh=st.booleans(),
        language=st.sampled_from(["", "fi", "xx", "fi-FI-x-ä", "*;q=9", "en" * 500]),
    )
    def post(route: str, fields: dict[str, str], fresh: bool, language: str) -> None:
        if fresh:
            page = ground.place.get(f"/s/{ground.open}", headers={"Accept-Language": ""})
            if page.status_code == 200 and "nonce" in page.text:
                fields = {**fields, "nonce": conftest.nonce_in(page.text)}
        body = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields.items())
        headers = {"Content-Type": URLENCODED, "Accept-Language": language.encode("latin-1", "replace").decode("latin-1")}
        path = fuzzing.filled(route, token=ground.open)
        answer = ground.place.post(path, body, headers=headers, allow_redirects=False)
        assert_no_fault(path, answer.status_code)

    with fuzzing.watched(ground):
        post()


def quoted(text: str) -> str:
    """Percent encoding of the bytes, of half a surrogate pair too."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def description() -> dict[str, Any]:
    """The routes in OpenAPI, with more kinds of input than any page wants."""
    text = {"schema": {"type": "string", "maxLength": 80}}
    form = {"schema": {"type": "object", "properties": {name: {"type": "string"} for name in _FIELDS}}}
    paths: dict[str, Any] = {}
    for path in app.ROUTES:
        inside = [part.split("}")[0] for part in path.path.split("{")[1:]]
        parameters = [{"name": name, "in": "path", "required": True, **text} for name in inside]
        parameters += [{"name": name, "in": "query", **text} for name in ("v", "lang", "change", "checked", "u", "s")]
        parameters += [
            {"name": name, "in": "header", **text} for name in ("User-Agent", "Accept-Language", "X-Forwarded-For", "Origin")
        ]
        answers = {"responses": {"default": {"description": "any"}}}
        kinds = dict.fromkeys((URLENCODED, "multipart/form-data", "application/json"), form)
        known = paths.setdefault(path.path.replace(":path", ""), {})
        if path.get is not None:
            known["get"] = {"parameters": parameters, **answers}
        if path.post is not None:
            known["post"] = {"parameters": parameters, "requestBody": {"content": kinds}, **answers}
    return {"openapi": "3.1.0", "info": {"title": "pages", "version": "1"}, "paths": paths}


@pytest.mark.timeout(600)
def test_schemathesis_finds_no_fault(ground: fuzzing.Ground) -> None:
    schema = schemathesis.openapi.from_dict(description())
    with fuzzing.watched(ground):
        for operation in schema.get_all_operations():
            assert isinstance(operation, schemathesis.core.result.Ok)
            work_through(ground, operation.ok())


def work_through(ground: fuzzing.Ground, operation: Any) -> None:
    """Requests as the description has them, and such as it forbids."""
    modes = list(schemathesis.GenerationMode)

    @settings(max_examples=4 * fuzzing.MORE, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]))
    def call(case: Any) -> None:
        answer = case.call(base_url=ground.place.pages.address, timeout=10, allow_redirects=False)
        assert_no_fault(case.path, answer.status_code)

    call()
