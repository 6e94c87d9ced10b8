"""The standard objects of the org, with the columns that matter here, and the custom columns that Palaute writes."""

from sandbox.salesforce import fields as f
from sandbox.salesforce import schema

CASE_STATUSES = {"New": False, "Working": False, "Escalated": False, "Closed": True, "Closed - No Response": True}
STAGES = {
    "Prospecting": (10, False, False), "Qualification": (20, False, False), "Proposal/Price Quote": (60, False, False),
    "Negotiation/Review": (80, False, False), "Closed Won": (100, True, True), "Closed Lost": (0, True, False),
}  # fmt: skip
ORDER_STATUSES = {"Draft": "Draft", "Activated": "Activated", "Delivered": "Activated"}
_LANGUAGES = ("en_US", "fi", "sv")
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


def score_columns() -> list[schema.Field]:
    """The custom columns that take an answer."""
    return [
        f.number("Palaute_Score__c", 4, 1, label="Palaute score"),
        f.area("Palaute_Comment__c", 32000, label="Palaute comment"),
        f.moment("Palaute_Answered_At__c", label="Palaute answered at"),
        f.text("Palaute_Metric__c", 40, label="Palaute metric"),
    ]


def _address(prefix: str) -> list[schema.Field]:
    return [
        f.area(f"{prefix}Street"),
        f.text(f"{prefix}City", 40),
        f.text(f"{prefix}State", 80),
        f.text(f"{prefix}PostalCode", 20),
        f.text(f"{prefix}Country", 80),
    ]


def _account() -> schema.Entity:
    return f.entity("Account", "001", [
        f.text("Name", 255, nillable=False, label="Account Name"),
        f.picklist("Type", ("Prospect", "Customer - Direct", "Customer - Channel", "Partner", "Other")),
        f.lookup("ParentId", "Account", "ChildAccounts"), *_address("Billing"), *_address("Shipping"),
        f.column("Phone", "phone", length=40), f.column("Website", "url", length=255), f.text("AccountNumber", 40),
        f.picklist("Industry", ("Retail", "Technology", "Energy", "Manufacturing", "Other")),
        f.number("AnnualRevenue", 18, 0, kind="currency"), f.number("NumberOfEmployees", 8, 0, kind="int"),
        f.area("Description", 32000), f.lookup("OwnerId", "User", None, nillable=False, default=""),
        f.lookup("MasterRecordId", "Account", None, "", permissionable=False),
        f.day("LastActivityDate", "", permissionable=False),
    ])  # fmt: skip


def _contact() -> schema.Entity:
    return f.entity("Contact", "003", [
        f.lookup("MasterRecordId", "Contact", None, "", permissionable=False), f.lookup("AccountId", "Account", "Contacts"),
        f.text("LastName", 80, nillable=False), f.text("FirstName", 40, permissionable=False),
        f.picklist("Salutation", ("Mr.", "Ms.", "Dr."), permissionable=False, length=40),
        f.text("Name", 121, "", nillable=False, label="Full Name"), *_address("Mailing"),
        f.column("Phone", "phone", length=40), f.column("MobilePhone", "phone", length=40),
        f.lookup("ReportsToId", "Contact", None), f.column("Email", "email", length=80, id_lookup=True), f.text("Title", 128),
        f.text("Department", 80), f.picklist("LeadSource", _SOURCES), f.day("Birthdate"), f.area("Description", 32000),
        f.lookup("OwnerId", "User", None, nillable=False, default=""),
        f.flag("HasOptedOutOfEmail", label="Email Opt Out"), f.flag("HasOptedOutOfFax"), f.flag("DoNotCall"),
        f.flag("IsEmailBounced", "", permissionable=False), f.moment("EmailBouncedDate", permissionable=False),
        f.text("EmailBouncedReason", 255, permissionable=False),
        f.lookup("IndividualId", "Individual", "Contacts", permissionable=False),
        f.day("LastActivityDate", "", permissionable=False), f.text("Languages__c", 100, label="Languages"),
        f.text("CrmKey__c", 40, external_id=True, unique=True, id_lookup=True, label="Customer key"),
    ])  # fmt: skip


def _individual() -> schema.Entity:
    return f.entity("Individual", "0PK", [
        f.text("LastName", 80, nillable=False), f.text("FirstName", 40), f.text("Name", 121, "", nillable=False),
        f.lookup("OwnerId", "User", None, nillable=False, default=""), f.flag("HasOptedOutTracking"),
        f.flag("HasOptedOutProfiling"), f.flag("HasOptedOutProcessing"), f.flag("HasOptedOutSolicit"),
        f.flag("HasOptedOutGeoTracking"), f.flag("ShouldForget"), f.flag("SendIndividualData"), f.flag("CanStorePiiElsewhere"),
    ])  # fmt: skip


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


def _case() -> schema.Entity:
    return f.entity("Case", "500", [
        f.lookup("MasterRecordId", "Case", None, "", permissionable=False),
        f.text("CaseNumber", 30, "", nillable=False, auto_number=True, id_lookup=True),
        f.lookup("ContactId", "Contact", "Cases"), f.lookup("AccountId", "Account", "Cases"),
        f.lookup("ParentId", "Case", "Cases"), f.lookup("ProductId", "Product2", "Cases"), f.text("SuppliedName", 80),
        f.column("SuppliedEmail", "email", length=80),
        f.text("SuppliedPhone", 40), f.text("SuppliedCompany", 80),
        f.picklist("Type", ("Question", "Problem", "Feature Request")),
        f.picklist("Status", tuple(CASE_STATUSES), permissionable=False, default="New", restricted=True),
        f.picklist("Reason", ("Installation", "Performance", "Breakdown", "Feedback", "Other")),
        f.picklist("Origin", ("Phone", "Email", "Web")), f.text("Subject", 255),
        f.picklist("Priority", ("High", "Medium", "Low"), default="Medium", restricted=True), f.area("Description", 32000),
        f.flag("IsClosed", "", permissionable=False), f.moment("ClosedDate", ""), f.flag("IsEscalated", permissionable=False),
        f.lookup("OwnerId", ("Group", "User"), None, nillable=False, default=""),
        f.flag("IsClosedOnCreate", "", permissionable=False),
        f.column("ContactPhone", "phone", "", length=40, via=("ContactId", "Phone"), permissionable=False),
        f.column("ContactMobile", "phone", "", length=40, via=("ContactId", "MobilePhone"), permissionable=False),
        f.column("ContactEmail", "email", "", length=80, via=("ContactId", "Email"), permissionable=False),
        f.area("Comments", 4000, permissionable=False), *score_columns(),
    ])  # fmt: skip


def _case_parts() -> list[schema.Entity]:
    status = f.entity("CaseStatus", "01J", [
        f.text("MasterLabel", 255, ""), f.text("ApiName", 255, ""), f.number("SortOrder", 9, 0, "", kind="int"),
        f.flag("IsDefault", ""), f.flag("IsClosed", ""),
    ], "Case Status Values", createable=False, updateable=False, deletable=False)  # fmt: skip
    comment = f.entity("CaseComment", "00a", [
        f.lookup("ParentId", "Case", "CaseComments", "c", nillable=False, cascade=True), f.flag("IsPublished"),
        f.area("CommentBody", 4000),
    ])  # fmt: skip
    history = f.entity("CaseHistory", "017", [
        f.lookup("CaseId", "Case", "Histories", "", nillable=False, cascade=True),
        f.picklist("Field", ("Status", "Owner", "created"), ""),
        f.picklist("DataType", ("Text", "EntityId"), ""), f.text("OldValue", 255, "", filterable=False),
        f.text("NewValue", 255, "", filterable=False),
    ], "Case History", createable=False, updateable=False, deletable=False)  # fmt: skip
    mail = f.entity("EmailMessage", "02s", [
        f.lookup("ParentId", "Case", "EmailMessages", cascade=True), f.lookup("RelatedToId", ("Case", "Account"), "Emails"),
        f.text("Subject", 3000), f.area("TextBody", 131072), f.text("FromName", 1000), f.text("FromAddress", 4000),
        f.text("ToAddress", 4000), f.flag("Incoming"), f.moment("MessageDate"),
        f.picklist("Status", ("0", "1", "2", "3", "4", "5"), nillable=False, default="0"),
    ])  # fmt: skip
    return [status, comment, history, mail]


def _opportunity() -> schema.Entity:
    return f.entity("Opportunity", "006", [
        f.lookup("AccountId", "Account", "Opportunities"), f.text("Name", 120, nillable=False), f.area("Description", 32000),
        f.picklist("StageName", tuple(STAGES), nillable=False), f.number("Amount", 18, 2, kind="currency"),
        f.number("Probability", 3, 0, kind="percent", permissionable=False), f.day("CloseDate", nillable=False),
        f.picklist("Type", ("Existing Customer - Upgrade", "New Customer")), f.text("NextStep", 255),
        f.picklist("LeadSource", _SOURCES), f.flag("IsClosed", "", permissionable=False),
        f.flag("IsWon", "", permissionable=False),
        f.picklist("ForecastCategory", ("Omitted", "Pipeline", "BestCase", "Forecast", "Closed"), "", nillable=False),
        f.lookup("OwnerId", "User", None, nillable=False, default=""), f.moment("LastStageChangeDate", "", permissionable=False),
        f.lookup("ContactId", "Contact", "Opportunities", "c", permissionable=False),
        f.flag("HasOpportunityLineItem", "", permissionable=False),
        *score_columns(),
    ], "Opportunities")  # fmt: skip


def _opportunity_parts() -> list[schema.Entity]:
    role = f.entity("OpportunityContactRole", "00K", [
        f.lookup("OpportunityId", "Opportunity", "OpportunityContactRoles", "c", nillable=False, cascade=True),
        f.lookup("ContactId", "Contact", "OpportunityContactRoles", nillable=False),
        f.picklist("Role", ("Business User", "Decision Maker", "Economic Buyer", "Other"), length=40), f.flag("IsPrimary"),
    ])  # fmt: skip
    stage = f.entity("OpportunityStage", "01K", [
        f.text("MasterLabel", 255, ""), f.text("ApiName", 255, ""), f.flag("IsActive", ""),
        f.number("SortOrder", 9, 0, "", kind="int"),
        f.flag("IsClosed", ""), f.flag("IsWon", ""), f.text("ForecastCategory", 40, ""),
        f.number("DefaultProbability", 3, 0, "", kind="percent"),
    ], createable=False, updateable=False, deletable=False)  # fmt: skip
    history = f.entity("OpportunityHistory", "008", [
        f.lookup("OpportunityId", "Opportunity", "OpportunityHistories", "", nillable=False, cascade=True),
        f.picklist("StageName", tuple(STAGES), "", nillable=False), f.number("Amount", 18, 2, "", kind="currency"),
        f.day("CloseDate", ""), f.number("Probability", 3, 0, "", kind="percent"),
    ], "Opportunity Histories", createable=False, updateable=False, deletable=False)  # fmt: skip
    return [role, stage, history]


def _order() -> schema.Entity:
    return f.entity("Order", "801", [
        f.lookup("OwnerId", ("Group", "User"), None, nillable=False, default=""), f.lookup("AccountId", "Account", "Orders"),
        f.lookup("OpportunityId", "Opportunity", "Orders"), f.day("EffectiveDate", nillable=False), f.day("EndDate"),
        f.picklist("Status", tuple(ORDER_STATUSES), nillable=False, restricted=True), f.area("Description", 32000),
        f.lookup("CustomerAuthorizedById", "Contact", None), f.lookup("BillToContactId", "Contact", None),
        f.lookup("ShipToContactId", "Contact", None),
        f.moment("ActivatedDate", "u", permissionable=False), f.lookup("ActivatedById", "User", None, "", permissionable=False),
        f.picklist("StatusCode", ("Draft", "Activated"), "", nillable=False),
        f.text("OrderNumber", 30, "", nillable=False, auto_number=True, id_lookup=True),
        f.picklist("Type", ("New", "Renewal")), f.text("Name", 80), f.text("PoNumber", 80), f.day("PoDate"),
        f.number("TotalAmount", 18, 2, "", kind="currency", nillable=False), *score_columns(),
    ])  # fmt: skip


def _others() -> list[schema.Entity]:
    product = f.entity("Product2", "01t", [
        f.text("Name", 255, nillable=False), f.text("ProductCode", 255), f.area("Description", 4000), f.flag("IsActive"),
        f.picklist("Family", ("None",)),
    ], label="Product")  # fmt: skip
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
    return [product, task, organization]


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


def make() -> schema.Schema:
    """A new org's objects."""
    made = schema.Schema()
    entities = [
        _account(), _contact(), _individual(), _user(), _group(), _case(), *_case_parts(), _opportunity(),
        *_opportunity_parts(), _order(), *_others(), *_rights(),
    ]  # fmt: skip
    for entity in entities:
        made.add(entity)
    return made
