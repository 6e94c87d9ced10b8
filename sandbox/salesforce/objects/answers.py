"""The custom columns that take an answer, the same on every object that a survey may be about."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import fields as f


def columns() -> list[schema.Field]:
    """The custom columns that take an answer."""
    return [
        f.number("Palaute_Score__c", 4, 1, label="Palaute score"),
        f.area("Palaute_Comment__c", 32000, label="Palaute comment"),
        f.moment("Palaute_Answered_At__c", label="Palaute answered at"),
        f.text("Palaute_Metric__c", 40, label="Palaute metric"),
    ]
