"""The parts of the Salesforce connector: faults, query texts, rows, and whatever may come back."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import base, keyset
from connectors.salesforce import faults, line, soql, writing
from tests.connectors.test_salesforce import SalesforceOrg
from wire import errors

WATCH = SalesforceOrg.watch
_KEYS = st.sampled_from(
    [
        "compositeResponse",
        "body",
        "httpStatusCode",
        "referenceId",
        "records",
        "done",
        "Id",
        "SystemModstamp",
        "errorCode",
        "Contact",
    ]
)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], errors.Later),
        (400, [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}], errors.Later),
        (420, "strange", errors.Later),
        (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}], errors.Later),
        (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is not enabled"}], errors.NeedsPerson),
        (400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}], errors.NeedsPerson),
        (404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], errors.NeedsPerson),
        (400, [], errors.NeedsPerson),
    ],
)
def test_a_fault_of_a_call_becomes(status: int, body: Any, kind: type[errors.OutsideError]) -> None:
    assert type(faults.translate(faults.read(body, status))) is kind


@pytest.mark.parametrize(
    ("code", "message", "passes"),
    [
        ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", True),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AfterUpdate caused by: UNABLE_TO_LOCK_ROW", True),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AfterUpdate caused by: NullPointerException", False),
        ("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back", True),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Score must not be 7", False),
        ("ENTITY_IS_DELETED", "entity is deleted", False),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", False),
        ("STRING_TOO_LONG", "Comment: data value too large", False),
    ],
)
def test_a_fault_of_a_row_passes_by_itself_or_not(code: str, message: str, passes: bool) -> None:
    assert faults.read([{"statusCode": code, "message": message}], 200).passes is passes


def test_a_query_goes_on_after_the_last_row() -> None:
    stamp = datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)
    place = keyset.Place(watch=WATCH, stamp=stamp, record="500000000000001AAA")
    assert soql.changes(place, frozenset({"Owner.Name"}), 2000) == (
        "SELECT Id, SystemModstamp, CaseNumber, Subject, IsClosed, ClosedDate, Contact.Email, Contact.HasOptedOutOfEmail "
        "FROM Case WHERE (SystemModstamp > 2026-11-21T10:00:00.250Z OR (SystemModstamp = 2026-11-21T10:00:00.250Z AND "
        "Id > '500000000000001AAA')) AND (IsClosed = true) ORDER BY SystemModstamp, Id LIMIT 2000"
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["r0", "2026-11-21T10:00:00.000+0000"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def _rows_or_fault(body: Any) -> None:
    [part] = line._parts(body, 1)
    if part.fault is not None:
        faults.translate(part.fault)
        return
    for row in soql.rows_of(part.body)[0]:
        soql.stamp_of(row)
        soql.taker(WATCH.fields, (), frozenset())(row)


@given(_JSON)
def test_whatever_composite_answers_is_rows_a_fault_or_later(inner: Any) -> None:
    bodies = [
        inner,
        {"compositeResponse": inner},
        {"compositeResponse": [inner]},
        {"compositeResponse": [{"httpStatusCode": 200, "referenceId": "r0", "body": inner}]},
        {"compositeResponse": [{"httpStatusCode": 400, "referenceId": "r0", "body": inner}]},
        {"compositeResponse": [{"httpStatusCode": 200, "referenceId": "r0", "body": {"done": True, "records": inner}}]},
        {"compositeResponse": [{"httpStatusCode": 200, "referenceId": "r0", "body": {"done": True, "records": [inner]}}]},
    ]
    for body in bodies:
        with suppress(errors.Later):
            _rows_or_fault(body)


@given(_JSON)
def test_whatever_a_collection_answers_settles_every_row(inner: Any) -> None:
    chunk = [base.FieldUpdate(key=str(number), object="Case", record="1", values={"c": "text"}) for number in range(2)]
    for body in (inner, [inner, inner], [{"success": inner, "errors": inner}] * 2, [{"errors": [inner]}] * 2):
        rows = writing._settle(chunk, line.Part(status=200, body=body))
        assert rows is None or [row.key for row in rows] == ["0", "1"]


@pytest.mark.parametrize("header", ["api-usage=25/5000", "api-usage=25/5000; per-app-api-usage=17/250(appName=x)"])
def test_both_forms_of_the_limit_header_are_read(header: str) -> None:
    found = line._USAGE.search(header)
    assert found is not None
    assert found.groups() == ("25", "5000")


def test_a_null_lookup_is_present_and_none_and_a_missing_column_is_absent() -> None:
    take = soql.taker(("Subject", "Contact.Email", "Account.Name", "Gone"), (), frozenset())
    assert take({"Id": "1", "Subject": "x", "Contact": None, "Account": {"Other": 1}}) == {"Subject": "x", "Contact.Email": None}
