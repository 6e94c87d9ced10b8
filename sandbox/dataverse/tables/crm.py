"""The tables of customers and service, with Microsoft's own names, lengths and choice values.

Source of names and values: Microsoft's table reference (learn.microsoft.com/dynamics365/developer/reference/entities).
"""

from sandbox.dataverse import schema
from sandbox.dataverse.tables import columns as c
from sandbox.dataverse.tables import common_columns


def score() -> tuple[schema.Column, ...]:
    """The custom columns that take a customer's answer."""
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


def people() -> list[schema.Table]:
    """Account, contact, user, team, queue."""
    return [_account(), _contact(), _user(), _team(), _queue()]


def _account() -> schema.Table:
    return c.table(
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
            *common_columns.account(),
        ),
        schema_name="Account",
        code=1,
    )


def _contact() -> schema.Table:
    return c.table(
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
            *common_columns.contact(),
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


def _user() -> schema.Table:
    return c.table(
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


def _team() -> schema.Table:
    return c.table(
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


def _queue() -> schema.Table:
    return c.table(
        "queue",
        c.text("name", "Name", 200, required="ApplicationRequired"),
        (c.text("emailaddress", "Incoming Email", 100), c.memo("description", "Description")),
        schema_name="Queue",
        code=2020,
    )


def service() -> list[schema.Table]:
    """Case, its resolution, task."""
    return [_incident(), _resolution(), _task()]


def _incident() -> schema.Table:
    return c.table(
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
            *common_columns.incident(),
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
            *score(),
        ),
        schema_name="Incident",
        label="Case",
        code=112,
    )


def _resolution() -> schema.Table:
    return c.activity(
        "incidentresolution",
        "IncidentResolution",
        4206,
        (
            c.lookup("incidentid", "Case", "incident"),
            c.whole("timespent", "Time Spent", 0),
            c.choice("resolutiontypecode", "Resolution Type", {5: "Problem Solved", 1000: "Information Provided"}),
        ),
        c.CLOSE_ACTIVITY,
    )


def _task() -> schema.Table:
    return c.activity(
        "task",
        "Task",
        4212,
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
