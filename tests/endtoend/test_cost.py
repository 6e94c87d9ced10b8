"""What the loop costs in API calls, as the CRMs would bill them, counted by the sandbox.

A batch of up to a thousand touchpoints costs the same calls as these two hundred: one round, one last look, one write, and one
description of the fields written per process.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.endtoend import stage

CRMS = ("salesforce", "dynamics")
CLOSURES, PURCHASES = 140, 60


@dataclass
class Bill:
    """Calls by CRM."""

    idle: dict[str, int]
    reading: dict[str, int]
    """One round that reads all touchpoints, and the last look."""
    writing: dict[str, int]
    """Everything after the answers, less the round that looks for news."""


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bill]:
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "150", "--purchases", "80")
    try:
        yield count(running)
    finally:
        running.close()


def count(running: stage.Stage) -> Bill:
    running.palaute("run", "--once")
    running.control("DELETE", "/counters")
    running.palaute("run", "--once")
    idle = calls(running)
    for crm in CRMS:
        running.act(crm, "close_cases", CLOSURES)
        running.act(crm, "make_purchases", PURCHASES)
    running.control("DELETE", "/counters")
    running.palaute("run", "--once")
    reading = calls(running)
    answer_without_pages(running)
    running.control("DELETE", "/counters")
    running.palaute("run", "--once")
    writing = {crm: total - idle[crm] for crm, total in calls(running).items()}
    return Bill(idle=idle, reading=reading, writing=writing)


def answer_without_pages(running: stage.Stage) -> None:
    """The pages are up only while the customers answer; write-back is held until later by stopping the daemon at once."""
    text = running.settings.read_text()
    running.settings.write_text(text.replace('quiet   = "2s"', 'quiet   = "10m"').replace('at_most = "30s"', 'at_most = "20m"'))
    running.run()
    running.control("POST", "/people", {"do": "answer", "share": 1.0})
    running.stop()
    running.settings.write_text(text)
    assert running.status()["writes"]["due"] > CLOSURES


def calls(running: stage.Stage) -> dict[str, int]:
    counted = running.control("GET", "/counters")
    return {crm: counted[crm]["total"] for crm in CRMS}


@pytest.mark.parametrize("crm", CRMS)
def test_an_idle_round_costs_one_call(bill: Bill, crm: str) -> None:
    assert bill.idle[crm] == 1


@pytest.mark.parametrize("crm", CRMS)
def test_reading_and_the_last_look_cost_one_call_each(bill: Bill, crm: str) -> None:
    assert bill.reading[crm] == 2


@pytest.mark.parametrize("crm", CRMS)
def test_writing_costs_one_call_and_one_description_of_the_fields(bill: Bill, crm: str) -> None:
    assert bill.writing[crm] == 2
