"""Texts through Twilio's API: the running program, its pages, and a stand-in that signs its callbacks as Twilio does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.endtoend import stage


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stage.Stage]:
    """Customers of one CRM were texted about their purchases, one of them without a word from the gateway."""
    made = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "20", "--purchases", "60")
    try:
        given = made.addresses["sms"]
        (made.folder / "twilio.secret").write_text(given["auth_token"])
        text = made.settings.read_text().replace('channel = ["email"]', 'channel = ["sms"]')
        text = re.sub(r"\[channels\.sms\].*?(?=\n\[web\])", "", text, flags=re.DOTALL)
        table = {"gateway": "twilio", "url": given["url"], "sender": given["sender"], "account_sid": given["account_sid"]}
        table["auth_token"] = f"file:{made.folder / 'twilio.secret'}"
        rows = "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())
        made.settings.write_text(f"{text}\n[channels.sms]\n{rows}\n")
        made.run()
        made.control("POST", "/faults", {"crm": "sms", "kind": "drop_after_data", "count": 1})
        made.act("salesforce", "make_purchases", 30)
        made.until(lambda: len(made.control("GET", "/sms")) > 4, 120, "texts go out")
        yield made
    finally:
        made.close()


def stories(running: stage.Stage) -> list[dict[str, Any]]:
    """Of everybody who was texted."""
    numbers = [text["to"] for text in running.control("GET", "/sms")]
    return [one for number in numbers for one in json.loads(running.palaute("why", number, "--json"))["touchpoints"]]


def test_the_sign_in_is_good(running: stage.Stage) -> None:
    found = json.loads(running.palaute("check", "--json"))["findings"]
    assert {one["subject"]: one["grade"] for one in found}["channels.sms: sign-in"] == "good"


def test_every_text_is_known_to_have_arrived_also_the_one_that_was_unsure(running: stage.Stage) -> None:
    def arrived() -> bool:
        sends = [send for one in stories(running) for send in (one["invitation"] or {"messages": []})["messages"]]
        return bool(sends) and all(send["state"] == "sent" and send["delivered_at"] for send in sends)

    running.until(arrived, 60, "every text is reported as delivered")
    assert running.status()["messages"]["unsure"] == 0
    assert any(event["what"] == "unsure" for one in stories(running) for event in one["events"])


def test_every_callback_was_taken(running: stage.Stage) -> None:
    calls = running.control("GET", "/sms/reports")
    assert {call["told"]["MessageStatus"] for call in calls} == {"sent", "delivered"}
    assert {call["status"] for call in calls} == {204}


def test_nobody_was_texted_twice(running: stage.Stage) -> None:
    numbers = [text["to"] for text in running.control("GET", "/sms")]
    assert len(numbers) == len(set(numbers))


def test_a_stop_is_heard(running: stage.Stage) -> None:
    number = running.control("GET", "/sms")[0]["to"]
    running.control("POST", "/people", {"do": "text", "to": number, "text": "Stop"})
    told = json.loads(running.palaute("why", number, "--json"))["touchpoints"]
    assert all(one["person"]["opted_out_at"] for one in told)
