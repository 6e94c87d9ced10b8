"""The tables of sales, with Microsoft's own names, lengths and choice values.

Source of names and values: Microsoft's table reference (learn.microsoft.com/dynamics365/developer/reference/entities).
"""

from sandbox.dataverse import schema
from sandbox.dataverse.tables import columns as c
from sandbox.dataverse.tables import common_columns, crm

_CUSTOMER = (
    c.lookup("customerid", "Potential Customer", "account", "contact", kind=schema.Kind.CUSTOMER),
    c.memo("description", "Description", 2000),
    c.money("totalamount", "Total Amount"),
)


def sales() -> list[schema.Table]:
    """Opportunity, order, what closes them, product."""
    return [_opportunity(), _close(), _order(), _order_close(), _product()]


def _opportunity() -> schema.Table:
    return c.table(
        "opportunity",
        c.text("name", "Topic", 300, required="ApplicationRequired"),
        (
            *_CUSTOMER,
            c.money("estimatedvalue", "Est. Revenue"),
            c.money("actualvalue", "Actual Revenue"),
            c.day("estimatedclosedate", "Est. Close Date"),
            c.day("actualclosedate", "Actual Close Date"),
            c.choice("opportunityratingcode", "Rating", {1: "Hot", 2: "Warm", 3: "Cold"}, default=2),
            c.text("stepname", "Pipeline Phase", 200),
            c.lookup("parentcontactid", "Contact", "contact"),
            c.lookup("parentaccountid", "Account", "account"),
            *common_columns.opportunity(),
            *c.states(
                ("Open", "Won", "Lost"),
                {1: (0, "In Progress"), 2: (0, "On Hold"), 3: (1, "Won"), 4: (2, "Canceled"), 5: (2, "Out-Sold")},
                1,
            ),
            *crm.score(),
        ),
        schema_name="Opportunity",
        entity_set="opportunities",
        plural="Opportunities",
        code=3,
    )


def _close() -> schema.Table:
    return c.activity(
        "opportunityclose",
        "OpportunityClose",
        4208,
        (c.lookup("opportunityid", "Opportunity", "opportunity"), c.money("actualrevenue", "Actual Revenue")),
        c.CLOSE_ACTIVITY,
    )


def _order() -> schema.Table:
    return c.table(
        "salesorder",
        c.text("name", "Name", 300, required="ApplicationRequired"),
        (
            *_CUSTOMER,
            c.text("ordernumber", "Order ID", 100),
            c.day("datefulfilled", "Date Fulfilled"),
            c.day("submitdate", "Date Submitted"),
            c.lookup("opportunityid", "Opportunity", "opportunity"),
            *common_columns.salesorder(),
            *c.states(
                ("Active", "Submitted", "Canceled", "Fulfilled", "Invoiced"),
                {
                    1: (0, "New"),
                    2: (0, "Pending"),
                    3: (1, "In Progress"),
                    4: (2, "No Money"),
                    100001: (3, "Complete"),
                    100002: (3, "Partial"),
                    100003: (4, "Invoiced"),
                },
                1,
            ),
            *crm.score(),
        ),
        schema_name="SalesOrder",
        label="Order",
        code=1088,
    )


def _order_close() -> schema.Table:
    return c.activity(
        "orderclose",
        "OrderClose",
        4209,
        (c.lookup("salesorderid", "Order", "salesorder"), c.text("ordernumber", "Order Number", 100)),
        c.CLOSE_ACTIVITY,
    )


def _product() -> schema.Table:
    return c.table(
        "product",
        c.text("name", "Name", 100, required="ApplicationRequired"),
        (c.text("productnumber", "Product ID", 100), *c.states(*c.ACTIVE)),
        schema_name="Product",
        code=1024,
        ownership="OrganizationOwned",
    )
