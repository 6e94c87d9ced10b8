"""The Dynamics connector keeps the contract, against the stand-in."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import base
from connectors.dynamics import faults, multipart, odata, tables
from tests.connectors import contract, over_the_wire, stand_in
from tests.connectors import org as orgs
from wire import errors, retry

_LATE = 1.5


class DynamicsOrg(stand_in.StandInOrg):
    """People at work in a Dataverse environment."""

    crm = "dynamics"
    watch = base.Watch(
        name="closed",
        object="incident",
        fields=("ticketnumber", "title", "statecode", "primarycontactid.emailaddress1", "primarycontactid.donotemail"),
        where="statecode eq 1",
        optional=("primarycontactid.donotemail",),
    )
    consent = "primarycontactid.donotemail"
    score = "palaute_score"
    answered_at = "palaute_answeredat"
    subject = "title"
    comment = "palaute_comment"
    address_key = "authority"
    rate_limit_delay = 7.0

    def __init__(self, control: stand_in.Control) -> None:
        super().__init__(control)
        given = control.addresses.dynamics
        self.connection = {
            "type": "dynamics",
            "url": given["url"],
            "authority": given["authority"],
            "client_id": given["client_id"],
            "client_secret": stand_in.hidden(given["client_secret"]),
        }

    def column(self, path: str) -> str:
        return path.replace("primarycontactid.", "contact.") if "." in path else f"incident.{path}"

    def case(self, record: str) -> Mapping[str, Any]:
        return self.records("incidents", [record])[0]

    def close_late(self, count: int) -> list[str]:
        self.fault("late_commit", count=1, seconds=_LATE)
        return self.close_cases(count)

    def reveal(self) -> None:
        # This stand-in's late commits go by the machine's clock.
        time.sleep(_LATE)

    def tokens(self) -> int:
        host = self.control.sandbox.dynamics.token_app
        return sum(host.good(token) for token in host._tokens)

    def merge_case(self, record: str) -> str | None:
        self.act("merge_cases", records=self.act("reopen_cases", records=[record]))
        survivor: str | None = self.case(record)["_masterid_value"]
        return survivor


class TestDynamics(contract.ConnectorContract, over_the_wire.OverTheWireContract):
    @pytest.fixture
    def org(self, sandbox: stand_in.Control) -> Iterator[orgs.Org]:
        made = DynamicsOrg(sandbox)
        yield made
        made.close()


@pytest.fixture
def org(sandbox: stand_in.Control) -> Iterator[DynamicsOrg]:
    made = DynamicsOrg(sandbox)
    yield made
    made.close()


RESOLUTIONS = base.Watch(
    name="resolved",
    object="incidentresolution",
    fields=("activityid", "createdon", "_incidentid_value", "incidentid.statecode", "incidentid.primarycontactid.emailaddress1"),
    where="incidentid/statecode eq 1",
)


def test_every_closing_has_its_own_resolution(org: DynamicsOrg) -> None:
    desk = orgs.Desk(org.connector(), RESOLUTIONS)
    [case] = org.close_cases(1)
    [first] = desk.poll()
    org.advance(timedelta(seconds=30))
    org.act("close_cases", records=org.act("reopen_cases", records=[case]))
    again = [change for change in desk.poll() if change.record != first.record]
    assert {change.values["_incidentid_value"] for change in (first, *again)} == {case}
    assert len({change.values["activityid"] for change in (first, *again)}) == 2


def test_our_own_scores_do_not_echo_in_resolutions(org: DynamicsOrg) -> None:
    connector = org.connector()
    desk = orgs.Desk(connector, RESOLUTIONS)
    [case] = org.close_cases(1)
    org.advance(timedelta(seconds=30))
    assert len(desk.poll()) == 1
    connector.write([org.update(case, 4)])
    assert desk.poll() == []


def test_a_table_that_is_not_standard_is_found_by_its_metadata_once(org: DynamicsOrg) -> None:
    connector = org.connector()
    watch = base.Watch(name="teams", object="team", fields=("name",))
    desk = orgs.Desk(connector, watch)
    before = org.calls()
    desk.poll()
    desk.poll()
    assert org.calls() - before == 3


def test_a_table_that_is_not_there_needs_a_person(org: DynamicsOrg) -> None:
    desk = orgs.Desk(org.connector(), base.Watch(name="w", object="no_such_table", fields=("name",)))
    with pytest.raises(errors.NeedsPerson, match="no_such_table"):
        desk.poll()


def test_a_child_row_comes_along(org: DynamicsOrg) -> None:
    [case] = org.close_cases(1)
    child = base.Child(relationship="Incident_IncidentResolutions", fields=("subject", "statecode"), where="statecode eq 1")
    look = base.Look(name="l", object="incident", records=(case,), fields=("title",), children=(child,))
    [looked] = org.connector().look([look])
    assert set(looked.values) == {"title", "Incident_IncidentResolutions.subject", "Incident_IncidentResolutions.statecode"}
    assert looked.values["Incident_IncidentResolutions.statecode"] == 1


def test_scores_of_three_tables_are_at_most_two_calls_each(org: DynamicsOrg) -> None:
    connector = org.connector()
    updates = [org.update(case, 9) for case in org.close_cases(20)]
    for name, entity_set in (("opportunity", "opportunities"), ("salesorder", "salesorders")):
        known = {one[f"{name}id"] for one in org.control.ask("GET", f"/records/dynamics/{entity_set}")}
        bought = [one for one in org.act("make_purchases", count=8) if one in known]
        updates += [base.FieldUpdate(key=one, object=name, record=one, values={org.score: 9}) for one in bought]
    before = org.calls()
    settled = connector.write(updates[::-1])
    assert [row.key for row in settled] == [one.key for one in updates[::-1]]
    assert {row.outcome for row in settled} == {base.Outcome.DONE}
    assert org.calls() - before <= 6


def test_ids_are_found_in_upper_case_too(org: DynamicsOrg) -> None:
    [case] = org.close_cases(1)
    connector = org.connector()
    [looked] = connector.look([org.look([case.upper()])])
    assert (looked.record, looked.deleted) == (case, False)
    [row] = connector.write([org.update(case.upper(), 2)])
    assert row.outcome is base.Outcome.DONE


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "0x80072322", errors.Later),
        (400, "0x80044150", errors.Later),
        (500, "", errors.Later),
        (503, "", retry.Brief),
        (403, "0x80040220", errors.NeedsPerson),
        (400, "0x80060888", errors.NeedsPerson),
        (404, "", errors.NeedsPerson),
    ],
)
def test_a_fault_of_a_call_becomes(status: int, code: str, kind: type[errors.OutsideError]) -> None:
    assert type(faults.translate(faults.read({"error": {"code": code, "message": "words"}}, status))) is kind


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": None}, {"error": {"code": None, "message": None}}])
def test_an_error_without_words_is_read_too(body: Any) -> None:
    assert faults.read(body, 400) == faults.Fault(code="", message="", status=400)


def test_paths_become_nested_expansions() -> None:
    table = tables.Table(entity_set="incidentresolutions", key="activityid")
    since = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert odata.changes(table, RESOLUTIONS, since, frozenset()) == (
        "incidentresolutions?$select=activityid,modifiedon,createdon,_incidentid_value"
        "&$expand=incidentid($select=statecode;$expand=primarycontactid($select=emailaddress1))"
        "&$filter=modifiedon%20ge%202026-11-21T10:00:00Z%20and%20(incidentid/statecode%20eq%201)"
        "&$orderby=modifiedon%20asc,activityid%20asc"
    )


def test_a_condition_cannot_break_out_of_its_address() -> None:
    watch = base.Watch(name="w", object="incident", fields=("title",), where="title eq 'R&D #1 + 100%'")
    address = odata.changes(tables.Table(entity_set="incidents", key="incidentid"), watch, datetime.now(UTC), frozenset())
    assert "R%26D%20%231%20%2B%20100%25" in address


@given(
    st.lists(st.tuples(st.integers(200, 599), st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3)), max_size=6)
)
def test_a_reply_is_taken_apart_as_it_was_put_together(parts: list[tuple[int, dict[str, str]]]) -> None:
    pieces = [
        f"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status} X\r\nRetry-After: 3\r\n\r\n{json.dumps(body)}\r\n"
        for status, body in parts
    ]
    found = multipart.decode("multipart/mixed; boundary=b", "".join([*pieces, "--b--\r\n"]).encode())
    assert [(part.status, part.body, part.headers["retry-after"]) for part in found] == [(*part, "3") for part in parts]


@given(st.binary(max_size=300) | st.text('-bHTP/1. 20\r\n{}"', max_size=300).map(str.encode))
def test_whatever_comes_as_a_reply_is_parts_or_later(body: bytes) -> None:
    try:
        assert all(100 <= part.status <= 999 for part in multipart.decode("multipart/mixed; boundary=b", body))
    except errors.Later:
        return


def test_a_request_is_written_as_the_documentation_shows() -> None:
    kind, body = multipart.encode(
        [
            multipart.Request(method="GET", url="/api/data/v9.2/incidents?$top=1", headers={"Accept": "application/json"}),
            multipart.Request(method="PATCH", url="/api/data/v9.2/incidents(1)", headers={"If-Match": "*"}, body='{"a":1}'),
        ]
    )
    boundary = kind.split('"')[1]
    assert body.decode().split(f"--{boundary}") == [
        "",
        "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        "GET /api/data/v9.2/incidents?$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n",
        "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        'PATCH /api/data/v9.2/incidents(1) HTTP/1.1\r\nIf-Match: *\r\n\r\n{"a":1}\r\n',
        "--\r\n",
    ]
