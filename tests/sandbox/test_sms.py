"""The SMS gateway's stand-in takes messages and misbehaves as told."""

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Box

MESSAGE = {"to": "+358450000001", "from": "Havu", "text": "Hei 😊 http://127.0.0.1/s/x"}


def send(box: Box, **changes: Any) -> requests.Response:
    return requests.post(f"{box.addresses.sms}/messages", json={**MESSAGE, **changes}, timeout=10)


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
