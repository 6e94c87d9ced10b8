"""A new org's objects, gathered from their families beside this file."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import customers, histories, sales, service, staff


def make() -> schema.Schema:
    """Everything that a new org knows."""
    made = schema.Schema()
    for family in (customers, service, sales, staff):
        for entity in family.make():
            made.add(entity)
    for parent in histories.USUAL:
        made.add(histories.entity(parent))
    return made
