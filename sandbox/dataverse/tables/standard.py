"""The standard organisation: all its tables and the navigation between them."""

from sandbox.dataverse import schema
from sandbox.dataverse.rows import audit
from sandbox.dataverse.tables import admin, crm, sales

_NAVIGATION = (
    ("account", "primarycontactid", "contact", "primarycontactid", "account_primary_contact"),
    ("account", "parentaccountid", "account", "parentaccountid", "account_parent_account"),
    ("contact", "parentcustomerid", "account", "parentcustomerid_account", "contact_customer_accounts"),
    ("contact", "parentcustomerid", "contact", "parentcustomerid_contact", "contact_customer_contacts"),
    ("systemuser", "businessunitid", "businessunit", "businessunitid", "business_unit_system_users"),
    ("systemuser", "queueid", "queue", "queueid", "queue_system_user"),
    ("team", "businessunitid", "businessunit", "businessunitid", "business_unit_teams"),
    ("businessunit", "parentbusinessunitid", "businessunit", "parentbusinessunitid", "business_unit_parent_business_unit"),
    ("role", "businessunitid", "businessunit", "businessunitid", "business_unit_roles"),
    ("incident", "customerid", "account", "customerid_account", "incident_customer_accounts"),
    ("incident", "customerid", "contact", "customerid_contact", "incident_customer_contacts"),
    ("incident", "primarycontactid", "contact", "primarycontactid", "contact_as_primary_contact"),
    ("incident", "productid", "product", "productid", "product_incidents"),
    ("incident", "masterid", "incident", "masterid", "incident_master_incident"),
    ("incident", "parentcaseid", "incident", "parentcaseid", "incident_parent_incident"),
    ("incidentresolution", "incidentid", "incident", "incidentid", "Incident_IncidentResolutions"),
    ("opportunity", "customerid", "account", "customerid_account", "opportunity_customer_accounts"),
    ("opportunity", "customerid", "contact", "customerid_contact", "opportunity_customer_contacts"),
    ("opportunity", "parentcontactid", "contact", "parentcontactid", "opportunity_parent_contact"),
    ("opportunity", "parentaccountid", "account", "parentaccountid", "opportunity_parent_account"),
    ("opportunityclose", "opportunityid", "opportunity", "opportunityid", "Opportunity_OpportunityClose"),
    ("salesorder", "customerid", "account", "customerid_account", "order_customer_accounts"),
    ("salesorder", "customerid", "contact", "customerid_contact", "order_customer_contacts"),
    ("salesorder", "opportunityid", "opportunity", "opportunityid", "opportunity_sales_orders"),
    ("orderclose", "salesorderid", "salesorder", "salesorderid", "SalesOrder_OrderClose"),
    ("audit", "userid", "systemuser", "userid", "lk_audit_userid"),
    ("audit", "callinguserid", "systemuser", "callinguserid", "lk_audit_callinguserid"),
    ("solution", "publisherid", "publisher", "publisherid", "publisher_solution"),
    ("sdkmessagefilter", "sdkmessageid", "sdkmessage", "sdkmessageid", "sdkmessageid_sdkmessagefilter"),
    *(
        (
            "task",
            "regardingobjectid",
            target,
            f"regardingobjectid_{target}_task",
            f"{target.capitalize() if target != 'salesorder' else 'SalesOrder'}_Tasks",
        )
        for target in ("account", "contact", "incident", "opportunity", "salesorder")
    ),
)
_SYSTEM_NAVIGATION = (
    ("createdby", "systemuser"),
    ("modifiedby", "systemuser"),
    ("owninguser", "systemuser"),
    ("owningteam", "team"),
    ("owningbusinessunit", "businessunit"),
)


def link_system_columns(into: schema.Schema, made: schema.Table) -> None:
    """Navigation properties of the columns that every table has."""
    for column, target in _SYSTEM_NAVIGATION:
        if column in made.columns:
            name = f"lk_{made.name}_{column}" if target == "systemuser" else f"{target}_{made.name}"
            into.add_relationship(
                schema.Relationship(
                    name=name, referencing=made.name, column=column, referenced=target, single=column, collection=name
                )
            )


def standard() -> schema.Schema:
    """A fresh organisation's tables."""
    made = schema.Schema()
    families = (crm.people(), crm.service(), sales.sales(), admin.administration(), [audit.table()])
    for new in (table for family in families for table in family):
        new.audited = new.name in audit.AUDITED
        made.add_table(new)
    for referencing, column, referenced, single, collection in _NAVIGATION:
        made.add_relationship(
            schema.Relationship(
                name=collection,
                referencing=referencing,
                column=column,
                referenced=referenced,
                single=single,
                collection=collection,
            )
        )
    for new in list(made.tables.values()):
        link_system_columns(made, new)
    made.add_intersect(schema.Intersect(name="systemuserroles_association", first="systemuser", second="role"))
    made.add_intersect(schema.Intersect(name="teammembership_association", first="team", second="systemuser"))
    made.add_intersect(schema.Intersect(name="roleprivileges_association", first="role", second="privilege"))
    return made
