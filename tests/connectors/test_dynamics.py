"""The Dynamics connector keeps the contract, against the stand-in."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from connectors import base
from tests.connectors import contract, over_the_wire, stand_in
from tests.connectors import org as orgs
from wire import errors


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
    tracked = orgs.Tracked(column="prioritycode", values=(1, 3))

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

    def tokens(self) -> int:
        host = self.control.sandbox.dynamics.token_app
        return sum(host.good(token) for token in host._tokens)

    def stop_tracking(self) -> None:
        self.audit_organization(on=False)

    def audit_organization(self, *, on: bool) -> None:
        """Start or stop auditing for the whole environment."""
        [row] = self.control.sandbox.dynamics.store.table("organization").by_id.values()
        row["isauditenabled"] = on

    def close(self) -> None:
        super().close()
        self.audit_organization(on=True)

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
