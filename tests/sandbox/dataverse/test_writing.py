"""Creating, changing and deleting rows: etags, upserts, keys, links, and the checks on values."""

from typing import Any

import pytest

from tests.sandbox.dataverse.conftest import Organization

NOBODY = "00000000-0000-0000-0000-000000000001"


def test_create_answers_with_the_address(org: Organization) -> None:
    answer = org.done("POST", "accounts", {"name": "Aalto"})
    assert answer.status_code == 204
    assert answer.headers["OData-EntityId"].startswith(f"{org.root}accounts(")


def test_create_can_answer_with_the_row(org: Organization) -> None:
    answer = org.done("POST", "accounts?$select=name", {"name": "Aalto"}, Prefer="return=representation")
    assert (answer.status_code, answer.json()["name"]) == (201, "Aalto")


def test_whole_tree_is_created_at_once(org: Organization) -> None:
    body = {
        "name": "Aalto",
        "primarycontactid": {"lastname": "A"},
        "contact_customer_accounts": [{"lastname": "B"}, {"lastname": "C"}],
    }
    account = org.create("accounts", **body)
    row = org.get(
        f"accounts({account})?$select=name&$expand=primarycontactid($select=lastname),contact_customer_accounts($select=lastname)"
    )
    assert row["primarycontactid"]["lastname"] == "A"
    assert sorted(one["lastname"] for one in row["contact_customer_accounts"]) == ["B", "C"]


def test_failed_tree_leaves_nothing(org: Organization) -> None:
    org.refused("POST", "accounts", {"name": "Aalto", "contact_customer_accounts": [{"lastname": "B"}, {"nope": 1}]})
    assert not org.rows("accounts")
    assert not org.rows("contacts")


def test_change_moves_stamp_version_and_etag(org: Organization) -> None:
    account = org.create("accounts", name="Aalto")
    before = org.get(f"accounts({account})")
    org.done("PATCH", f"accounts({account})", {"name": "Aalto Oy"}, If_Match=before["@odata.etag"])
    after = org.get(f"accounts({account})")
    assert after["versionnumber"] > before["versionnumber"]
    assert after["@odata.etag"] != before["@odata.etag"]


def test_change_of_an_old_version_is_refused(org: Organization) -> None:
    account = org.create("accounts", name="Aalto")
    old = org.get(f"accounts({account})")["@odata.etag"]
    org.done("PATCH", f"accounts({account})", {"name": "Aalto Oy"})
    for method in ("PATCH", "DELETE"):
        body = {"name": "x"} if method == "PATCH" else None
        assert org.refused(method, f"accounts({account})", body, If_Match=old)[:2] == (412, "0x80060882")


def test_patch_of_an_unknown_id_creates_unless_a_match_is_demanded(org: Organization) -> None:
    assert org.refused("PATCH", f"accounts({NOBODY})", {"name": "x"}, If_Match="*")[:2] == (404, "0x80040217")
    assert org.done("PATCH", f"accounts({NOBODY})", {"name": "x"}).status_code == 204
    assert org.get(f"accounts({NOBODY})")["name"] == "x"


def test_patch_can_be_kept_from_overwriting(org: Organization) -> None:
    account = org.create("accounts", name="Aalto")
    assert org.refused("PATCH", f"accounts({account})", {"name": "x"}, If_None_Match="*")[:2] == (412, "0x80040237")


def test_upsert_with_representation_tells_created_from_changed(org: Organization) -> None:
    statuses = [
        org.done("PATCH", f"accounts({NOBODY})", {"name": "x"}, Prefer="return=representation").status_code for _ in range(2)
    ]
    assert statuses == [201, 200]


def test_a_known_id_cannot_be_created_again(org: Organization) -> None:
    org.create("accounts", accountid=NOBODY, name="x")
    assert org.refused("POST", "accounts", {"accountid": NOBODY, "name": "x"})[0] == 412


@pytest.mark.parametrize(
    ("column", "value", "code", "words"),
    [
        ("palaute_score", 11, "0x80044330", "outside the valid range"),
        ("palaute_score", -1, "0x80044330", "outside the valid range"),
        ("palaute_score", "9", "0x80048d19", "Cannot convert the literal '9' to the expected type 'Edm.Int32'"),
        ("palaute_score", 9.5, "0x80048d19", "Edm.Int32"),
        ("palaute_score", True, "0x80048d19", "Edm.Int32"),
        ("palaute_comment", "x" * 10_001, "0x80044331", "exceeded the maximum allowed length of '10000'"),
        ("palaute_comment", "bell\u0007", "0x80040203", "Invalid character"),
        ("palaute_metric", "x" * 41, "0x80044331", "maximum allowed length of '40'"),
        ("palaute_answeredat", "yesterday", "0x80048d19", "Edm.DateTimeOffset"),
        ("palaute_answeredat", "1700-01-01T00:00:00Z", "0x80044312", "Date is less than the minimum value"),
        ("prioritycode", 9, "0x8004431a", "Accepted Values: 1,2,3"),
        ("nope", 1, "0x80048d19", "The property 'nope' does not exist on type 'Microsoft.Dynamics.CRM.incident'"),
        ("Primarycontactid@odata.bind", "/contacts(x)", "0x80048d19", "An undeclared property 'Primarycontactid'"),
        ("primarycontactid", NOBODY, "0x80048d19", "navigation property"),
        ("_primarycontactid_value", NOBODY, "0x80060888", "Use Navigation properties instead"),
        ("primarycontactid@odata.bind", f"/contacts({NOBODY})", "0x80040217", "Does Not Exist"),
    ],
)
def test_value_that_does_not_fit_is_refused(org: Organization, column: str, value: Any, code: str, words: str) -> None:
    case = org.case()
    _, found, message = org.refused("PATCH", f"incidents({case})", {column: value}, If_Match="*")
    assert found == code
    assert words in message


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("palaute_score", 10, 10),
        ("palaute_score", None, None),
        ("palaute_comment", "Hyvä 👍\nkiitos", "Hyvä 👍\nkiitos"),
        ("palaute_comment", "", None),
        ("palaute_answeredat", "2026-01-02T03:04:05.678+02:00", "2026-01-02T01:04:05Z"),
        ("createdon", "2000-01-01T00:00:00Z", "unchanged"),
        ("versionnumber", 5, "unchanged"),
    ],
)
def test_value_is_kept_like_this(org: Organization, column: str, value: Any, kept: Any) -> None:
    case = org.case()
    before = org.get(f"incidents({case})")[column]
    org.done("PATCH", f"incidents({case})", {column: value}, If_Match="*")
    after = org.get(f"incidents({case})")[column]
    if column == "versionnumber":
        assert after > before
    else:
        assert after == (before if kept == "unchanged" else kept)


def test_broken_json_is_refused(org: Organization) -> None:
    status, code, _ = org.refused("POST", "accounts", b'{"name": ', Content_Type="application/json")
    assert (status, code) == (400, "0x80048d19")


def test_other_content_types_are_refused(org: Organization) -> None:
    assert org.refused("POST", "accounts", b"name=x", Content_Type="text/plain")[0] == 415


def test_customer_may_be_a_company_or_a_person(org: Organization) -> None:
    account = org.create("accounts", name="Aalto")
    case = org.create("incidents", title="x", **{"customerid_account@odata.bind": f"/accounts({account})"})
    row = org.get(
        f"incidents({case})?$expand=customerid_contact,customerid_account($select=name)", Prefer='odata.include-annotations="*"'
    )
    assert row["_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert (row["customerid_contact"], row["customerid_account"]["name"]) == (None, "Aalto")


def test_case_without_customer_is_refused(org: Organization) -> None:
    assert "specify a parent contact or account" in org.refused("POST", "incidents", {"title": "x"})[2]


def test_case_gets_a_ticket_number(org: Organization) -> None:
    number = org.get(f"incidents({org.case()})")["ticketnumber"]
    assert number[:4] == "CAS-"
    assert len(number) == len("CAS-01234-A1B2C3")


def test_lookup_is_set_and_cleared(org: Organization) -> None:
    case = org.case()
    org.done("PATCH", f"incidents({case})", {"primarycontactid@odata.bind": None}, If_Match="*")
    assert org.get(f"incidents({case})")["_primarycontactid_value"] is None
    contact = org.create("contacts", lastname="X")
    org.done("PUT", f"incidents({case})/primarycontactid/$ref", {"@odata.id": f"{org.root}contacts({contact})"})
    assert org.get(f"incidents({case})")["_primarycontactid_value"] == contact
    org.done("DELETE", f"incidents({case})/primarycontactid/$ref")
    assert org.get(f"incidents({case})")["_primarycontactid_value"] is None


def test_single_property_is_set_and_cleared(org: Organization) -> None:
    case = org.case()
    org.done("PUT", f"incidents({case})/palaute_score", {"value": 7})
    assert org.get(f"incidents({case})")["palaute_score"] == 7
    org.done("DELETE", f"incidents({case})/palaute_score")
    assert org.get(f"incidents({case})")["palaute_score"] is None


def test_owner_may_be_a_team(org: Organization) -> None:
    team = org.create("teams", name="Support")
    case = org.case()
    org.done("PATCH", f"incidents({case})", {"ownerid@odata.bind": f"/teams({team})"}, If_Match="*")
    row = org.get(f"incidents({case})?$expand=owningteam($select=name),ownerid")
    assert (row["_owninguser_value"], row["owningteam"]["name"], row["ownerid"]["ownerid"]) == (None, "Support", team)


def test_delete_takes_close_activities_along_and_clears_references(org: Organization) -> None:
    contact = org.create("contacts", lastname="X")
    account = org.create("accounts", name="A", **{"primarycontactid@odata.bind": f"/contacts({contact})"})
    org.done("DELETE", f"contacts({contact})")
    assert org.get(f"accounts({account})")["_primarycontactid_value"] is None
    assert org.refused("DELETE", f"contacts({contact})")[0] == 404


def test_role_is_given_to_a_user_and_taken_away(org: Organization) -> None:
    user = org.get("WhoAmI")["UserId"]
    role = org.rows("roles?$filter=name eq 'Basic User'")[0]["roleid"]
    org.done("POST", f"systemusers({user})/systemuserroles_association/$ref", {"@odata.id": f"{org.root}roles({role})"})
    assert len(org.rows(f"systemusers({user})/systemuserroles_association")) == 2
    org.done("DELETE", f"systemusers({user})/systemuserroles_association({role})/$ref")
    assert len(org.rows(f"systemusers({user})/systemuserroles_association")) == 1


class TestMultiple:
    """CreateMultiple, UpdateMultiple and UpsertMultiple."""

    TYPE = "Microsoft.Dynamics.CRM.incident"

    def test_update_is_all_or_nothing(self, org: Organization) -> None:
        good, other = org.case(), org.case()
        rows = [
            {"@odata.type": self.TYPE, "incidentid": good, "palaute_score": 9},
            {"@odata.type": self.TYPE, "incidentid": other, "palaute_score": 11},
        ]
        assert org.refused("POST", "incidents/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": rows})[1] == "0x80044330"
        assert org.get(f"incidents({good})")["palaute_score"] is None
        rows[1]["palaute_score"] = 10
        assert org.done("POST", "incidents/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": rows}).status_code == 204
        assert [org.get(f"incidents({one})")["palaute_score"] for one in (good, other)] == [9, 10]

    def test_update_of_a_missing_row_is_refused(self, org: Organization) -> None:
        rows = [{"@odata.type": self.TYPE, "incidentid": NOBODY, "palaute_score": 9}]
        status, code, message = org.refused("POST", "incidents/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": rows})
        assert (status, code) == (404, "0x80040217")
        assert message == f"Entity 'incident' With Ids = {NOBODY} Do Not Exist"

    def test_create_answers_with_ids(self, org: Organization) -> None:
        rows = [{"@odata.type": "Microsoft.Dynamics.CRM.account", "name": name} for name in "ab"]
        ids = org.done("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": rows}).json()["Ids"]
        assert [org.get(f"accounts({one})")["name"] for one in ids] == ["a", "b"]

    def test_messages_can_be_taken_away(self, org: Organization) -> None:
        rows = [{"@odata.type": self.TYPE, "incidentid": org.case(), "palaute_score": 9}]
        org.dataverse.faults.add("no_bulk")
        assert org.refused("POST", "incidents/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": rows})[1] == "0x80040800"

    def test_rows_must_name_their_type(self, org: Organization) -> None:
        assert org.refused("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [{"name": "a"}]})[0] == 400

    def test_table_without_the_message_refuses(self, org: Organization) -> None:
        condition = "sdkmessageid/name eq @m and primaryobjecttypecode eq @t"
        probe = f"sdkmessagefilters?$select=sdkmessagefilterid&$filter={condition}&@m='UpdateMultiple'&@t="
        assert org.rows(probe + "'incident'")
        assert not org.rows(probe + "'role'")
        rows = [{"@odata.type": "Microsoft.Dynamics.CRM.role", "name": "x"}]
        assert org.refused("POST", "roles/Microsoft.Dynamics.CRM.UpdateMultiple", {"Targets": rows})[1] == "0x80040800"


def test_locked_row_is_refused_once(org: Organization) -> None:
    case = org.case()
    org.dataverse.faults.add("lock_rows", count=1)
    assert org.refused("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*")[1] == "0x80044150"
    org.done("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*")


def test_veto_of_a_plugin_comes_in_its_own_words(org: Organization) -> None:
    case = org.case()
    org.dataverse.faults.add("partial_failure", count=1, message="No!")
    assert org.refused("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*") == (400, "0x80040265", "No!")


def test_absent_column_cannot_be_read_written_or_described(org: Organization) -> None:
    case = org.case()
    org.dataverse.faults.add("hide_field", field="incident.palaute_score")
    assert org.refused("GET", "incidents?$select=palaute_score")[0] == 400
    assert org.refused("PATCH", f"incidents({case})", {"palaute_score": 9}, If_Match="*")[1] == "0x80048d19"
    assert "palaute_score" not in org.get(f"incidents({case})")
    names = [
        one["LogicalName"] for one in org.get("EntityDefinitions(LogicalName='incident')/Attributes?$select=LogicalName")["value"]
    ]
    assert "palaute_score" not in names
    assert b"palaute_score" in org.call("GET", "$metadata").content


def test_secured_column_reads_as_null_and_cannot_be_written(org: Organization) -> None:
    contact = org.create("contacts", lastname="X", donotemail=True)
    org.dataverse.faults.add("hide_field", field="contact.donotemail", secured=True)
    assert org.get(f"contacts({contact})?$select=donotemail")["donotemail"] is None
    assert not org.rows("contacts?$filter=donotemail eq true")
    assert org.refused("PATCH", f"contacts({contact})", {"donotemail": False}, If_Match="*")[0] == 403
    assert org.dataverse.records("contact", [contact])[0]["donotemail"] is True
