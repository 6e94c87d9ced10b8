"""The org before any customer: organisation, profile, the integration user with its permission set, status tables."""

from sandbox.salesforce.objects import histories, sales, service
from sandbox.salesforce.org import Org
from sandbox.salesforce.saving import business, history


def set_up(org: Org) -> None:
    """The org without customers: organisation, profiles, the integration user and its permission set, status tables."""
    for parent, names in histories.USUAL.items():
        history.track(org, parent, names)
    org.organization = org.identifiers.make("00D")
    profile = {"Name": "Minimum Access - API Only Integrations", "UserType": "Standard", "PermissionsApiEnabled": True}
    now = org.stamp()
    org.api_user = org.identifiers.make("005")
    profile_id = business.system_row(org, "Profile", profile, org.api_user, now)
    stamps = {
        "CreatedDate": now,
        "LastModifiedDate": now,
        "SystemModstamp": now,
        "CreatedById": org.api_user,
        "LastModifiedById": org.api_user,
    }
    user = {
        "Id": org.api_user, "Username": "palaute@acme.example", "LastName": "Integration", "FirstName": "Palaute",
        "Name": "Palaute Integration",
        "Email": "palaute@acme.example", "Alias": "palaute", "IsActive": True, "TimeZoneSidKey": "Europe/Helsinki",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8", "UserType": "Standard", "LanguageLocaleKey": "en_US", "ProfileId": profile_id,
    }  # fmt: skip
    org.store.put("User", user | stamps)
    org.passwords[org.api_user] = "correct-horse" + "A1b2C3d4"
    settings = {"Name": "Acme", "OrganizationType": "Enterprise Edition", "InstanceName": "EU47",
    "TimeZoneSidKey": "Europe/Helsinki",
                "LanguageLocaleKey": "en_US", "DefaultLocaleSidKey": "en_US"}  # fmt: skip
    org.store.put("Organization", {"Id": org.organization} | settings | stamps)
    _permission_set(org, now)
    _status_tables(org, now)


def _permission_set(org: Org, now: str) -> None:
    rights = ("ApiEnabled", "ViewSetup", "CustomizeApplication", "EditActivatedOrders")
    values = {"Name": "Palaute_Access", "Label": "Palaute access", "Type": "Regular", "IsCustom": True}
    found = business.system_row(
        org, "PermissionSet", values | {f"Permissions{right}": True for right in rights}, org.api_user, now
    )
    business.system_row(org, "PermissionSetAssignment", {"PermissionSetId": found, "AssigneeId": org.api_user}, org.api_user, now)
    for entity in org.schema.entities.values():
        for column in entity.fields.values():
            if column.custom:
                granted = {"ParentId": found, "SobjectType": entity.name, "Field": f"{entity.name}.{column.name}"}
                business.system_row(
                    org, "FieldPermissions", granted | {"PermissionsRead": True, "PermissionsEdit": True}, org.api_user, now
                )
    for name in ("Account", "Contact", "Case", "Opportunity", "Order", "Task"):
        allowed = {"ParentId": found, "SobjectType": name, "PermissionsRead": True, "PermissionsEdit": name != "Account"}
        business.system_row(org, "ObjectPermissions", allowed, org.api_user, now)


def _status_tables(org: Org, now: str) -> None:
    for place, (label, closed) in enumerate(service.STATUSES.items(), 1):
        values = {"MasterLabel": label, "ApiName": label, "SortOrder": place, "IsDefault": place == 1, "IsClosed": closed}
        business.system_row(org, "CaseStatus", values, org.api_user, now)
    for place, (label, (probability, closed, won)) in enumerate(sales.STAGES.items(), 1):
        values = {"MasterLabel": label, "ApiName": label, "SortOrder": place, "IsActive": True, "IsClosed": closed, "IsWon": won,
                  "DefaultProbability": float(probability),
                  "ForecastCategory": "Closed" if won else "Omitted" if closed else "Pipeline"}  # fmt: skip
        business.system_row(org, "OpportunityStage", values, org.api_user, now)
