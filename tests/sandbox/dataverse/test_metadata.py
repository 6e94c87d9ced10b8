"""Reading and changing metadata: definitions, choices, keys, relationships and the model as XML."""

import time
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.sandbox.dataverse.conftest import Organization

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
CRM = "Microsoft.Dynamics.CRM."
INCIDENT = "EntityDefinitions(LogicalName='incident')"


def label(text: str) -> dict[str, Any]:
    """A label as clients send it."""
    return {
        "@odata.type": f"{CRM}Label",
        "LocalizedLabels": [{"@odata.type": f"{CRM}LocalizedLabel", "Label": text, "LanguageCode": 1033}],
    }


def column(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A column definition."""
    return {
        "@odata.type": f"{CRM}{kind}AttributeMetadata",
        "SchemaName": name,
        "DisplayName": label(name),
        "RequiredLevel": {"Value": "None"},
        **more,
    }


@pytest.fixture
def survey(org: Organization) -> Organization:
    """A custom table with a look-up to the case and an alternate key."""
    body = {
        "@odata.type": f"{CRM}EntityMetadata",
        "SchemaName": "palaute_Response",
        "DisplayName": label("Response"),
        "DisplayCollectionName": label("Responses"),
        "OwnershipType": "UserOwned",
        "Attributes": [
            column("String", "palaute_Name", IsPrimaryName=True, MaxLength=100),
            column("String", "palaute_Number", MaxLength=64),
            column("Integer", "palaute_Value", MinValue=0, MaxValue=10),
        ],
    }
    answer = org.done("POST", "EntityDefinitions", body)
    assert answer.headers["OData-EntityId"].startswith(f"{org.root}EntityDefinitions(")
    org.done(
        "POST",
        "EntityDefinitions(LogicalName='palaute_response')/Keys",
        {"SchemaName": "palaute_NumberKey", "KeyAttributes": ["palaute_number"]},
    )
    lookup = {"@odata.type": f"{CRM}LookupAttributeMetadata", "SchemaName": "palaute_IncidentId", "DisplayName": label("Case")}
    relationship = {
        "@odata.type": f"{CRM}OneToManyRelationshipMetadata",
        "SchemaName": "palaute_incident_response",
        "ReferencedEntity": "incident",
        "ReferencingEntity": "palaute_response",
        "CascadeConfiguration": {"Delete": "Cascade"},
        "Lookup": lookup,
    }
    org.done("POST", "RelationshipDefinitions", relationship)
    return org


def active(org: Organization) -> None:
    """Wait until the key's index is built."""
    for _ in range(100):
        keys = org.get("EntityDefinitions(LogicalName='palaute_response')/Keys?$select=SchemaName,EntityKeyIndexStatus")["value"]
        if keys[0]["EntityKeyIndexStatus"] == "Active":
            return
        time.sleep(0.02)
    raise AssertionError("the key did not become active")


def test_columns_tell_type_length_and_rights(org: Organization) -> None:
    path = "EntityDefinitions(LogicalName='incident')?$select=LogicalName,EntitySetName&$expand=Attributes"
    found = org.get(f"{path}($select=LogicalName,AttributeType,IsValidForUpdate,SchemaName)")
    columns = {one["LogicalName"]: one for one in found["Attributes"]}
    assert found["EntitySetName"] == "incidents"
    assert (columns["palaute_score"]["AttributeType"], columns["palaute_score"]["IsValidForUpdate"]) == ("Integer", True)
    assert columns["createdon"]["IsValidForUpdate"] is False
    memo = org.get(f"{INCIDENT}/Attributes(LogicalName='palaute_comment')")
    assert (memo["@odata.type"], memo["MaxLength"]) == (f"#{CRM}MemoAttributeMetadata", 10_000)


def test_closing_day_of_a_resolution_is_a_local_day(org: Organization) -> None:
    found = org.get("EntityDefinitions(LogicalName='incidentresolution')/Attributes(LogicalName='actualend')")
    assert (found["Format"], found["DateTimeBehavior"]["Value"]) == ("DateOnly", "UserLocal")


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("EntityDefinitions?$filter=LogicalName eq 'incident'&$select=LogicalName", 1),
        ("EntityDefinitions?$filter=IsActivity eq true&$select=LogicalName", 4),
        (
            f"{INCIDENT}/Attributes?$filter=AttributeType eq {CRM}AttributeTypeCode'Integer'",
            2,
        ),
        (f"{INCIDENT}/Attributes?$filter=startswith(LogicalName,'palaute_')", 4),
        (
            f"{INCIDENT}/Attributes/{CRM}StatusAttributeMetadata?$expand=OptionSet",
            1,
        ),
    ],
)
def test_definitions_can_be_filtered_and_cast(org: Organization, path: str, number: int) -> None:
    assert len(org.get(path)["value"]) == number


def test_definitions_can_be_counted(org: Organization) -> None:
    assert org.get("EntityDefinitions?$select=LogicalName&$count=true")["@odata.count"] > 20


def test_status_options_tell_their_state(org: Organization) -> None:
    path = f"{INCIDENT}/Attributes(LogicalName='statuscode')/{CRM}StatusAttributeMetadata"
    options = org.get(f"{path}?$select=LogicalName&$expand=OptionSet")["OptionSet"]["Options"]
    assert {one["Value"]: one["State"] for one in options}[1000] == 1


def test_relationships_name_their_navigation_properties(org: Organization) -> None:
    rows = org.get(f"{INCIDENT}/ManyToOneRelationships")["value"]
    names = {
        (one["ReferencingAttribute"], one["ReferencedEntity"]): one["ReferencingEntityNavigationPropertyName"] for one in rows
    }
    assert names["customerid", "contact"] == "customerid_contact"


def test_unknown_table_is_not_found(org: Organization) -> None:
    assert org.call("GET", "EntityDefinitions(LogicalName='nothing')").status_code == 404


def test_model_is_well_formed_and_consistent(org: Organization) -> None:
    root = ElementTree.fromstring(org.call("GET", "$metadata").content)
    types = {one.get("Name"): one for one in root.iter(f"{EDM}EntityType")}
    sets = {one.get("Name"): one.get("EntityType") for one in root.iter(f"{EDM}EntitySet")}
    assert sets["opportunities"] == f"{CRM}opportunity"
    for made in types.values():
        names = [one.get("Name") for one in made if one.get("Name")]
        assert len(names) == len(set(names))
        properties = {one.get("Name") for one in made.iter(f"{EDM}Property")}
        for link in made.iter(f"{EDM}NavigationProperty"):
            target = types[str(link.get("Type")).removeprefix("Collection(").rstrip(")").removeprefix("mscrm.")]
            assert link.get("Partner") in (None, *(one.get("Name") for one in target.iter(f"{EDM}NavigationProperty")))
            for constraint in link.iter(f"{EDM}ReferentialConstraint"):
                assert constraint.get("Property") in properties


@pytest.mark.parametrize(
    ("body", "value", "refused"),
    [
        (column("Integer", "palaute_Extra", MinValue=0, MaxValue=5), 5, 6),
        (column("Decimal", "palaute_Extra", MinValue=0, MaxValue=5, Precision=1), 2.5, 5.5),
        (column("String", "palaute_Extra", MaxLength=3), "abc", "abcd"),
        (column("Memo", "palaute_Extra", MaxLength=5, Format="TextArea"), "a\nb", "abcdef"),
        (column("DateTime", "palaute_Extra", Format="DateOnly", DateTimeBehavior={"Value": "DateOnly"}), "2026-01-02", "x"),
        (column("Boolean", "palaute_Extra", OptionSet={"TrueOption": {"Value": 1}, "FalseOption": {"Value": 0}}), True, "yes"),
        (column("Picklist", "palaute_Extra", OptionSet={"Options": [{"Value": 7, "Label": label("Seven")}]}), 7, 8),
    ],
)
def test_new_column_takes_values_at_once(org: Organization, body: dict[str, Any], value: Any, refused: Any) -> None:
    org.done("POST", f"{INCIDENT}/Attributes", body, MSCRM_SolutionUniqueName="palaute")
    case = org.case()
    org.done("PATCH", f"incidents({case})", {"palaute_extra": value}, If_Match="*")
    assert org.get(f"incidents({case})?$select=palaute_extra")["palaute_extra"] == value
    assert org.refused("PATCH", f"incidents({case})", {"palaute_extra": refused}, If_Match="*")[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        column("Integer", "noprefix"),
        column("Integer", "palaute_Score"),
        column("Nonsense", "palaute_Extra"),
        column("String", "palaute_Extra", MaxLength=5000),
        {"@odata.type": f"{CRM}IntegerAttributeMetadata"},
    ],
)
def test_impossible_column_is_refused(org: Organization, body: dict[str, Any]) -> None:
    assert org.refused("POST", f"{INCIDENT}/Attributes", body)[0] == 400


def test_column_is_widened_by_put(org: Organization) -> None:
    path = f"{INCIDENT}/Attributes(LogicalName='palaute_metric')"
    org.done("PUT", path, {**column("String", "palaute_Metric"), "MaxLength": 60})
    assert org.get(path)["MaxLength"] == 60


def test_column_takes_its_values_along_when_it_is_deleted(org: Organization) -> None:
    case = org.case(palaute_score=9)
    org.done("DELETE", f"{INCIDENT}/Attributes(LogicalName='palaute_score')")
    assert org.refused("GET", f"incidents({case})?$select=palaute_score")[0] == 400
    org.done("POST", f"{INCIDENT}/Attributes", column("Integer", "palaute_Score", MinValue=0, MaxValue=10))
    assert org.get(f"incidents({case})?$select=palaute_score")["palaute_score"] is None
    assert org.refused("DELETE", f"{INCIDENT}/Attributes(LogicalName='title')")[0] == 400


def test_lookup_is_deleted_with_its_relationship(survey: Organization) -> None:
    survey.done("DELETE", "RelationshipDefinitions(SchemaName='palaute_incident_response')")
    assert survey.refused("GET", "palaute_responses?$select=_palaute_incidentid_value")[0] == 400


def test_new_table_is_served_at_once(survey: Organization) -> None:
    case = survey.case()
    made = survey.create(
        "palaute_responses", palaute_name="n", palaute_value=9, **{"palaute_IncidentId@odata.bind": f"/incidents({case})"}
    )
    row = survey.get(f"palaute_responses({made})?$expand=palaute_IncidentId($select=title)")
    assert (row["palaute_value"], row["palaute_IncidentId"]["title"]) == (9, "It broke")
    assert survey.rows(f"incidents({case})/palaute_incident_response")
    survey.done("DELETE", f"incidents({case})")
    assert not survey.rows("palaute_responses")


def test_new_lookup_is_case_sensitive(survey: Organization) -> None:
    body = {"palaute_name": "n", "palaute_incidentid@odata.bind": f"/incidents({survey.case()})"}
    assert "undeclared property" in survey.refused("POST", "palaute_responses", body)[2]


def test_row_is_upserted_by_its_key_once_the_key_is_active(survey: Organization) -> None:
    address = "palaute_responses(palaute_number='r-1')"
    assert "is not valid for resource" in survey.refused("PATCH", address, {"palaute_value": 1})[2]
    active(survey)
    for value in (1, 2):
        survey.done("PATCH", address, {"palaute_value": value})
    assert [row["palaute_value"] for row in survey.rows("palaute_responses")] == [2]
    assert survey.get(address)["palaute_number"] == "r-1"
    assert survey.refused("GET", "palaute_responses(palaute_number='r-2')")[1] == "0x80060891"
    assert survey.refused("POST", "palaute_responses", {"palaute_number": "R-1"})[:2] == (412, "0x80060892")


@pytest.mark.parametrize("value", ["a/b", "a@b+c", "12:30", "50%"])
def test_key_value_with_a_reserved_sign_does_not_work(survey: Organization, value: str) -> None:
    active(survey)
    address = f"palaute_responses(palaute_number='{value.replace('%', '%25').replace('/', '%2F').replace('+', '%2B')}')"
    answer = survey.call("GET", survey.root + address)
    assert answer.status_code == (404 if value == "a@b" else 400)


def test_many_rows_are_upserted_by_key(survey: Organization) -> None:
    active(survey)
    kind = f"{CRM}palaute_response"
    rows = [
        {"@odata.type": kind, "palaute_value": n, "@odata.id": f"palaute_responses(palaute_number='r-{n % 2}')"} for n in range(4)
    ]
    survey.done("POST", f"palaute_responses/{CRM}UpsertMultiple", {"Targets": rows})
    assert sorted((row["palaute_number"], row["palaute_value"]) for row in survey.rows("palaute_responses")) == [
        ("r-0", 2),
        ("r-1", 3),
    ]


def test_table_is_deleted_with_its_relationships(survey: Organization) -> None:
    survey.done("DELETE", "EntityDefinitions(LogicalName='palaute_response')")
    assert survey.call("GET", "palaute_responses").status_code == 404
    assert survey.call("GET", f"incidents({survey.case()})/palaute_incident_response").status_code == 404


def test_what_led_to_a_deleted_table_is_gone(survey: Organization) -> None:
    many = {"SchemaName": "palaute_contact_response", "Entity1LogicalName": "contact", "Entity2LogicalName": "palaute_response"}
    survey.done("POST", "RelationshipDefinitions", {"@odata.type": f"{CRM}ManyToManyRelationshipMetadata", **many})
    lookup = {"@odata.type": f"{CRM}LookupAttributeMetadata", "SchemaName": "palaute_Latest"}
    ends = {"ReferencedEntity": "palaute_response", "ReferencingEntity": "contact"}
    one = {"SchemaName": "palaute_response_contact", **ends, "Lookup": lookup}
    survey.done("POST", "RelationshipDefinitions", {"@odata.type": f"{CRM}OneToManyRelationshipMetadata", **one})
    response = survey.create("palaute_responses", palaute_name="n")
    contact = survey.create("contacts", lastname="L", **{"palaute_Latest@odata.bind": f"/palaute_responses({response})"})
    survey.done("DELETE", "EntityDefinitions(LogicalName='palaute_response')")
    names = {row["SchemaName"] for row in survey.rows("RelationshipDefinitions?$select=SchemaName")}
    assert not any("response" in name for name in names)
    assert "_palaute_latest_value" not in survey.get(f"contacts({contact})", Prefer='odata.include-annotations="*"')
    assert survey.call("GET", "$metadata").status_code == 200


def test_customer_lookup_is_one_column_with_two_targets(survey: Organization) -> None:
    given = [
        {"SchemaName": f"palaute_response_{target}", "ReferencedEntity": target, "ReferencingEntity": "palaute_response"}
        for target in ("account", "contact")
    ]
    lookup = {"@odata.type": f"{CRM}ComplexLookupAttributeMetadata", "SchemaName": "palaute_CustomerId"}
    survey.done("POST", "CreateCustomerRelationships", {"OneToManyRelationships": given, "Lookup": lookup})
    account = survey.create("accounts", name="A")
    survey.create("palaute_responses", palaute_name="n", **{"palaute_CustomerId_account@odata.bind": f"/accounts({account})"})
    assert survey.rows("palaute_responses")[0]["_palaute_customerid_value"] == account


def test_metadata_needs_a_customizer(org: Organization) -> None:
    org.restrict({"prvReadIncident": "Global"})
    assert org.refused("POST", f"{INCIDENT}/Attributes", column("Integer", "palaute_Extra"))[0] == 403
