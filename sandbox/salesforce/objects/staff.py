"""Users, queues, tasks, the organisation, and who may do what."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import fields as f

_LANGUAGES = ("en_US", "fi", "sv")


def _user() -> schema.Entity:
    return f.entity("User", "005", [
        f.text("Username", 80, nillable=False, unique=True, id_lookup=True), f.text("LastName", 80, nillable=False),
        f.text("FirstName", 40, permissionable=False), f.text("Name", 121, "", nillable=False), f.text("CompanyName", 80),
        f.text("Department", 80), f.text("Title", 80), f.column("Email", "email", nillable=False, length=128),
        f.text("Alias", 8, nillable=False), f.flag("IsActive", permissionable=False),
        f.picklist("TimeZoneSidKey", ("Europe/Helsinki", "Europe/Stockholm", "GMT"), nillable=False, default="Europe/Helsinki"),
        f.picklist("LocaleSidKey", ("fi_FI", "sv_SE", "en_US"), nillable=False, default="en_US"),
        f.picklist("EmailEncodingKey", ("UTF-8", "ISO-8859-1"), nillable=False, default="UTF-8"),
        f.picklist("UserType", ("Standard", "AutomatedProcess"), "", nillable=False),
        f.picklist("LanguageLocaleKey", _LANGUAGES, nillable=False, default="en_US"),
        f.lookup("ProfileId", "Profile", "Users", nillable=False), f.lookup("ManagerId", "User", "ManagedUsers"),
        f.column("Phone", "phone", length=40), f.moment("LastLoginDate", "", permissionable=False),
    ], deletable=False)  # fmt: skip


def _group() -> schema.Entity:
    return f.entity("Group", "00G", [
        f.text("Name", 40, nillable=False), f.text("DeveloperName", 80), f.lookup("RelatedId", "User", None, ""),
        f.picklist("Type", ("Regular", "Queue", "Organization", "Role"), "c", nillable=False, default="Regular"),
        f.column("Email", "email", length=255),
    ])  # fmt: skip


def _others() -> list[schema.Entity]:
    task = f.entity("Task", "00T", [
        f.lookup("WhoId", ("Contact",), "Tasks", relationship="Who"),
        f.lookup("WhatId", ("Account", "Case", "Opportunity", "Order"), "Tasks", relationship="What"),
        f.text("Subject", 255), f.day("ActivityDate"),
        f.picklist("Status", ("Not Started", "In Progress", "Completed"), nillable=False, default="Not Started"),
        f.picklist("Priority", ("High", "Normal", "Low"), nillable=False, default="Normal"),
        f.flag("IsClosed", "", permissionable=False),
        f.lookup("OwnerId", ("User", "Group"), None, nillable=False, default=""), f.area("Description", 32000),
        f.flag("IsReminderSet"), f.moment("ReminderDateTime"),
    ])  # fmt: skip
    organization = f.entity("Organization", "00D", [
        f.text("Name", 80), f.text("OrganizationType", 40, ""), f.flag("IsSandbox", ""), f.text("InstanceName", 5, ""),
        f.text("TimeZoneSidKey", 40), f.text("LanguageLocaleKey", 40), f.text("DefaultLocaleSidKey", 40),
    ], createable=False, deletable=False)  # fmt: skip
    return [task, organization]


def _rights() -> list[schema.Entity]:
    user_rights = [
        f.flag(f"Permissions{name}")
        for name in ("ApiEnabled", "ModifyAllData", "ViewAllData", "ViewSetup", "CustomizeApplication", "EditActivatedOrders")
    ]
    profile = f.entity(
        "Profile", "00e", [f.text("Name", 255, nillable=False), f.text("UserType", 40, ""), *user_rights], deletable=False
    )
    permission_set = f.entity("PermissionSet", "0PS", [
        f.text("Name", 80, nillable=False, unique=True), f.text("Label", 80, nillable=False), f.area("Description", 255),
        f.flag("IsOwnedByProfile", ""), f.lookup("ProfileId", "Profile", None, ""), f.flag("IsCustom", ""),
        f.picklist("Type", ("Regular", "Profile", "Group"), "", nillable=False), *user_rights,
    ])  # fmt: skip
    assignment = f.entity("PermissionSetAssignment", "0Pa", [
        f.lookup("PermissionSetId", "PermissionSet", "Assignments", "c", nillable=False, cascade=True),
        f.lookup("AssigneeId", "User", "PermissionSetAssignments", "c", nillable=False),
    ])  # fmt: skip
    parent = f.lookup("ParentId", "PermissionSet", "FieldPerms", "c", nillable=False, cascade=True)
    field_permissions = f.entity("FieldPermissions", "01k", [
        parent, f.text("SobjectType", 80, "c", nillable=False), f.text("Field", 200, "c", nillable=False),
        f.flag("PermissionsRead"), f.flag("PermissionsEdit"),
    ], "Field Permissions")  # fmt: skip
    object_parent = f.lookup("ParentId", "PermissionSet", "ObjectPerms", "c", nillable=False, cascade=True)
    object_permissions = f.entity("ObjectPermissions", "110", [
        object_parent, f.text("SobjectType", 80, "c", nillable=False),
        *(f.flag(f"Permissions{name}") for name in ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")),
    ], "Object Permissions")  # fmt: skip
    return [profile, permission_set, assignment, field_permissions, object_permissions]


def make() -> list[schema.Entity]:
    """The objects of this family."""
    return [_user(), _group(), *_others(), *_rights()]
