"""The tables of the organisation itself: units, roles, privileges, solutions, messages.

Source of names and values: Microsoft's table reference (learn.microsoft.com/dynamics365/developer/reference/entities).
"""

from sandbox.dataverse import schema
from sandbox.dataverse.tables import columns as c

_ORGANISATION = {"ownership": "None", "bulk": False, "tracked": False}


def administration() -> list[schema.Table]:
    """Tables that belong to no user."""
    return [
        _organization(),
        _businessunit(),
        _role(),
        _privilege(),
        _publisher(),
        _solution(),
        _sdkmessage(),
        _sdkmessagefilter(),
    ]


def _organization() -> schema.Table:
    return c.table(
        "organization",
        c.text("name", "Name", 160, update=False),
        (
            c.whole("expirechangetrackingindays", "Days to Expire Change Tracking Deleted Records", 0, 365),
            c.whole("languagecode", "Language"),
            c.text("orgdborgsettings", "Settings", 4000),
            c.yes_no("isauditenabled", "Is Auditing Enabled"),
            c.whole("auditretentionperiodv2", "Audit Retention Period Settings", -1, 365_000),
        ),
        schema_name="Organization",
        code=1019,
        **_ORGANISATION,
    )


def _businessunit() -> schema.Table:
    return c.table(
        "businessunit",
        c.text("name", "Name", 160),
        (c.lookup("parentbusinessunitid", "Parent Business", "businessunit"), c.yes_no("isdisabled", "Is Disabled")),
        schema_name="BusinessUnit",
        code=10,
        **_ORGANISATION,
    )


def _role() -> schema.Table:
    return c.table(
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
        **_ORGANISATION,
    )


def _privilege() -> schema.Table:
    return c.table(
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
        **_ORGANISATION,
    )


def _publisher() -> schema.Table:
    return c.table(
        "publisher",
        c.text("friendlyname", "Display Name", 256),
        (
            c.text("uniquename", "Name", 256),
            c.text("customizationprefix", "Prefix", 8),
            c.whole("customizationoptionvalueprefix", "Option Value Prefix", 10000, 99999),
        ),
        schema_name="Publisher",
        code=7101,
        **_ORGANISATION,
    )


def _solution() -> schema.Table:
    return c.table(
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
        **_ORGANISATION,
    )


def _sdkmessage() -> schema.Table:
    return c.table(
        "sdkmessage",
        c.text("name", "Name", 256),
        (c.text("categoryname", "Category", 25),),
        schema_name="SdkMessage",
        code=4606,
        read_only=True,
        **_ORGANISATION,
    )


def _sdkmessagefilter() -> schema.Table:
    return c.table(
        "sdkmessagefilter",
        c.text("primaryobjecttypecode", "Primary Object Type Code", 100),
        (c.lookup("sdkmessageid", "SDK Message", "sdkmessage"), c.text("secondaryobjecttypecode", "Secondary", 100)),
        schema_name="SdkMessageFilter",
        code=4607,
        read_only=True,
        **_ORGANISATION,
    )
