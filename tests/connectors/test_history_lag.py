"""How late a CRM may write down how its fields changed."""

from datetime import timedelta

from connectors.dynamics import connector as dynamics
from connectors.salesforce import connector as salesforce


def test_dataverse_is_given_time_to_write_its_audits_down_and_salesforce_needs_none() -> None:
    assert dynamics.DynamicsConnector.history_lag == timedelta(minutes=1)
    assert salesforce.SalesforceConnector.history_lag == timedelta()
