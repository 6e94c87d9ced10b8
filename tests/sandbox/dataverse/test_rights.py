"""Rights come from roles: what is not held is refused by name, and can be given over the wire."""

from tests.sandbox.dataverse.conftest import Organization


def test_missing_privilege_is_named(org: Organization) -> None:
    case = org.case()
    org.restrict({"prvReadIncident": "Global"})
    org.get("incidents?$select=title")
    for method, path, body, name in (
        ("PATCH", f"incidents({case})", {"palaute_score": 1}, "prvWriteIncident"),
        ("DELETE", f"incidents({case})", None, "prvDeleteIncident"),
        ("POST", "incidents", {"title": "x"}, "prvCreateIncident"),
        ("GET", "contacts", None, "prvReadContact"),
        ("GET", "incidents?$expand=primarycontactid", None, "prvReadContact"),
        ("GET", "incidentresolutions", None, "prvReadActivity"),
    ):
        status, code, message = org.refused(method, path, body)
        assert (status, code) == (403, "0x80040220")
        assert f"is missing {name} privilege" in message


def test_privileges_are_given_to_a_role_over_the_wire(org: Organization) -> None:
    privilege = org.rows("privileges?$select=name&$filter=name eq 'prvWriteIncident'")[0]["privilegeid"]
    role = org.rows("roles?$filter=name eq 'Basic User'")[0]["roleid"]
    body = {"Privileges": [{"PrivilegeId": privilege, "Depth": "3"}]}
    org.done("POST", f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole", body)
    assert [row["name"] for row in org.rows(f"roles({role})/roleprivileges_association")] == ["prvWriteIncident"]


def test_user_s_privileges_are_listed_with_their_depth(org: Organization) -> None:
    org.restrict({"prvReadIncident": "Local", "prvReadContact": "Global"})
    user = org.get("WhoAmI")["UserId"]
    held = org.get(f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges")["RolePrivileges"]
    assert {one["PrivilegeName"]: one["Depth"] for one in held} == {"prvReadIncident": "Local", "prvReadContact": "Global"}


def test_impersonation_of_nobody_is_refused(org: Organization) -> None:
    assert org.refused("GET", "WhoAmI", MSCRMCallerID="00000000-0000-0000-0000-000000000001")[0] == 404


def test_a_user_is_impersonated_by_the_object_id_of_entra_or_by_its_own(peopled: Organization) -> None:
    users = peopled.rows("systemusers?$select=azureactivedirectoryobjectid&$filter=applicationid eq null")
    user, entra_id = users[0]["systemuserid"], users[0]["azureactivedirectoryobjectid"]
    assert peopled.get("WhoAmI", CallerObjectId=entra_id)["UserId"] == user
    assert peopled.get("WhoAmI", MSCRMCallerID=user)["UserId"] == user
    assert peopled.refused("GET", "WhoAmI", CallerObjectId=user)[0] == 404
