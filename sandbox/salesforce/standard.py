"""A new org's objects, gathered from their families in ``objects``."""

from sandbox.salesforce import history, schema
from sandbox.salesforce.objects import customers, sales, service, staff


def make() -> schema.Schema:
    """Everything that a new org knows."""
    made = schema.Schema()
    for family in (customers, service, sales, staff):
        for entity in family.make():
            made.add(entity)
    for parent in history.USUAL:
        made.add(history.entity(parent))
    return made
