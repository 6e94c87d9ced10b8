"""Rows as a connector hands them over."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import base
from mapping import kind

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CASE: dict[str, Any] = {
    "IsClosed": True,
    "ClosedDate": NOON - timedelta(minutes=5),
    "CaseNumber": "00001001",
    "Subject": "Where is my parcel?",
    "Priority": "High",
    "Origin": "Web",
    "Status": "Closed",
    "AccountId": "001A",
    "Account.Name": "Havu Oy",
    "OwnerId": "005A",
    "Owner.Name": "Esa",
    "ContactId": "003A",
    "Contact.Name": "Anna Aalto",
    "Contact.Email": "anna@posti.example",
    "Contact.MobilePhone": "+358401234567",
    "Contact.Languages__c": "fi",
    "Contact.HasOptedOutOfEmail": False,
    "SuppliedEmail": None,
}
RESOLUTION: dict[str, Any] = {
    "_incidentid_value": "aaaa",
    "activityid": "bbbb",
    "createdon": NOON - timedelta(minutes=5),
    "incidentid.ticketnumber": "CAS-01234-A1B2C3",
    "incidentid.title": "Where is my parcel?",
    "incidentid.statuscode": 5,
    "incidentid.prioritycode": 1,
    "incidentid.caseorigincode": 3,
    "incidentid.primarycontactid.contactid": "cccc",
    "incidentid.primarycontactid.fullname": "Anna Aalto",
    "incidentid.primarycontactid.emailaddress1": "anna@posti.example",
    "incidentid.primarycontactid.donotemail": False,
    "incidentid.primarycontactid.donotbulkemail": False,
}


def source(crm: str, name: str) -> kind.Source:
    """A built-in source."""
    return next(one for one in kind.sources(crm) if one.name == name)


def change(values: dict[str, Any], **differences: Any) -> base.Change:
    """A row of the case watch with these values; a difference of None empties, ``...`` takes the path away."""
    merged = {path: value for path, value in {**values, **differences}.items() if value is not ...}
    return base.Change(watch="case_closed", object="Case", record="500A", stamp=NOON, values=merged)


def case(**differences: Any) -> base.Change:
    """A closed Salesforce case; dots in paths are written as double underscores."""
    return change(
        CASE, **{path.replace("__c", "\0").replace("__", ".").replace("\0", "__c"): v for path, v in differences.items()}
    )
