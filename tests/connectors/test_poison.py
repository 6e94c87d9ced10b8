"""One row that a CRM cannot stand is found, and the others are written."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from connectors import base
from tests.connectors.impostor import salesforce_at, say
from tests.wire.rogue import Rogue, answer

ID = "500000000000001AAA"


def test_a_score_does_not_run_the_assignment_rules(rogue: Rogue) -> None:
    row_done = {"body": [{"id": ID, "success": True, "errors": []}], "httpStatusCode": 200, "referenceId": "r0"}
    connector = salesforce_at(rogue, lambda handler: say(handler, {"compositeResponse": [row_done]}))
    [settled] = connector.write([base.FieldUpdate(key="k", object="Case", record=ID, values={"Score__c": 9})])
    assert settled.outcome is base.Outcome.DONE
    [subrequest] = json.loads(rogue.body)["compositeRequest"]
    assert subrequest["httpHeaders"] == {"Sforce-Auto-Assign": "FALSE"}
    assert rogue.seen[-1][1]["sforce-auto-assign"] == "FALSE"


def broken_by(poison: set[str], breaks: Callable[[list[Any]], dict[str, Any]]) -> Callable[[bytes], dict[str, Any]]:
    """A Composite resource whose collections break when a poisonous record is among them."""

    def composite(body: bytes) -> dict[str, Any]:
        parts = []
        for one in json.loads(body)["compositeRequest"]:
            records = one["body"]["records"]
            done = {"httpStatusCode": 200, "body": [{"id": row["id"], "success": True, "errors": []} for row in records]}
            broken = any(row["id"] in poison for row in records)
            parts.append({**(breaks(records) if broken else done), "referenceId": one["referenceId"]})
        return {"compositeResponse": parts}

    return composite


def crash(records: list[Any]) -> dict[str, Any]:
    return {"httpStatusCode": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]}


def refuse(records: list[Any]) -> dict[str, Any]:
    return {"httpStatusCode": 400, "body": [{"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize instance"}]}


@pytest.mark.parametrize(("breaks", "outcome"), [(crash, base.Outcome.LATER), (refuse, base.Outcome.DEAD)])
def test_one_row_that_breaks_its_collection_is_found_and_the_others_are_written(
    rogue: Rogue, breaks: Callable[[list[Any]], dict[str, Any]], outcome: base.Outcome
) -> None:
    records = [f"500{number:012}AAA" for number in range(1000)]
    composite = broken_by({records[777]}, breaks)
    connector = salesforce_at(rogue, lambda handler: say(handler, composite(rogue.body)))
    settled = connector.write([base.FieldUpdate(key=one, object="Case", record=one, values={"Score__c": 9}) for one in records])
    assert [(row.key, row.outcome) for row in settled if row.outcome is not base.Outcome.DONE] == [(records[777], outcome)]
    assert connector.health().calls <= 10


def test_a_crm_that_fails_at_everything_is_not_asked_for_ever(rogue: Rogue) -> None:
    records = [f"500{number:012}AAA" for number in range(1000)]
    composite = broken_by(set(records), crash)
    connector = salesforce_at(rogue, lambda handler: say(handler, composite(rogue.body)))
    settled = connector.write([base.FieldUpdate(key=one, object="Case", record=one, values={"Score__c": 9}) for one in records])
    assert {row.outcome for row in settled} == {base.Outcome.LATER}
    assert connector.health().calls <= 45


def test_triggers_that_cannot_stand_two_hundred_rows_get_fewer(rogue: Rogue) -> None:
    message = "UpdateTrigger: System.LimitException: Apex CPU time limit exceeded"
    error = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": message, "fields": []}

    def composite(body: bytes) -> dict[str, Any]:
        parts = []
        for one in json.loads(body)["compositeRequest"]:
            records = one["body"]["records"]
            fine = len(records) <= 60
            rows = [{"success": fine, "errors": [] if fine else [error]} for _ in records]
            parts.append({"httpStatusCode": 200, "body": rows, "referenceId": one["referenceId"]})
        return {"compositeResponse": parts}

    records = [f"500{number:012}AAA" for number in range(400)]
    connector = salesforce_at(rogue, lambda handler: say(handler, composite(rogue.body)))
    settled = connector.write([base.FieldUpdate(key=one, object="Case", record=one, values={"Score__c": 9}) for one in records])
    assert {row.outcome for row in settled} == {base.Outcome.DONE}


def test_one_row_that_breaks_the_whole_request_is_found_and_the_others_are_written(rogue: Rogue) -> None:
    records = [f"500{number:012}AAA" for number in range(400)]
    composite = broken_by(set(), crash)

    def handle(handler: BaseHTTPRequestHandler) -> None:
        if records[7].encode() in rogue.body:
            answer(400, b'[{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected character"}]')(handler)
        else:
            say(handler, composite(rogue.body))

    connector = salesforce_at(rogue, handle)
    settled = connector.write([base.FieldUpdate(key=one, object="Case", record=one, values={"Score__c": 9}) for one in records])
    dead = [row.key for row in settled if row.outcome is base.Outcome.DEAD]
    assert dead == [records[7]]
    assert {row.outcome for row in settled if row.key not in dead} == {base.Outcome.DONE}
