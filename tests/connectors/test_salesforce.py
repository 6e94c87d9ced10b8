"""The Salesforce connector keeps the contract, against the stand-in."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors import base
from tests.connectors import contract, over_the_wire, stand_in


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

    def merge_case(self, record: str) -> str | None:
        self.act("merge_cases", records=[record])
        survivor: str | None = self.case(record)["MasterRecordId"]
        return survivor


class TestSalesforce(contract.ConnectorContract, over_the_wire.OverTheWireContract):
    @pytest.fixture
    def org(self, sandbox: stand_in.Control) -> Iterator[contract.Org]:
        made = SalesforceOrg(sandbox)
        yield made
        made.close()
