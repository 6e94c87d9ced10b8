"""The standard tables of Dynamics 365 that the stand-in holds, with Microsoft's own names, lengths and choice values.

Source of names and values: Microsoft's table reference (learn.microsoft.com/dynamics365/developer/reference/entities).
"""

from collections.abc import Iterable

from sandbox.dataverse import columns as c
from sandbox.dataverse import schema

ACTIVE = (("Active", "Inactive"), {1: (0, "Active"), 2: (1, "Inactive")}, 1)
CLOSE_ACTIVITY = (("Open", "Completed", "Canceled"), {1: (0, "Open"), 2: (1, "Completed"), 3: (2, "Canceled")}, 1)

_system = (
    c.instant("createdon", "Created On", update=False),
    c.instant("modifiedon", "Modified On", update=False),
    c.lookup("createdby", "Created By", "systemuser", update=False),
    c.lookup("modifiedby", "Modified By", "systemuser", update=False),
    schema.Column(name="versionnumber", kind=schema.Kind.BIGINT, label="Version Number", create=False, update=False),
    schema.Column(
        name="overriddencreatedon", kind=schema.Kind.DATETIME, label="Record Created On", format="DateOnly", update=False
    ),
    c.whole("importsequencenumber", "Import Sequence Number"),
)
_owned = (
    c.lookup("ownerid", "Owner", "systemuser", "team", kind=schema.Kind.OWNER),
    c.lookup("owninguser", "Owning User", "systemuser", update=False),
    c.lookup("owningteam", "Owning Team", "team", update=False),
    c.lookup("owningbusinessunit", "Owning Business Unit", "businessunit", update=False),
)


def everywhere() -> tuple[schema.Column, ...]:
    """Columns that every table of users' rows has."""
    return _system + _owned + c.states(*ACTIVE)


def table(name: str, primary: schema.Column, more: Iterable[schema.Column], **options: object) -> schema.Table:
    """A table with its key, its name column and the columns that every table has."""
    entity_set = str(options.pop("entity_set", name + "s"))
    key = str(options.pop("key", name + "id"))
    label = str(options.pop("label", name.capitalize()))
    made = schema.Table(
        name=name,
        schema_name=str(options.pop("schema_name", name.capitalize())),
        entity_set=entity_set,
        key=key,
        primary_name=primary.name,
        label=label,
        plural=str(options.pop("plural", label + "s")),
        code=int(str(options.pop("code", 10000))),
        ownership=str(options.pop("ownership", "UserOwned")),
        activity=bool(options.pop("activity", False)),
        custom=bool(options.pop("custom", False)),
        tracked=bool(options.pop("tracked", True)),
        bulk=bool(options.pop("bulk", True)),
        read_only=bool(options.pop("read_only", False)),
    )
    if options:
        raise TypeError(f"unknown table options {sorted(options)}")
    owned = _owned if made.ownership == "UserOwned" else ()
    for column in (c.key(key, label), primary, *more, *_system, *owned):
        made.add(column)
    if "statecode" not in made.columns and made.ownership == "UserOwned":
        for column in c.states(*ACTIVE):
            made.add(column)
    return made


def _score() -> tuple[schema.Column, ...]:
    return (
        schema.Column(
            name="palaute_score",
            schema_name="palaute_Score",
            kind=schema.Kind.INTEGER,
            label="Score",
            minimum=0,
            maximum=10,
            format="None",
            custom=True,
        ),
        schema.Column(
            name="palaute_comment",
            schema_name="palaute_Comment",
            kind=schema.Kind.MEMO,
            label="Comment",
            length=10_000,
            format="TextArea",
            custom=True,
        ),
        schema.Column(
            name="palaute_answeredat",
            schema_name="palaute_AnsweredAt",
            kind=schema.Kind.DATETIME,
            label="Answered At",
            format="DateAndTime",
            custom=True,
        ),
        schema.Column(
            name="palaute_metric",
            schema_name="palaute_Metric",
            kind=schema.Kind.STRING,
            label="Metric",
            length=40,
            format="Text",
            custom=True,
        ),
    )


def _people() -> list[schema.Table]:
    account = table(
        "account",
        c.text("name", "Account Name", 160, required="ApplicationRequired"),
        (
            c.text("accountnumber", "Account Number", 20),
            c.text("emailaddress1", "Email", 100, shape="Email"),
            c.text("telephone1", "Main Phone", 50, shape="Phone"),
            c.text("websiteurl", "Website", 200, shape="Url"),
            c.text("address1_city", "City", 80),
            c.text("address1_country", "Country", 80),
            c.memo("description", "Description"),
            c.money("revenue", "Annual Revenue"),
            c.whole("numberofemployees", "Number of Employees", 0, 1_000_000_000),
            c.choice("industrycode", "Industry", {1: "Accounting", 2: "Agriculture", 6: "Business Services", 7: "Consulting"}),
            c.yes_no("creditonhold", "Credit Hold"),
            c.yes_no("donotemail", "Do not allow Emails", labels=("Allow", "Do Not Allow")),
            c.lookup("primarycontactid", "Primary Contact", "contact"),
            c.lookup("parentaccountid", "Parent Account", "account"),
        ),
        schema_name="Account",
        code=1,
    )
    contact = table(
        "contact",
        c.text("fullname", "Full Name", 160, update=False),
        (
            c.text("firstname", "First Name", 50),
            c.text("lastname", "Last Name", 50, required="ApplicationRequired"),
            c.text("jobtitle", "Job Title", 100),
            c.text("emailaddress1", "Email", 100, shape="Email"),
            c.text("emailaddress2", "Email Address 2", 100, shape="Email"),
            c.text("mobilephone", "Mobile Phone", 50, shape="Phone"),
            c.text("telephone1", "Business Phone", 50, shape="Phone"),
            c.memo("description", "Description"),
            c.yes_no("donotemail", "Do not allow Emails", labels=("Allow", "Do Not Allow")),
            c.yes_no("donotbulkemail", "Do not allow Bulk Emails", labels=("Allow", "Do Not Allow")),
            c.yes_no("donotphone", "Do not allow Phone Calls", labels=("Allow", "Do Not Allow")),
            c.yes_no("followemail", "Follow Email Activity", default=True),
            c.day("birthdate", "Birthday"),
            c.lookup("parentcustomerid", "Company Name", "account", "contact", kind=schema.Kind.CUSTOMER),
            schema.Column(
                name="palaute_language",
                schema_name="palaute_Language",
                kind=schema.Kind.STRING,
                label="Language",
                length=10,
                format="Text",
                custom=True,
            ),
        ),
        schema_name="Contact",
        code=2,
    )
    user = table(
        "systemuser",
        c.text("fullname", "Full Name", 200, update=False),
        (
            c.text("firstname", "First Name", 256),
            c.text("lastname", "Last Name", 256),
            c.text("domainname", "User Name", 1024),
            c.text("internalemailaddress", "Primary Email", 100, shape="Email"),
            c.yes_no("isdisabled", "Status", labels=("Enabled", "Disabled"), update=False),
            c.whole("accessmode", "Access Mode", 0, 5),
            schema.Column(name="applicationid", kind=schema.Kind.UNIQUEIDENTIFIER, label="Application ID"),
            schema.Column(name="azureactivedirectoryobjectid", kind=schema.Kind.UNIQUEIDENTIFIER, label="Azure AD Object ID"),
            c.lookup("businessunitid", "Business Unit", "businessunit"),
            c.lookup("queueid", "Default Queue", "queue"),
        ),
        schema_name="SystemUser",
        label="User",
        code=8,
        ownership="BusinessOwned",
    )
    team = table(
        "team",
        c.text("name", "Team Name", 160, required="ApplicationRequired"),
        (
            c.text("emailaddress", "Email", 100),
            c.choice("teamtype", "Team Type", {0: "Owner", 1: "Access"}, default=0),
            c.lookup("businessunitid", "Business Unit", "businessunit"),
        ),
        schema_name="Team",
        code=9,
        ownership="BusinessOwned",
    )
    queue = table(
        "queue",
        c.text("name", "Name", 200, required="ApplicationRequired"),
        (c.text("emailaddress", "Incoming Email", 100), c.memo("description", "Description")),
        schema_name="Queue",
        code=2020,
    )
    return [account, contact, user, team, queue]


def _service() -> list[schema.Table]:
    incident = table(
        "incident",
        c.text("title", "Case Title", 200, required="ApplicationRequired"),
        (
            c.text("ticketnumber", "Case Number", 100),
            c.memo("description", "Description", 2000),
            c.choice(
                "caseorigincode",
                "Origin",
                {1: "Phone", 2: "Email", 3: "Web", 2483: "Facebook", 3986: "Twitter", 700610000: "IoT"},
            ),
            c.choice("casetypecode", "Case Type", {1: "Question", 2: "Problem", 3: "Request"}),
            c.choice("prioritycode", "Priority", {1: "High", 2: "Normal", 3: "Low"}, default=2),
            c.choice("severitycode", "Severity", {1: "Default Value"}, default=1),
            c.yes_no("merged", "Internal Use Only", update=False),
            c.yes_no("firstresponsesent", "First Response Sent"),
            c.instant("escalatedon", "Escalated On", update=False),
            c.lookup("customerid", "Customer", "account", "contact", kind=schema.Kind.CUSTOMER),
            c.lookup("primarycontactid", "Contact", "contact"),
            c.lookup("productid", "Product", "product"),
            c.lookup("masterid", "Master Case", "incident", update=False),
            c.lookup("parentcaseid", "Parent Case", "incident"),
            *c.states(
                ("Active", "Resolved", "Cancelled"),
                {
                    1: (0, "In Progress"),
                    2: (0, "On Hold"),
                    3: (0, "Waiting for Details"),
                    4: (0, "Researching"),
                    5: (1, "Problem Solved"),
                    1000: (1, "Information Provided"),
                    6: (2, "Cancelled"),
                    2000: (2, "Merged"),
                },
                1,
            ),
            *_score(),
        ),
        schema_name="Incident",
        label="Case",
        code=112,
    )
    resolution = _activity(
        "incidentresolution",
        "IncidentResolution",
        4206,
        "incidents",
        (
            c.lookup("incidentid", "Case", "incident"),
            c.whole("timespent", "Time Spent", 0),
            c.choice("resolutiontypecode", "Resolution Type", {5: "Problem Solved", 1000: "Information Provided"}),
        ),
        CLOSE_ACTIVITY,
    )
    task = _activity(
        "task",
        "Task",
        4212,
        "tasks",
        (
            c.lookup("regardingobjectid", "Regarding", "account", "contact", "incident", "opportunity", "salesorder"),
            c.choice("prioritycode", "Priority", {0: "Low", 1: "Normal", 2: "High"}, default=1),
            c.text("category", "Category", 250),
            c.whole("percentcomplete", "Percent Complete", 0, 100),
        ),
        (
            ("Open", "Completed", "Canceled"),
            {
                2: (0, "Not Started"),
                3: (0, "In Progress"),
                4: (0, "Waiting on someone else"),
                5: (1, "Completed"),
                6: (2, "Canceled"),
                7: (0, "Deferred"),
            },
            2,
        ),
    )
    return [incident, resolution, task]


def _activity(
    name: str,
    schema_name: str,
    code: int,
    _of: str,
    more: tuple[schema.Column, ...],
    states: tuple[tuple[str, ...], dict[int, tuple[int, str]], int],
) -> schema.Table:
    return table(
        name,
        c.text("subject", "Subject", 200, required="ApplicationRequired"),
        (
            c.memo("description", "Description", 100_000),
            c.day("actualstart", "Actual Start", behavior="UserLocal"),
            c.day("actualend", "Actual End", behavior="UserLocal"),
            c.whole("actualdurationminutes", "Actual Duration", 0),
            c.instant("scheduledstart", "Start Date"),
            c.instant("scheduledend", "Due Date"),
            c.yes_no("isbilled", "Is Billed"),
            c.text("activitytypecode", "Activity Type", 64, update=False),
            *c.states(*states),
            *more,
        ),
        schema_name=schema_name,
        key="activityid",
        code=code,
        activity=True,
    )


def _sales() -> list[schema.Table]:
    customer = (
        c.lookup("customerid", "Potential Customer", "account", "contact", kind=schema.Kind.CUSTOMER),
        c.memo("description", "Description", 2000),
        c.money("totalamount", "Total Amount"),
    )
    opportunity = table(
        "opportunity",
        c.text("name", "Topic", 300, required="ApplicationRequired"),
        (
            *customer,
            c.money("estimatedvalue", "Est. Revenue"),
            c.money("actualvalue", "Actual Revenue"),
            c.day("estimatedclosedate", "Est. Close Date"),
            c.day("actualclosedate", "Actual Close Date"),
            c.choice("opportunityratingcode", "Rating", {1: "Hot", 2: "Warm", 3: "Cold"}, default=2),
            c.text("stepname", "Pipeline Phase", 200),
            c.lookup("parentcontactid", "Contact", "contact"),
            c.lookup("parentaccountid", "Account", "account"),
            *c.states(
                ("Open", "Won", "Lost"),
                {1: (0, "In Progress"), 2: (0, "On Hold"), 3: (1, "Won"), 4: (2, "Canceled"), 5: (2, "Out-Sold")},
                1,
            ),
            *_score(),
        ),
        schema_name="Opportunity",
        entity_set="opportunities",
        plural="Opportunities",
        code=3,
    )
    close = _activity(
        "opportunityclose",
        "OpportunityClose",
        4208,
        "opportunities",
        (c.lookup("opportunityid", "Opportunity", "opportunity"), c.money("actualrevenue", "Actual Revenue")),
        CLOSE_ACTIVITY,
    )
    order = table(
        "salesorder",
        c.text("name", "Name", 300, required="ApplicationRequired"),
        (
            *customer,
            c.text("ordernumber", "Order ID", 100),
            c.day("datefulfilled", "Date Fulfilled"),
            c.day("submitdate", "Date Submitted"),
            c.lookup("opportunityid", "Opportunity", "opportunity"),
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
            *_score(),
        ),
        schema_name="SalesOrder",
        label="Order",
        code=1088,
    )
    order_close = _activity(
        "orderclose",
        "OrderClose",
        4209,
        "salesorders",
        (c.lookup("salesorderid", "Order", "salesorder"), c.text("ordernumber", "Order Number", 100)),
        CLOSE_ACTIVITY,
    )
    product = table(
        "product",
        c.text("name", "Name", 100, required="ApplicationRequired"),
        (c.text("productnumber", "Product ID", 100), *c.states(*ACTIVE)),
        schema_name="Product",
        code=1024,
        ownership="OrganizationOwned",
    )
    return [opportunity, close, order, order_close, product]


def _administration() -> list[schema.Table]:
    organisation = {"ownership": "None", "bulk": False, "tracked": False}
    return [
        table(
            "organization",
            c.text("name", "Name", 160, update=False),
            (
                c.whole("expirechangetrackingindays", "Days to Expire Change Tracking Deleted Records", 0, 365),
                c.whole("languagecode", "Language"),
                c.text("orgdborgsettings", "Settings", 4000),
                c.yes_no("isauditenabled", "Is Auditing Enabled"),
            ),
            schema_name="Organization",
            code=1019,
            **organisation,
        ),
        table(
            "businessunit",
            c.text("name", "Name", 160),
            (c.lookup("parentbusinessunitid", "Parent Business", "businessunit"), c.yes_no("isdisabled", "Is Disabled")),
            schema_name="BusinessUnit",
            code=10,
            **organisation,
        ),
        table(
            "role",
            c.text("name", "Name", 100, required="ApplicationRequired"),
            (
                c.lookup("businessunitid", "Business Unit", "businessunit"),
                c.lookup("roletemplateid", "Role Template", "role"),
                c.yes_no("iscustomizable", "Customizable", default=True),
            ),
            schema_name="Role",
            label="Security Role",
            code=1036,
            **organisation,
        ),
        table(
            "privilege",
            c.text("name", "Name", 100),
            (
                c.whole("accessright", "Access Right"),
                c.yes_no("canbebasic", "Can Be Basic", default=True),
                c.yes_no("canbedeep", "Can Be Deep", default=True),
                c.yes_no("canbeglobal", "Can Be Global", default=True),
                c.yes_no("canbelocal", "Can Be Local", default=True),
            ),
            schema_name="Privilege",
            code=1023,
            read_only=True,
            **organisation,
        ),
        table(
            "publisher",
            c.text("friendlyname", "Display Name", 256),
            (
                c.text("uniquename", "Name", 256),
                c.text("customizationprefix", "Prefix", 8),
                c.whole("customizationoptionvalueprefix", "Option Value Prefix", 10000, 99999),
            ),
            schema_name="Publisher",
            code=7101,
            **organisation,
        ),
        table(
            "solution",
            c.text("friendlyname", "Display Name", 256),
            (
                c.text("uniquename", "Name", 65),
                c.text("version", "Version", 256),
                c.yes_no("ismanaged", "Package Type", update=False),
                c.lookup("publisherid", "Publisher", "publisher"),
            ),
            schema_name="Solution",
            code=7100,
            **organisation,
        ),
        table(
            "sdkmessage",
            c.text("name", "Name", 256),
            (c.text("categoryname", "Category", 25),),
            schema_name="SdkMessage",
            code=4606,
            read_only=True,
            **organisation,
        ),
        table(
            "sdkmessagefilter",
            c.text("primaryobjecttypecode", "Primary Object Type Code", 100),
            (c.lookup("sdkmessageid", "SDK Message", "sdkmessage"), c.text("secondaryobjecttypecode", "Secondary", 100)),
            schema_name="SdkMessageFilter",
            code=4607,
            read_only=True,
            **organisation,
        ),
    ]


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
    for new in (*_people(), *_service(), *_sales(), *_administration()):
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
