"""Purchases asked about by text, cases by a link on the record: the running program, both CRMs, the gateway's stand-in."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer import testing

import commands
from tests.endtoend import stage

CRMS = ("salesforce", "dynamics")
CASES, PURCHASES = 30, 40
LINKS = {"salesforce": ("Case", "Id", "Palaute_Comment__c"), "dynamics": ("incidents", "incidentid", "palaute_comment")}
SCORES = {"salesforce": "Palaute_Score__c", "dynamics": "palaute_score"}


@dataclass
class Course:
    """What happened, and what stood where."""

    stage: stage.Stage
    cases: dict[str, list[str]] = field(default_factory=dict)
    purchases: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    links: dict[str, dict[str, str | None]] = field(default_factory=dict)
    texts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    preview: dict[str, Any] = field(default_factory=dict)

    def on_records(self, crm: str, name: str) -> dict[str, Any]:
        """Case → what stands in this field."""
        objects, key, _ = LINKS[crm]
        rows = self.stage.control("GET", f"/records/{crm}/{objects}?ids={','.join(self.cases[crm])}")
        return {row[key]: row[name] for row in rows}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "60", "--purchases", "80")
    try:
        yield play(Course(running))
    finally:
        running.close()


def play(course: Course) -> Course:
    running = course.stage
    text = running.settings.read_text()
    text = text.replace('channel = ["email"]', 'channel = ["link"]', 1).replace('channel = ["email"]', 'channel = ["sms"]', 1)
    for crm in CRMS:
        text = text.replace(f'{LINKS[crm][2]} = "comment"', f'{LINKS[crm][2]} = "link"')
    running.settings.write_text(f"{text}\n[channels.link]\n")
    running.palaute("run", "--once")
    for crm in CRMS:
        course.cases[crm] = running.act(crm, "close_cases", CASES)
        course.purchases[crm] = running.act(crm, "make_purchases", PURCHASES)
    running.control("DELETE", "/counters")
    running.palaute("run", "--once")
    counted = running.control("GET", "/counters")
    course.calls = {crm: counted[crm]["endpoints"] for crm in CRMS}
    course.links = {crm: course.on_records(crm, LINKS[crm][2]) for crm in CRMS}
    course.texts = running.control("GET", "/sms")
    course.preview = json.loads(running.palaute("preview", "--days", "1", "--json"))
    running.run()
    course.answers = running.control("POST", "/people", {"do": "answer", "share": 0.5})["answers"]
    return course


def asked(course: Course, records: list[str]) -> dict[str, dict[str, Any]]:
    """Record → its story, of those that were asked about."""
    told = {record: course.stage.why(record) for record in records}
    return {record: one for record, one in told.items() if one["decision"]["reason"] == "asked"}


def test_the_checks_are_good(course: Course) -> None:
    found = json.loads(course.stage.palaute("check", "--json"))["findings"]
    channels = {one["subject"]: one["grade"] for one in found if one["subject"].startswith("channels.")}
    assert channels["channels.sms: sign-in"] == channels["channels.link"] == "good"
    assert [one for one in found if one["grade"] == "wrong"] == []


@pytest.mark.parametrize("crm", CRMS)
def test_every_case_that_was_asked_about_has_its_link(course: Course, crm: str) -> None:
    told = asked(course, course.cases[crm])
    assert len(told) > CASES // 3
    assert {record for record, link in course.links[crm].items() if link} == set(told)
    assert len(set(filter(None, course.links[crm].values()))) == len(told)


@pytest.mark.parametrize("crm", CRMS)
def test_all_links_cost_one_write(course: Course, crm: str) -> None:
    """Beside it: a round, a last look, and a description of the fields."""
    assert sum(course.calls[crm].values()) == 4, course.calls[crm]


def test_nobody_is_asked_by_mail(course: Course) -> None:
    assert course.stage.control("GET", "/mailbox?fields=to") == []


def test_every_text_is_one_message_to_one_mobile_number(course: Course) -> None:
    assert course.texts
    assert {text["parts"] for text in course.texts} == {1}
    assert max(Counter(text["to"] for text in course.texts).values()) == 1
    assert all(re.search(r"https?://\S+/s/\S{22} ", text["text"]) for text in course.texts)


def test_the_preview_tells_what_the_texts_cost(course: Course) -> None:
    told = course.preview["texts"]["Purchases"]
    assert told["texts"] == told["parts"] >= len(course.texts)


def test_customers_answer_from_their_texts(course: Course) -> None:
    assert len(course.answers) == round(len(course.texts) / 2)
    running = course.stage
    running.until(lambda: running.status()["answers"]["confirmed"] >= len(course.answers), 60, "the answers are in")


def test_deliveries_are_told_by_why(course: Course) -> None:
    """The gateway reported to nobody while the pages were down; a text that goes now arrives and is known to."""
    running = course.stage
    records = [record for crm in CRMS for record in running.act(crm, "make_purchases", 12)]

    def arrived() -> bool:
        sends = [one["invitation"]["messages"][0] for record in records for one in stories(running, record) if one["invitation"]]
        return any(send["delivered_at"] for send in sends)

    running.until(arrived, 90, "a text is known to have arrived")


def stories(running: stage.Stage, record: str) -> list[dict[str, Any]]:
    """What is known of the record so far, perhaps nothing."""
    line = ["why", record, "--json", "--settings", str(running.settings)]
    told: list[dict[str, Any]] = json.loads(testing.CliRunner().invoke(commands.application(["why"]), line).stdout)["touchpoints"]
    return told


def test_a_stop_by_text_opts_the_person_out(course: Course) -> None:
    running = course.stage
    number = course.texts[0]["to"]
    assert running.control("POST", "/people", {"do": "text", "to": number, "text": "SEIS"})["text"] == [{"to": number}]
    told = json.loads(running.palaute("why", number, "--json"))["touchpoints"]
    assert told
    assert all(one["person"]["opted_out_at"] for one in told)


@pytest.mark.parametrize("crm", CRMS)
def test_an_answer_through_the_link_lands_on_its_case_and_takes_the_link_away(course: Course, crm: str) -> None:
    running = course.stage
    case, link = next((case, link) for case, link in course.links[crm].items() if link)
    page = running.session.get(link, timeout=10)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce
    time.sleep(stage.READS)
    running.session.post(link, data={"nonce": nonce[1], "value": "4", "comment": "", "more": ""}, timeout=10)
    running.until(lambda: course.on_records(crm, SCORES[crm])[case] == 4, 60, "the score is on the case")
    assert course.on_records(crm, LINKS[crm][2])[case] is None


def test_the_command_tells_the_link_of_a_case(course: Course) -> None:
    crm = "salesforce"
    case, link = [(case, link) for case, link in course.links[crm].items() if link][-1]
    assert json.loads(course.stage.palaute("link", case, "--json"))["link"] == link


def test_the_command_makes_no_link_for_one_who_opted_out(course: Course) -> None:
    refused = [record for record in course.cases["dynamics"] if course.stage.why(record)["decision"]["reason"] == "opted_out"]
    if not refused:
        pytest.skip("nobody in this population opted out")
    told = json.loads(course.stage.palaute("link", refused[0], "--json", status=1))
    assert told["link"] is None
    assert "opted out" in told["why"]
