"""The Dynamics connector keeps the contract, against the stand-in."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors import base
from tests.connectors import contract, over_the_wire, stand_in

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
    def org(self, sandbox: stand_in.Control) -> Iterator[contract.Org]:
        made = DynamicsOrg(sandbox)
        yield made
        made.close()
