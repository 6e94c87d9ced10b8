"""Twilio's own Python library against the gateway's stand-in; and both libraries against what we and the stand-in sign."""

import time
from typing import Any

import pytest

from channels.sms import twilio
from channels.webhook import signing
from sandbox import sms_reports
from tests.interop import stage

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+358450000001", "Body": "Åäö & = +"}
ADDRESS = "https://feedback.havu.example/hooks/sms/status?key=a1b2"


def client(world: stage.Stage, verb: str, **given: Any) -> Any:
    account = {name: world.addresses.sms[name] for name in ("url", "account_sid", "auth_token", "sender")}
    return world.script("messaging", verb, **{**account, **given})


def test_it_sends_a_text(world: stage.Stage) -> None:
    made = client(world, "send", to="+358450000001", body="Hei! €")
    kept = world.control("GET", "/sms?to=%2B358450000001")[-1]
    assert (kept["id"], kept["text"]) == (made["sid"], "Hei! €")
    assert made == {"sid": made["sid"], "status": "queued", "segments": "1", "to": "+358450000001", "direction": "outbound-api"}


def test_it_understands_a_refusal(world: stage.Stage) -> None:
    told = client(world, "refused", to="0451234567", body="Hei")
    assert (told["status"], told["code"]) == (400, 21211)


def test_it_understands_a_wrong_token(world: stage.Stage) -> None:
    told = client(world, "refused", to="+358450000001", body="Hei", auth_token="0" * 32)
    assert (told["status"], told["code"]) == (401, 20003)


def test_it_reads_the_account(world: stage.Stage) -> None:
    assert client(world, "account") == {"sid": world.addresses.sms["account_sid"], "status": "active"}


@pytest.mark.parametrize("changed", [False, True])
def test_it_takes_the_stand_ins_signature(world: stage.Stage, changed: bool) -> None:
    made = sms_reports.signature(world.addresses.sms["auth_token"], ADDRESS, FORM)
    form = FORM | ({"MessageStatus": "failed"} if changed else {})
    assert client(world, "validate", url=ADDRESS, form=form, signature=made) is not changed


def test_what_we_expect_is_what_it_expects(world: stage.Stage) -> None:
    expected = twilio.signature(world.addresses.sms["auth_token"], ADDRESS, list(FORM.items())).decode()
    assert client(world, "validate", url=ADDRESS, form=FORM, signature=expected)


@pytest.mark.parametrize(("body", "taken"), [('{"a": "ä"}', True), ('{"a": "b"}', False)])
def test_a_library_for_standard_webhooks_takes_our_signature(world: stage.Stage, body: str, taken: bool) -> None:
    headers = signing.headers(SECRET, "msg_1", int(time.time()), '{"a": "ä"}'.encode())
    assert client(world, "verify", secret=SECRET, body=body, headers=headers) is taken
