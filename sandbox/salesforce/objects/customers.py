"""Accounts, contacts, and what individuals want done with their data."""

from sandbox.salesforce import schema
from sandbox.salesforce.objects import fields as f

_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


def _address(prefix: str) -> list[schema.Field]:
    return [
        f.area(f"{prefix}Street"),
        f.text(f"{prefix}City", 40),
        f.text(f"{prefix}State", 80),
        f.text(f"{prefix}PostalCode", 20),
        f.text(f"{prefix}Country", 80),
        f.compound(f"{prefix}Address", prefix),
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
        f.day("LastActivityDate", "", permissionable=False), *f.viewed(),
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
        f.day("LastActivityDate", "", permissionable=False), *f.viewed(), f.text("Languages__c", 100, label="Languages"),
        f.text("CrmKey__c", 40, external_id=True, unique=True, id_lookup=True, label="Customer key"),
    ])  # fmt: skip


def _individual() -> schema.Entity:
    return f.entity("Individual", "0PK", [
        f.text("LastName", 80, nillable=False), f.text("FirstName", 40), f.text("Name", 121, "", nillable=False),
        f.lookup("OwnerId", "User", None, nillable=False, default=""), f.flag("HasOptedOutTracking"),
        f.flag("HasOptedOutProfiling"), f.flag("HasOptedOutProcessing"), f.flag("HasOptedOutSolicit"),
        f.flag("HasOptedOutGeoTracking"), f.flag("ShouldForget"), f.flag("SendIndividualData"), f.flag("CanStorePiiElsewhere"),
    ])  # fmt: skip


def make() -> list[schema.Entity]:
    """The objects of this family."""
    return [_account(), _contact(), _individual()]
