"""The objects of field history: beside each object whose columns are tracked stands one with a row for each change.

Sources: Object Reference, "CaseHistory" (read-only), "StandardObjectNameHistory" (names, and ``ParentId`` of custom objects).
"""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import fields as f

PREFIX = "017"
"""Of the ids in all of these objects."""
USUAL = {
    "Case": ("Status", "Priority", "OwnerId", "Origin", "Type", "ContactId"),
    "Opportunity": ("StageName", "Amount", "CloseDate", "OwnerId"),
    "Order": ("Status", "OwnerId", "EffectiveDate"),
}
"""What this org's admin has switched on."""


def entity(parent: str) -> schema.Entity:
    """The history object of a parent; it has none of the usual stamps but who made a row and when."""
    custom = parent.endswith("__c")
    name = "OpportunityFieldHistory" if parent == "Opportunity" else f"{parent.removesuffix('c') if custom else parent}History"
    key = "ParentId" if custom else f"{parent}Id"
    label = f"{parent.removesuffix('__c').replace('_', ' ')} History"
    made = schema.Entity(name=name, label=label, plural=label, prefix=PREFIX, history_of=parent)
    made.createable = made.updateable = made.deletable = False
    relationship = "Parent" if custom else parent
    made.add(
        [
            f.column("Id", "id", "", nillable=False, length=18, id_lookup=True, label=f"{label} ID"),
            f.flag("IsDeleted", "", label="Deleted"),
            f.lookup(key, parent, "Histories", "", nillable=False, cascade=True, relationship=relationship),
            f.lookup("CreatedById", "User", None, "", nillable=False),
            f.moment("CreatedDate", "", nillable=False),
            f.picklist("Field", (), "", nillable=False, length=255),
            f.picklist("DataType", (), "", length=40),
            f.column("OldValue", "anyType", "", filterable=False),
            f.column("NewValue", "anyType", "", filterable=False),
        ]
    )
    return made


def of(objects: schema.Schema, parent: str) -> schema.Entity | None:
    """The history object of a parent, None where there is none."""
    return next((one for one in objects.entities.values() if one.history_of == parent), None)
