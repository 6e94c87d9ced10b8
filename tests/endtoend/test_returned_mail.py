"""Mail that does not arrive, in the whole program: returned mails, the next channel, the CRM's own record, complaints."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.endtoend import stage

FIELDS = """
[mapping.write.salesforce.Contact]
Description = "address_problem"
[mapping.write.dynamics.contact]
description = "address_problem"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stage.Stage]:
    """The daemon beside a small sandbox, with texts as the way out where mail does not arrive."""
    made = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "80", "--purchases", "20")
    try:
        text = made.settings.read_text().replace('channel = ["email"]', 'channel = ["email", "sms"]')
        made.settings.write_text(text + FIELDS)
        made.run()
        yield made
        made.stop()
    finally:
        made.close()


def told(running: stage.Stage, crm: str, count: int, wanted: str) -> list[dict[str, Any]]:
    """The stories of cases that were closed and asked about, once an event of this name is in one of them."""
    before = running.status()["touchpoints"].get("case_closed", 0)
    cases = running.act(crm, "close_cases", count)

    def decided() -> bool:
        counted = running.status()["touchpoints"]
        return bool(counted["waiting"] == 0 and counted.get("case_closed", 0) >= before + count)

    def stories() -> list[dict[str, Any]]:
        return [one for one in map(running.why, cases) if one["invitation"] is not None]

    running.until(decided, 120, "the cases are decided")
    running.until(lambda: any(event["what"] == wanted for one in stories() for event in one["events"]), 120, wanted)
    return stories()


_PEOPLE_OF = {
    "salesforce": ("Case", "Contact", ("ContactId",)),
    "dynamics": ("incidents", "contacts", ("_primarycontactid_value", "_customerid_value")),
}
"""Of a case: its customer is its own person only where it is no account."""


def contact(running: stage.Stage, crm: str, story: dict[str, Any]) -> dict[str, Any]:
    """The record of the person that a story is about."""
    cases, people, keys = _PEOPLE_OF[crm]
    case = running.control("GET", f"/records/{crm}/{cases}?ids={story['record']}")[0]
    person = next(case[key] for key in keys if case.get(key))
    found: dict[str, Any] = running.control("GET", f"/records/{crm}/{people}?ids={person}")[0]
    return found


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
def test_a_mail_that_comes_back_is_followed_by_a_text_and_the_contact_is_told(running: stage.Stage, crm: str) -> None:
    running.control("POST", "/faults", {"crm": "smtp", "kind": "bounce", "count": 5})
    stories = told(running, crm, 8, "fallback")
    running.control("DELETE", "/faults")
    bounced = next(one for one in stories if len(one["invitation"]["messages"]) > 1)  # some have no phone number
    running.until(lambda: running.why(bounced["record"])["invitation"]["messages"][-1]["state"] == "sent", 60, "the text goes")
    story = running.why(bounced["record"])
    assert [(one["send"], one["channel"]) for one in story["invitation"]["messages"]] == [
        ("invitation", "email"),
        ("fallback-1", "sms"),
    ]
    assert (story["decision"]["reason"], story["invitation"]["state"]) == ("asked", "open")
    column = "Description" if crm == "salesforce" else "description"
    running.until(lambda: bool(contact(running, crm, story)[column]), 60, "the contact is told")
    assert "email address does not work since" in contact(running, crm, story)[column]
    assert "(bounced, 5.1.1)" in contact(running, crm, story)[column]


def test_a_complaint_is_a_no(running: stage.Stage) -> None:
    running.control("POST", "/faults", {"crm": "smtp", "kind": "complain", "count": 1})
    stories = told(running, "salesforce", 8, "complained")
    assert [one["person"]["opted_out_at"] is not None for one in stories].count(True) == 1


def test_out_of_office_notes_and_delays_change_nothing(running: stage.Stage) -> None:
    before = running.status()["messages"]["bounced"]
    for kind in ("auto_reply", "delay_notice"):
        running.control("POST", "/faults", {"crm": "smtp", "kind": kind, "count": 1})
    running.act("dynamics", "close_cases", 6)
    running.until(lambda: running.status()["reports"].get("automatic_reply", 0) >= 1, 120, "the note is read")
    assert running.status()["messages"]["bounced"] == before


def test_status_and_addresses_show_what_is_given_up_and_a_mark_can_be_lifted(running: stage.Stage) -> None:
    assert running.status()["addresses"]["given_up"] >= 3
    shown = json.loads(running.palaute("addresses", "--json", status=1))["addresses"]
    bounced = next(one for one in shown if one["kind"] == "bounced")
    assert bounced["code"] == "5.1.1"
    assert "…@" in bounced["address"]
    running.palaute("addresses", "clear", bounced["record"])
    left = json.loads(running.palaute("addresses", "--json", status=1))["addresses"]
    assert bounced["record"] not in [one["record"] for one in left]
