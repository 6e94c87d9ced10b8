"""The SMS gateway's stand-in takes messages and misbehaves as told."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from sandbox import sms_parts, sms_reports
from tests.sandbox.conftest import Box

MESSAGE = {"to": "+358450000001", "from": "Havu", "text": "Hei 😊 http://127.0.0.1/s/x"}


def send(box: Box, **changes: Any) -> requests.Response:
    return requests.post(f"{box.addresses.sms['url']}/messages", json={**MESSAGE, **changes}, timeout=10)


def test_a_message_is_kept_and_has_an_id(box: Box) -> None:
    answer = send(box)
    assert answer.status_code == 201
    [kept] = box.get("/sms")
    assert kept["id"] == answer.json()["id"]
    assert {name: kept[name] for name in MESSAGE} == MESSAGE


def test_the_same_key_is_kept_once(box: Box) -> None:
    first, second, other = send(box, idempotency_key="a"), send(box, idempotency_key="a"), send(box, idempotency_key="b")
    assert first.json() == second.json() != other.json()
    assert box.get("/counters")["sms"] == 2


@pytest.mark.parametrize("changes", [{"to": "0451234567"}, {"to": None}, {"text": ""}, {"from": 7}])
def test_nonsense_is_refused(box: Box, changes: dict[str, Any]) -> None:
    assert send(box, **changes).status_code == 400
    assert box.get("/sms") == []


@pytest.mark.parametrize(("kind", "status"), [("defer", 503), ("rate_limit", 429), ("server_error", 500), ("reject", 422)])
def test_a_fault_answers_its_status_once(box: Box, kind: str, status: int) -> None:
    box.post("/faults", crm="sms", kind=kind)
    assert [send(box).status_code, send(box).status_code] == [status, 201]


@pytest.mark.parametrize(("kind", "kept"), [("timeout", 0), ("drop_after_data", 1)])
def test_the_line_breaks_before_or_after_the_message_is_taken(box: Box, kind: str, kept: int) -> None:
    box.post("/faults", crm="sms", kind=kind, count=1, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        send(box)
    assert len(box.get("/sms")) == kept


class Listener:
    """Where the gateway's customer is told things."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def listener(box: Box) -> Iterator[Listener]:
    made = Listener()
    before = box.post("/sms")
    box.post("/sms", reports_to=f"{made.url}/status", inbound_to=f"{made.url}/inbound")
    yield made
    box.post("/sms", **before)
    made.server.shutdown()
    made.server.server_close()


def twilio(box: Box, *, auth: tuple[str, str] | None = None, **changes: str) -> requests.Response:
    given = box.addresses.sms
    form = {"To": "+358450000001", "From": "+358457300000", "Body": "Hei", **changes}
    address = f"{given['url']}/2010-04-01/Accounts/{given['account_sid']}/Messages.json"
    return requests.post(address, data=form, auth=auth or (given["account_sid"], given["auth_token"]), timeout=10)


def test_a_wrong_token_is_refused_and_the_right_one_reads_the_account(box: Box) -> None:
    address = box.addresses.sms["url"]
    right = {"Authorization": f"Bearer {box.addresses.sms['token']}"}
    assert (
        requests.post(f"{address}/messages", json=MESSAGE, headers={"Authorization": "Bearer no"}, timeout=10).status_code == 401
    )
    assert requests.post(f"{address}/messages", json=MESSAGE, headers=right, timeout=10).status_code == 201
    assert requests.get(f"{address}/account", timeout=10).status_code == 401
    assert requests.get(f"{address}/account", headers=right, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 152, 2),
        ("€" * 153, 3),
    ],
)
def test_the_gsm_alphabet_packs_160_then_153_to_a_message(text: str, parts: int) -> None:
    assert sms_parts.count(text) == parts


@pytest.mark.parametrize(("text", "parts"), [("ő" * 70, 1), ("ő" * 71, 2), ("ő" * 134, 2), ("😊" * 35, 1), ("😊" * 67, 3)])
def test_anything_else_packs_70_then_67_units(text: str, parts: int) -> None:
    assert sms_parts.count(text) == parts


def test_the_parts_of_a_message_are_shown(box: Box) -> None:
    send(box, text="x" * 200)
    assert [one["parts"] for one in box.get("/sms")] == [2]


def test_a_delivery_is_reported_with_the_secret(box: Box, listener: Listener) -> None:
    taken = send(box).json()["id"]
    [call] = [one for one in box.get("/sms/reports") if one["told"].get("id") == taken]
    assert call["told"] == {"id": taken, "status": "delivered"}
    [(path, headers)] = [(path, headers) for path, headers, body in listener.heard if f'"{taken}"'.encode() in body]
    assert (path, headers["authorization"]) == ("/status", f"Bearer {box.addresses.sms['hook_secret']}")


def test_a_text_that_did_not_arrive_is_reported_with_its_code(box: Box, listener: Listener) -> None:
    box.post("/faults", crm="sms", kind="undelivered", count=1, code="30003")
    taken = send(box).json()["id"]
    told = [one["told"] for one in box.get("/sms/reports") if one["told"].get("id") == taken]
    assert told == [{"id": taken, "status": "undelivered", "code": "30003"}]


def test_people_answer_by_text(box: Box, listener: Listener) -> None:
    send(box)
    done = box.post("/people", do="text", to="+358450000001", text="SEIS")
    assert done["text"] == [{"to": "+358450000001"}]
    assert any(path == "/inbound" and b"SEIS" in body for path, _, body in listener.heard)


def test_who_got_no_text_has_nothing_to_answer(box: Box) -> None:
    assert box.post("/people", do="text", to="+358450000099")["failed"][0]["reason"] == "got no text"


def test_twilio_takes_a_form_and_answers_with_the_message(box: Box) -> None:
    answer = twilio(box)
    told = answer.json()
    assert (answer.status_code, told["status"], told["num_segments"], told["error_code"]) == (201, "queued", "1", None)
    assert told["sid"].startswith("SM")
    assert len(told["sid"]) == 34
    assert box.get("/sms")[0]["id"] == told["sid"]


def test_twilio_keeps_the_same_text_twice(box: Box) -> None:
    assert twilio(box).json()["sid"] != twilio(box).json()["sid"]
    assert len(box.get("/sms")) == 2


@pytest.mark.parametrize(
    ("changes", "code"), [({"To": ""}, 21604), ({"To": "0451234567"}, 21211), ({"From": ""}, 21603), ({"Body": ""}, 21602)]
)
def test_twilio_refuses_with_its_own_codes(box: Box, changes: dict[str, str], code: int) -> None:
    answer = twilio(box, auth=None, **changes)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert answer.json()["more_info"].endswith(str(code))


def test_twilio_wants_the_account_and_its_token(box: Box) -> None:
    answer = twilio(box, auth=("nobody", "nothing"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_twilio_signs_its_status_callbacks(box: Box, listener: Listener) -> None:
    sid = twilio(box, StatusCallback=f"{listener.url}/here?key=a%2Fb").json()["sid"]
    box.get("/sms/reports")
    forms = [
        (headers["x-twilio-signature"], dict(parse_qsl(body.decode())))
        for path, headers, body in listener.heard
        if path.startswith("/here")
    ]
    assert [form["MessageStatus"] for _, form in forms] == ["sent", "delivered"]
    for shown, form in forms:
        assert form["MessageSid"] == sid
        assert shown == sms_reports.signature(box.addresses.sms["auth_token"], f"{listener.url}/here?key=a%2Fb", form)


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """https://www.twilio.com/docs/usage/security#validating-signatures-from-twilio"""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    made = sms_reports.signature("12345", "https://example.com/myapp.php?foo=1&bar=2", form)
    assert len(base64.b64decode(made)) == 20
    assert made == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_twilio_refuses_who_wrote_stop(box: Box, listener: Listener) -> None:
    twilio(box)
    box.post("/people", do="text", to="+358450000001", text="stop")
    assert twilio(box).json()["code"] == 21610
