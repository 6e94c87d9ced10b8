"""The whole loop in both CRMs: 500 cases closed and 200 purchases made in each, everybody answers."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.endtoend import stage

CLOSURES, PURCHASES = 500, 200
CRMS = ("salesforce", "dynamics")
OBJECTS = {
    "salesforce": {"Case": "Case", "Opportunity": "Opportunity", "Order": "Order"},
    "dynamics": {"incident": "incidents", "opportunity": "opportunities", "salesorder": "salesorders"},
}
CONTACTS = {
    "salesforce": ("Contact", "Email", ("HasOptedOutOfEmail",)),
    "dynamics": ("contacts", "emailaddress1", ("donotemail", "donotbulkemail")),
}
FIELDS = {
    "salesforce": ("Palaute_Score__c", "Palaute_Comment__c", "Palaute_Answered_At__c"),
    "dynamics": ("palaute_score", "palaute_comment", "palaute_answeredat"),
}


@dataclass
class Course:
    """What happened, and what stood where afterwards."""

    stage: stage.Stage
    acted: dict[str, list[str]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    mails: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def read_records(self) -> None:
        """Every record that could hold a score, by CRM and id."""
        for crm, objects in OBJECTS.items():
            self.records[crm] = {}
            for name, entity_set in objects.items():
                key = "Id" if crm == "salesforce" else f"{name}id"
                rows = self.stage.control("GET", f"/records/{crm}/{entity_set}")
                self.records[crm].update((row[key], row) for row in rows)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The run itself; each test then looks at one fact of it."""
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "600", "--purchases", "300")
    try:
        yield play(Course(running))
    finally:
        running.close()


def play(course: Course) -> Course:
    running = course.stage
    running.run()
    for crm in CRMS:
        course.acted[crm] = running.act(crm, "close_cases", CLOSURES) + running.act(crm, "make_purchases", PURCHASES)
    total = len(CRMS) * (CLOSURES + PURCHASES)
    running.until(lambda: all_sent(running.status(), total), 400, "every touchpoint is decided and every message sent")
    course.answers = running.control("POST", "/people", {"do": "answer", "share": 1.0})["answers"]
    running.until(lambda: running.status()["writes"]["done"] >= len(course.answers), 200, "every score is written")
    course.status = running.status()
    course.mails = running.control("GET", "/mailbox?fields=to,subject,message_id")
    course.read_records()
    return course


def all_sent(status: dict[str, Any], total: int) -> bool:
    decided: int = sum(status["decisions"].values())
    messages: dict[str, int] = status["messages"]
    return decided >= total and messages["due"] == 0 and messages["sent"] >= int(status["decisions"]["asked"])


def recipients(mail: dict[str, Any]) -> list[str]:
    return mail["to"] if isinstance(mail["to"], list) else [mail["to"]]


def refusing(course: Course) -> set[str]:
    """Addresses of contacts who opted out in one of the CRMs."""
    found = set()
    for crm, (entity_set, address, opt_outs) in CONTACTS.items():
        for row in course.stage.control("GET", f"/records/{crm}/{entity_set}"):
            if any(row[name] for name in opt_outs):
                found.add((row[address] or "").casefold())
    return found


def test_every_touchpoint_has_exactly_one_decision(course: Course) -> None:
    total = len(CRMS) * (CLOSURES + PURCHASES)
    assert course.status["touchpoints"]["total"] == total
    assert sum(course.status["decisions"].values()) == total


def test_nobody_got_two_messages(course: Course) -> None:
    got = Counter(address.casefold() for mail in course.mails for address in recipients(mail))
    assert [address for address, count in got.items() if count > 1] == []


def test_everybody_whom_the_rules_allow_got_a_message(course: Course) -> None:
    got = {address.casefold() for mail in course.mails for address in recipients(mail)}
    allowed = set()
    for crm in CRMS:
        for record in course.acted[crm]:
            told = course.stage.control("GET", f"/labels/{crm}/{record}")
            allowed.add(told["email"].casefold())
    assert (allowed - {""}) - refusing(course) <= got
    assert got <= allowed


def test_every_customer_who_got_a_message_could_answer(course: Course) -> None:
    assert len(course.answers) == len(course.mails) == course.status["answers"]["confirmed"]


def test_every_answer_is_on_its_record(course: Course) -> None:
    wrong = []
    for answer in course.answers:
        score, comment, _ = FIELDS[answer["crm"]]
        record = course.records[answer["crm"]][answer["record"]]
        if (record[score], record[comment] or "") != (answer["value"], answer["comment"].strip()):
            wrong.append((answer, record[score], record[comment]))
    assert wrong == []


def test_every_answer_has_its_time_on_the_record(course: Course) -> None:
    now = datetime.now(UTC)
    for answer in course.answers:
        record = course.records[answer["crm"]][answer["record"]]
        at = datetime.fromisoformat(record[FIELDS[answer["crm"]][2]].replace("+0000", "+00:00"))
        assert course.began - timedelta(seconds=1) <= at <= now


def test_nothing_is_written_on_any_other_record(course: Course) -> None:
    answered = {(answer["crm"], answer["record"]) for answer in course.answers}
    touched = {
        (crm, key)
        for crm, rows in course.records.items()
        for key, row in rows.items()
        if any(row.get(name) is not None for name in FIELDS[crm])
    }
    assert touched == answered


def test_why_tells_of_a_record_that_was_asked(course: Course) -> None:
    answer = course.answers[0]
    told = course.stage.why(answer["record"])
    assert told["decision"]["reason"] == "asked"
    assert told["answer"]["value"] == answer["value"]
    assert [write["state"] for write in told["writes"]] == ["done"]


def test_why_tells_of_a_record_that_was_not_asked(course: Course) -> None:
    answered = {answer["record"] for answer in course.answers}
    silent = next(record for crm in CRMS for record in course.acted[crm] if record not in answered)
    told = course.stage.why(silent)
    assert told["decision"]["verdict"] in ("never", "later")
    assert len(told["decision"]["explanation"]) > 20


def test_a_restart_and_a_run_once_change_nothing(course: Course) -> None:
    """The last look at this course: it stops the daemon."""
    running = course.stage
    running.stop()
    mails = len(running.control("GET", "/mailbox?fields=to"))
    before = course.records
    moved = json.loads(running.palaute("run", "--once", "--json"))
    assert moved == dict.fromkeys(moved, 0)
    running.run()
    running.stop()
    after = Course(running)
    after.read_records()
    assert len(running.control("GET", "/mailbox?fields=to")) == mails
    assert after.records == before
