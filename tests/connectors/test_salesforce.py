"""The Salesforce connector keeps the contract, against the stand-in."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors import base
from tests.connectors import contract, over_the_wire, stand_in
from tests.connectors import org as orgs
from wire import errors


class SalesforceOrg(stand_in.StandInOrg):
    """People at work in a Salesforce org."""

    crm = "salesforce"
    watch = base.Watch(
        name="closed",
        object="Case",
        fields=("CaseNumber", "Subject", "IsClosed", "ClosedDate", "Owner.Name", "Contact.Email", "Contact.HasOptedOutOfEmail"),
        where="IsClosed = true",
        optional=("Contact.HasOptedOutOfEmail",),
    )
    consent = "Contact.HasOptedOutOfEmail"
    score = "Palaute_Score__c"
    answered_at = "Palaute_Answered_At__c"
    subject = "Subject"
    comment = "Palaute_Comment__c"
    address_key = "login_url"
    rate_limit_delay = 20.0
    tracked = orgs.Tracked(column="Priority", values=("Low", "High"))

    def __init__(self, control: stand_in.Control) -> None:
        super().__init__(control)
        given = control.addresses.salesforce
        self.connection = {
            "type": "salesforce",
            "login_url": given["login_url"],
            "client_id": given["client_id"],
            "client_secret": stand_in.hidden(given["client_secret"]),
        }

    def column(self, path: str) -> str:
        return path if "." in path else f"Case.{path}"

    def case(self, record: str) -> Mapping[str, Any]:
        return self.records("Case", [record])[0]

    def tokens(self) -> int:
        return len(self.control.sandbox.salesforce.org.sessions)

    def stop_tracking(self) -> None:
        self.control.sandbox.salesforce.track_history("Case", ["Status"])

    def close(self) -> None:
        super().close()
        self.control.sandbox.salesforce.track_history("Case", ["Status", "Priority", "OwnerId"])

    def merge_case(self, record: str) -> str | None:
        self.act("merge_cases", records=[record])
        survivor: str | None = self.case(record)["MasterRecordId"]
        return survivor


class TestSalesforce(contract.ConnectorContract, over_the_wire.OverTheWireContract):
    @pytest.fixture
    def org(self, sandbox: stand_in.Control) -> Iterator[orgs.Org]:
        made = SalesforceOrg(sandbox)
        yield made
        made.close()


@pytest.fixture
def org(sandbox: stand_in.Control) -> Iterator[SalesforceOrg]:
    made = SalesforceOrg(sandbox)
    yield made
    made.close()


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode()


def with_key(org: SalesforceOrg, private_key: str, **changed: Any) -> base.Connector:
    """Settings of the JWT bearer flow, in an org that trusts ``KEY``."""
    stand = org.control.sandbox.salesforce
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    stand.trust(public.decode())
    chosen = {"flow": "jwt_bearer", "client_secret": None, "username": stand.username, "private_key": org.secret(private_key)}
    return org.connector(**{**chosen, **changed})


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_jwt_bearer_signs_in_even_with_a_wrong_clock(org: SalesforceOrg) -> None:
    assert abs(org.now() - datetime.now(UTC)) > timedelta(minutes=10)
    assert with_key(org, pem(KEY)).start([org.watch])


def test_a_key_that_the_org_does_not_know_needs_a_person(org: SalesforceOrg) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(errors.NeedsPerson, match="invalid assertion"):
        with_key(org, pem(other)).start([org.watch])


def test_a_user_that_the_org_does_not_know_needs_a_person(org: SalesforceOrg) -> None:
    with pytest.raises(errors.NeedsPerson, match="approved"):
        with_key(org, pem(KEY), username="nobody@acme.example").start([org.watch])


def test_a_private_key_that_is_none_needs_a_person_and_is_not_shown(org: SalesforceOrg) -> None:
    with pytest.raises(errors.NeedsPerson, match="private_key") as refused:
        with_key(org, "hush-hush").start([org.watch])
    assert "hush" not in f"{refused.value!r}{refused.value.remedy}"


def test_an_org_without_a_run_as_user_needs_a_person(org: SalesforceOrg) -> None:
    stand = org.control.sandbox.salesforce
    stand.grants.run_as_user = False
    try:
        with pytest.raises(errors.NeedsPerson, match="no client credentials user enabled"):
            org.connector().start([org.watch])
    finally:
        stand.grants.run_as_user = True


def test_health_tells_the_orgs_own_limit(org: SalesforceOrg) -> None:
    connector = org.connector()
    assert connector.health() == base.Health(calls=0)
    connector.start([org.watch])
    health = connector.health()
    assert health.calls == 1
    assert health.limit is not None
    assert health.used is not None
    assert 0 < health.used < health.limit


def test_a_limit_that_is_used_up_is_later(org: SalesforceOrg) -> None:
    connector = org.connector()
    desk = orgs.Desk(connector, org.watch)
    [closed] = org.close_cases(1)
    org.fault("budget_exhausted", seconds=60)
    with pytest.raises(errors.Later) as refused:
        desk.poll()
    assert refused.value.delay
    [row] = connector.write([org.update(closed, 3)])
    assert (row.outcome, bool(row.delay)) == (base.Outcome.LATER, True)


def test_a_child_row_comes_along_without_the_columns_that_are_hidden(org: SalesforceOrg) -> None:
    paths = ("ContactId", "Contact.Email", "Contact.HasOptedOutOfEmail", "Contact.Shoe_Size__c")
    child = base.Child(relationship="OpportunityContactRoles", fields=paths, where="IsPrimary = true")
    watch = base.Watch(
        name="won",
        object="Opportunity",
        fields=("Name",),
        where="IsWon = true",
        children=(child,),
        optional=("OpportunityContactRoles.Contact.Shoe_Size__c",),
    )
    desk = orgs.Desk(org.connector(), watch)
    org.hide("Contact.HasOptedOutOfEmail")
    org.act("make_purchases", count=4)
    values = [change.values for change in desk.poll()]
    assert len(values) == 2
    assert {tuple(one) for one in values} == {
        ("Name", "OpportunityContactRoles.ContactId", "OpportunityContactRoles.Contact.Email")
    }
    assert all(one["OpportunityContactRoles.ContactId"] for one in values)


def test_a_comment_that_looks_like_a_reference_is_written_as_it_is(org: SalesforceOrg) -> None:
    closed = org.close_cases(4)
    comments = ["fine", "@{r0[0].id}", "@{nobody.home} {{x}}", "also fine"]
    updates = [
        base.FieldUpdate(key=record, object="Case", record=record, values={org.comment: comment})
        for record, comment in zip(closed, comments, strict=True)
    ]
    settled = org.connector().write(updates)
    assert {row.outcome for row in settled} == {base.Outcome.DONE}
    assert [org.case(record)[org.comment] for record in closed] == comments


def test_a_comment_that_looks_like_a_reference_and_is_refused_is_dead(org: SalesforceOrg) -> None:
    first, second = org.close_cases(2)
    good = base.FieldUpdate(key="good", object="Case", record=first, values={org.comment: "@{x}"})
    wrong = base.FieldUpdate(key="wrong", object="Case", record=second, values={"no_such_column": "@{x}"})
    settled = org.connector().write([wrong, good])
    assert [row.outcome for row in settled] == [base.Outcome.DEAD, base.Outcome.DONE]


def test_scores_of_three_objects_are_one_call(org: SalesforceOrg) -> None:
    connector = org.connector()
    purchases = org.act("make_purchases", count=20)
    kinds = {"006": "Opportunity", "801": "Order"}
    updates = [org.update(record, 9) for record in org.close_cases(20)]
    updates += [base.FieldUpdate(key=one, object=kinds[one[:3]], record=one, values={org.score: 9}) for one in purchases]
    before = org.calls()
    settled = connector.write(updates[::-1])
    assert [row.key for row in settled] == [one.key for one in updates[::-1]]
    assert {row.outcome for row in settled} == {base.Outcome.DONE}
    assert org.calls() - before == 1
