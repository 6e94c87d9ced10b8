"""The control address does what DESIGN says it does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Box

OBJECTS = {"salesforce": "Case", "dynamics": "incidents"}


def test_the_root_tells_what_can_be_asked(box: Box) -> None:
    assert "POST /act" in box.get("/")


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
def test_what_was_done_can_be_seen_on_the_records(box: Box, crm: str) -> None:
    records = box.post("/act", do="close_cases", crm=crm, count=3)["records"]
    assert len(set(records)) == 3
    shown = box.get(f"/records/{crm}/{OBJECTS[crm]}", ids=",".join(records))
    assert len(shown) == 3
    assert len(box.get(f"/records/{crm}/{OBJECTS[crm]}")) >= 60


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
def test_acts_may_name_their_records(box: Box, crm: str) -> None:
    closed = box.post("/act", do="close_cases", crm=crm, count=2)["records"]
    assert box.post("/act", do="reopen_cases", crm=crm, records=closed)["records"] == closed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/act", {"do": "close_cases"}),
        ("/act", {"do": "close_cases", "crm": "sap"}),
        ("/act", {"do": "dance", "crm": "salesforce"}),
        ("/act", {"do": "dance", "crm": "dynamics"}),
        ("/act", {"do": "close_cases", "crm": "dynamics", "count": -1}),
        ("/act", {"do": "close_cases", "crm": "dynamics", "count": "many"}),
        ("/act", {"do": "close_cases", "crm": "salesforce", "records": "500"}),
        ("/act", {"do": "close_cases", "crm": "salesforce", "records": ["nonsense"]}),
        ("/faults", {"crm": "smtp"}),
        ("/faults", {"crm": "fax", "kind": "jam"}),
        ("/faults", {"crm": "smtp", "kind": "jam"}),
        ("/faults", {"crm": "sms", "kind": "jam"}),
        ("/faults", {"crm": "salesforce", "kind": "jam"}),
        ("/faults", {"crm": "dynamics", "kind": "jam"}),
        ("/act", {"do": "close_cases", "crm": "salesforce", "cuont": 3}),
        ("/sms", {"reports_to": 5}),
        ("/sms", {"report_to": "http://127.0.0.1/"}),
        ("/clock", {"advance": "a while"}),
        ("/clock", {}),
    ],
)
def test_wrong_use_is_answered_with_a_sentence(box: Box, path: str, body: dict[str, Any]) -> None:
    assert len(box.refused(path, **body).split()) > 2


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\x00"])
def test_a_body_that_is_no_json_object_is_wrong_use(box: Box, content: bytes) -> None:
    assert requests.post(box.addresses.control + "/act", data=content, timeout=10).status_code == 400


def test_records_of_an_unknown_object_are_wrong_use(box: Box) -> None:
    for crm in OBJECTS:
        assert requests.get(f"{box.addresses.control}/records/{crm}/Nonsense", timeout=10).status_code == 400


def test_an_unknown_path_is_told_in_json(box: Box) -> None:
    answer = requests.get(box.addresses.control + "/nonsense", timeout=10)
    assert (answer.status_code, "GET /" in answer.json()["error"]) == (404, True)


def test_counters_begin_at_nought_and_acts_are_not_billed(box: Box) -> None:
    box.post("/act", do="close_cases", crm="salesforce", count=1)
    box.post("/act", do="close_cases", crm="dynamics", count=1)
    nothing = {"total": 0, "endpoints": {}}
    assert box.get("/counters") == {"salesforce": nothing, "dynamics": nothing, "mails": 0, "sms": 0}


def test_the_population_can_be_looked_at(box: Box) -> None:
    people = box.get("/population")
    assert len(people) == len(box.sandbox.population.people)
    assert set(people[0]) == {"name", "email", "phone", "language", "opted_out", "company", "crms"}


def test_the_clock_moves_forward(box: Box) -> None:
    before = datetime.fromisoformat(box.get("/clock")["now"])
    after = datetime.fromisoformat(box.post("/clock", advance="3d")["now"])
    assert timedelta(days=3) <= after - before < timedelta(days=3, minutes=1)
    assert after - datetime.now(UTC) > timedelta(days=2)
