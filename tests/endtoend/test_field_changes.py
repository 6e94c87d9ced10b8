"""Rules that compare what a field changed from and to, in the running program against both CRMs, and what that costs in calls."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from connectors import base, registry
from settings import load
from tests.endtoend import stage

CRMS = ("salesforce", "dynamics")
COLUMNS = {"salesforce": ("Case", "Priority", "Low", "High"), "dynamics": ("incident", "prioritycode", 3, 1)}
"""Object, column, and how each CRM writes Low and High."""
RULE = """[[triggers.rules]]
name    = "Raised while it was open"
on      = "case_closed"
when    = [{ field = "priority", changed_from = "Low", changed_to = "High" }]
survey  = "case_csat"
channel = ["email"]
delay   = "1h"

[triggers.quiet]"""


@dataclass
class Day:
    """What happened in both CRMs, and what the program made of it."""

    stage: stage.Stage
    raised: dict[str, list[str]] = field(default_factory=dict)
    lowered: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    """Round → calls by CRM."""

    def set(self, crm: str, cases: Sequence[str], *priorities: int) -> None:
        """Somebody gives cases these priorities one after the other: 0 is Low, 1 is High."""
        object_name, column, *values = COLUMNS[crm]
        connector = registry.open_connector(crm, load.load(self.stage.settings).connectors[crm])
        for priority in priorities:
            self.stage.control("POST", "/clock", {"advance": "10s"})
            updates = [
                base.FieldUpdate(key=case, object=object_name, record=case, values={column: values[priority]}) for case in cases
            ]
            assert {row.outcome for row in connector.write(updates)} == {base.Outcome.DONE}
        connector.close()

    def close(self, crm: str, cases: Sequence[str]) -> None:
        """People close these cases."""
        self.stage.control("POST", "/clock", {"advance": "10s"})
        self.stage.control("POST", "/act", {"crm": crm, "do": "close_cases", "records": list(cases)})

    def round(self, name: str) -> None:
        """The program looks once at everything."""
        self.stage.control("DELETE", "/counters")
        self.stage.palaute("run", "--once")
        counted = self.stage.control("GET", "/counters")
        self.calls[name] = {crm: counted[crm]["total"] for crm in CRMS}

    def open_cases(self, crm: str, count: int) -> list[str]:
        """Cases that somebody is working on."""
        return self.stage.act(crm, "reopen_cases", count)


def rules(running: stage.Stage, text: str) -> None:
    """Exchange the rules of the settings."""
    before = running.settings.read_text()
    running.settings.write_text(re.sub(r"\[\[triggers\.rules\]\].*?\[triggers\.quiet\]", text, before, flags=re.DOTALL))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "80", "--purchases", "10")
    made = Day(running)
    try:
        for crm in CRMS:
            made.raised[crm], made.lowered[crm] = made.open_cases(crm, 4), []
        rules(running, RULE)
        made.round("first")
        made.round("idle")
        for crm in CRMS:
            some = made.raised[crm]
            made.raised[crm], made.lowered[crm] = some[:2], some[2:]
            made.set(crm, made.raised[crm], 1, 0, 1)
            made.set(crm, made.lowered[crm], 0, 1, 0)
            made.close(crm, some)
        made.round("closings")
        yield made
    finally:
        running.close()


@pytest.mark.parametrize("crm", CRMS)
def test_only_cases_whose_priority_was_raised_are_asked_about(day: Day, crm: str) -> None:
    reasons = {case: day.stage.why(case)["decision"]["reason"] for case in (*day.raised[crm], *day.lowered[crm])}
    assert reasons == dict.fromkeys(day.raised[crm], "asked") | dict.fromkeys(day.lowered[crm], "no_rule_matched")


@pytest.mark.parametrize("crm", CRMS)
def test_why_shows_the_change_it_saw(day: Day, crm: str) -> None:
    told = day.stage.palaute("why", day.raised[crm][0])
    assert re.search(r"The CRM told that priority changed from Low to High on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", told)
    told = day.stage.palaute("why", day.lowered[crm][0])
    assert re.search(r"asks for “priority changed from Low” and saw “from High to Low on", told)


@pytest.mark.parametrize("crm", CRMS)
def test_changes_cost_one_call_when_something_was_closed_and_none_when_nothing_was(day: Day, crm: str) -> None:
    assert day.calls["idle"][crm] == 1
    assert day.calls["closings"][crm] - 1 == 1  # besides the reading


@pytest.mark.parametrize("crm", CRMS)
def test_preview_sees_the_same_changes_in_the_past(day: Day, crm: str) -> None:
    folder = day.stage.folder
    day.stage.palaute("preview", "--days", "1", "--csv", str(folder / "cases.csv"))
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["happened_at"])
    last = {row["record"]: row["reason"] for row in rows}
    assert {last[record] for record in day.lowered[crm]} == {"no_rule_matched"}
    assert "no_rule_matched" not in {last[record] for record in day.raised[crm]}


def test_preview_says_what_is_not_told(day: Day) -> None:
    before = day.stage.settings.read_text()
    untracked = 'field = "subject", changed_from = "x"'
    rules(day.stage, RULE.replace('field = "priority", changed_from = "Low"', untracked))
    told = json.loads(day.stage.palaute("preview", "--days", "1", "--json"))
    day.stage.settings.write_text(before)
    [note] = [note for note in told["notes"] if note.startswith("connectors.salesforce")]
    assert "never matches, because Case does not tell how subject (Subject) changes: field history tracking is off" in note


@pytest.mark.parametrize("crm", CRMS)
def test_without_such_a_rule_nothing_more_is_asked(day: Day, crm: str) -> None:
    if "plain" not in day.calls:
        rules(day.stage, RULE.replace('changed_from = "Low", changed_to = "High"', 'is_not = "Low"'))
        day.round("plain idle")
        for one in CRMS:
            day.close(one, day.open_cases(one, 3))
        day.round("plain")
    assert day.calls["plain idle"][crm] == 1
    assert day.calls["plain"][crm] == 1
