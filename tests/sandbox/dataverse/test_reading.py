"""Reading rows: columns, conditions, order, what comes along, counts, annotations."""

from typing import Any

import pytest

from tests.sandbox.dataverse.conftest import Organization

FORMATTED = "OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def people(org: Organization) -> Organization:
    """Six contacts, two of them of one account."""
    account = org.create("accounts", name="Aalto Oy", revenue=1000.5)
    rows: list[dict[str, Any]] = [
        {"firstname": "Aino", "lastname": "Mäki", "emailaddress1": "aino@example.com", "birthdate": "1980-01-31"},
        {"firstname": "Bo", "lastname": "Berg", "emailaddress1": "bo@example.com", "donotemail": True},
        {"firstname": "Carl", "lastname": "O'Neil"},
        {"firstname": "Dora", "lastname": "aalto"},
        {"firstname": "Eeva", "lastname": "Aho", "parentcustomerid_account@odata.bind": f"/accounts({account})"},
        {"firstname": "Filip", "lastname": "Zorn", "parentcustomerid_account@odata.bind": f"/accounts({account})"},
    ]
    for row in rows:
        org.create("contacts", **row)
    return org


def names(org: Organization, condition: str) -> str:
    """Initials of the contacts that fulfil a condition."""
    rows = org.rows(f"contacts?$select=firstname&$filter={condition}")
    return "".join(sorted(row["firstname"][0] for row in rows))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("lastname eq 'MAKI'", "A"),
        ("lastname eq 'O''Neil'", "C"),
        ("startswith(lastname,'a')", "DE"),
        ("endswith(lastname,'n')", "F"),
        ("contains(emailaddress1,'example')", "AB"),
        ("not contains(emailaddress1,'example')", "CDEF"),
        ("emailaddress1 eq null", "CDEF"),
        ("emailaddress1 ne 'bo@example.com'", "ACDEF"),
        ("emailaddress1 ne null", "AB"),
        ("donotemail eq true", "B"),
        ("donotemail", "B"),
        ("lastname gt 'm' and lastname lt 'p'", "AC"),
        ("birthdate eq 1980-01-31", "A"),
        ("birthdate lt 1980-01-31", ""),
        ("firstname eq lastname", ""),
        ("parentcustomerid_account/name eq 'aalto oy'", "EF"),
        ("parentcustomerid_account/name eq null", "ABCD"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=['aino','BO','x'])", "AB"),
        ("Microsoft.Dynamics.CRM.NotIn(PropertyName='firstname',PropertyValues=['aino','BO'])", "CDEF"),
        ("Microsoft.Dynamics.CRM.Between(PropertyName='firstname',PropertyValues=['b','d'])", "BC"),
        ("Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", "ABCDEF"),
        ("Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='ownerid')", ""),
        ("Microsoft.Dynamics.CRM.Today(PropertyName='createdon')", "ABCDEF"),
        ("Microsoft.Dynamics.CRM.Yesterday(PropertyName='createdon')", ""),
        ("Microsoft.Dynamics.CRM.LastXHours(PropertyName='createdon',PropertyValue=2)", "ABCDEF"),
        ("Microsoft.Dynamics.CRM.OlderThanXDays(PropertyName='createdon',PropertyValue=2)", ""),
        ("Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='birthdate',PropertyValue=1980-01-31)", "A"),
        ("createdon ge 2000-01-01T00:00:00.5Z and createdon lt 2999-01-01", "ABCDEF"),
        ("createdon ge 2000-01-01T00:00:00+02:00", ""),
    ],
)
def test_condition_finds_these_people(people: Organization, condition: str, found: str) -> None:
    if "+02:00" in condition:
        assert people.refused("GET", f"contacts?$filter={condition.replace('+', ' ')}")[0] == 400
        assert names(people, condition.replace("+", "%2B")) == "ABCDEF"
    else:
        assert names(people, condition) == found


def test_condition_over_related_rows(people: Organization) -> None:
    assert people.rows("accounts?$filter=contact_customer_accounts/any(c:c/lastname eq 'zorn')")
    assert not people.rows("accounts?$filter=contact_customer_accounts/all(c:c/lastname eq 'zorn')")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("contacts?$select=nope", "Could not find a property named 'nope' on type 'Microsoft.Dynamics.CRM.contact'."),
        ("contacts?$filter=nope eq 1", "Could not find a property named 'nope'"),
        ("contacts?$filter=firstname eq 1", "incompatible types"),
        ("contacts?$filter=contactid eq 'x'", "incompatible types"),
        ("contacts?$filter=tolower(firstname) eq 'x'", "tolower"),
        ("contacts?$orderby=firstname up", "Syntax error"),
        ("contacts?$expand=nope", "Could not find a property named 'nope'"),
        ("contacts?$expand=parentcustomerid_account($orderby=name)", "Only $select and $filter clause can be provided"),
        ("contacts?$skip=5", "Skip Clause is not supported in CRM"),
        ("contacts?$top=x", "$top"),
        ("contacts?$bogus=1", "$bogus"),
        ("contacts?$select=firstname&$select=lastname", "more than once"),
        (
            "accounts?$expand=contact_customer_accounts/$ref",
            "Expand with $ref is only supported on lookup type navigation property.",
        ),
        ("accounts?$expand=contact_customer_accounts($skip=1)", "is not valid in a $select or $expand expression"),
    ],
)
def test_wrong_options_are_refused_in_the_service_s_words(org: Organization, path: str, message: str) -> None:
    status, code, words = org.refused("GET", path)
    assert (status, code) == (400, "0x80060888")
    assert message in words


def test_more_than_five_hundred_conditions_are_refused_but_one_list_is_not(org: Organization) -> None:
    many = [f"'{number}'" for number in range(501)]
    either = " or ".join(f"firstname eq {one}" for one in many)
    assert "maximum limit" in org.refused("GET", f"contacts?$filter={either}")[2]
    assert not org.rows(f"contacts?$filter=Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=[{','.join(many)}])")


def test_more_than_fifteen_expansions_are_refused(org: Organization) -> None:
    assert org.refused("GET", "contacts?$expand=" + ",".join(["parentcustomerid_account"] * 16))[0] == 400


@pytest.mark.parametrize("path", ["nothing", "contacts/nothing", "contacts(00000000-0000-0000-0000-000000000001)/nothing"])
def test_unknown_segments_are_not_found(org: Organization, path: str) -> None:
    assert org.call("GET", path).status_code == 404


def test_missing_row_is_named_in_the_message(org: Organization) -> None:
    record = "00000000-0000-0000-0000-000000000001"
    assert org.refused("GET", f"contacts({record})") == (404, "0x80040217", f"Entity 'contact' With Id = {record} Does Not Exist")


def test_the_key_comes_along_unasked(people: Organization) -> None:
    row = people.get("contacts?$select=firstname&$top=1")["value"][0]
    assert set(row) == {"@odata.etag", "firstname", "contactid"}


def test_order_by_text_ignores_case_and_accents(people: Organization) -> None:
    rows = people.rows("contacts?$select=lastname&$orderby=lastname desc")
    assert [row["lastname"] for row in rows] == ["Zorn", "O'Neil", "Mäki", "Berg", "Aho", "aalto"]


def test_nulls_come_first_and_ties_by_the_second_column(people: Organization) -> None:
    rows = people.rows("contacts?$select=firstname&$orderby=emailaddress1,firstname desc")
    assert "".join(row["firstname"][0] for row in rows) == "FEDCAB"


def test_order_by_a_related_column(people: Organization) -> None:
    rows = people.rows("contacts?$select=firstname&$orderby=parentcustomerid_account/name desc,firstname")
    assert "".join(row["firstname"][0] for row in rows) == "EFABCD"


def test_count_is_given_beside_the_page_and_alone(people: Organization) -> None:
    page = people.get("contacts?$select=firstname&$count=true&$top=2&$filter=emailaddress1 eq null")
    assert (page["@odata.count"], len(page["value"])) == (4, 2)
    assert people.call("GET", "contacts/$count?$filter=emailaddress1 eq null").content.decode("utf-8-sig") == "4"


def test_lookup_expands_and_absent_one_is_null(people: Organization) -> None:
    rows = people.rows("contacts?$select=firstname&$expand=parentcustomerid_account($select=name)&$orderby=firstname")
    assert rows[0]["parentcustomerid_account"] is None
    assert rows[5]["parentcustomerid_account"]["name"] == "Aalto Oy"


def test_lookup_expands_through_several_levels(people: Organization) -> None:
    path = (
        "contacts?$expand=parentcustomerid_account($select=name;$expand=createdby($select=fullname))&$filter=firstname eq 'eeva'"
    )
    inner = people.rows(path)[0]["parentcustomerid_account"]["createdby"]
    assert inner["systemuserid"] == inner["ownerid"]


def test_single_level_collection_is_whole_and_its_link_leads_to_the_same_rows(people: Organization) -> None:
    row = people.get(
        "accounts?$select=name&$expand=contact_customer_accounts($select=firstname;$orderby=firstname desc)",
        Prefer="odata.maxpagesize=1",
    )
    account = row["value"][0]
    assert [one["firstname"] for one in account["contact_customer_accounts"]] == ["Filip", "Eeva"]
    again = people.get(account["contact_customer_accounts@odata.nextLink"])
    assert [one["firstname"] for one in again["value"]] == ["Filip", "Eeva"]


def test_nested_expansion_pages_its_collections(people: Organization) -> None:
    path = "accounts?$select=name&$expand=contact_customer_accounts($select=firstname;$expand=createdby($select=fullname))"
    account = people.get(path, Prefer="odata.maxpagesize=1")["value"][0]
    first = account["contact_customer_accounts"]
    rest = people.get(account["contact_customer_accounts@odata.nextLink"])["value"]
    assert (len(first), len(rest)) == (1, 1)
    assert first[0]["contactid"] != rest[0]["contactid"]


def test_expanded_reference_gives_the_link_only(people: Organization) -> None:
    row = people.rows("contacts?$select=firstname&$expand=parentcustomerid_account/$ref&$filter=firstname eq 'Eeva'")[0]
    assert row["parentcustomerid_account"] == {"@odata.id": f"{people.root}accounts({row['_parentcustomerid_value']})"}


def test_annotations_come_only_when_preferred(people: Organization) -> None:
    path = "contacts?$select=donotemail,_parentcustomerid_value,birthdate,createdon&$filter=firstname eq 'Eeva'"
    plain, full = people.rows(path)[0], people.rows(path, Prefer='odata.include-annotations="*"')[0]
    assert not any("@" in name for name in plain if name != "@odata.etag")
    assert full[f"donotemail@{FORMATTED}"] == "Allow"
    assert full[f"_parentcustomerid_value@{FORMATTED}"] == "Aalto Oy"
    assert full["_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert full["_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] == "parentcustomerid_account"


def test_one_kind_of_annotation_can_be_preferred(people: Organization) -> None:
    row = people.rows(
        "contacts?$select=_parentcustomerid_value&$filter=firstname eq 'Eeva'", Prefer=f'odata.include-annotations="{FORMATTED}"'
    )[0]
    assert [name for name in row if "@" in name and name != "@odata.etag"] == [f"_parentcustomerid_value@{FORMATTED}"]


def test_control_information_can_be_left_out(people: Organization) -> None:
    path = "contacts?$select=firstname&$expand=parentcustomerid_account($select=name)&$count=true"
    answer = people.call("GET", path, Accept="application/json;odata.metadata=none", Prefer="odata.maxpagesize=2")
    assert answer.headers["Content-Type"] == "application/json; odata.metadata=none"
    page = answer.json()
    assert set(page) == {"@odata.count", "@odata.nextLink", "value"}
    assert set(page["value"][0]) == {"firstname", "contactid", "parentcustomerid_account"}


def test_preferences_are_echoed(people: Organization) -> None:
    answer = people.call("GET", "contacts?$select=firstname", Prefer='odata.maxpagesize=2,odata.include-annotations="*"')
    assert answer.headers["Preference-Applied"] == 'odata.maxpagesize=2,odata.include-annotations="*"'


def test_a_known_etag_is_not_sent_again(people: Organization) -> None:
    row = people.get("contacts?$select=firstname&$top=1")["value"][0]
    address = f"contacts({row['contactid']})"
    assert people.call("GET", address, If_None_Match=row["@odata.etag"]).status_code == 304
    people.done("PATCH", address, {"jobtitle": "x"}, If_Match="*")
    assert people.call("GET", address, If_None_Match=row["@odata.etag"]).status_code == 200


def test_single_properties_and_related_rows_have_addresses(people: Organization) -> None:
    row = people.rows("contacts?$filter=firstname eq 'Eeva'")[0]
    address = f"contacts({row['contactid']})"
    assert people.get(f"{address}/firstname")["value"] == "Eeva"
    assert people.call("GET", f"{address}/firstname/$value").text == "Eeva"
    assert people.call("GET", f"{address}/jobtitle").status_code == 204
    assert people.get(f"{address}/parentcustomerid_account?$select=name")["name"] == "Aalto Oy"
    assert len(people.get(f"{address}/parentcustomerid_account/contact_customer_accounts")["value"]) == 2
    assert people.call("GET", f"{address}/parentcustomerid_account/contact_customer_accounts/$count").text.endswith("2")


def test_etag_is_weak_and_holds_the_version(people: Organization) -> None:
    row = people.get("contacts?$select=versionnumber&$top=1")["value"][0]
    assert row["@odata.etag"] == f'W/"{row["versionnumber"]}"'


def test_long_addresses_are_refused(org: Organization) -> None:
    assert org.refused("GET", "contacts?$filter=firstname eq '" + "x" * 33_000 + "'")[0] == 414


def test_aggregation_groups_and_counts(peopled: Organization) -> None:
    rows = peopled.get("incidents?$apply=groupby((prioritycode),aggregate($count as n))")["value"]
    assert sum(row["n"] for row in rows) == 25
    assert all(f"prioritycode@{FORMATTED}" in row for row in rows)


def test_aggregation_filters_and_totals(peopled: Organization) -> None:
    totals = "totalamount with sum as total,totalamount with max as top,$count as n"
    path = f"salesorders?$apply=filter(statecode eq 0)/aggregate({totals})"
    made = peopled.get(path)["value"][0]
    amounts = [row["totalamount"] for row in peopled.rows("salesorders?$select=totalamount")]
    assert made == {"total": pytest.approx(sum(amounts)), "top": max(amounts), "n": len(amounts)}


def test_aggregation_over_a_related_column(peopled: Organization) -> None:
    rows = peopled.get("incidents?$apply=groupby((primarycontactid/fullname),aggregate($count as n))&$orderby=n desc&$top=3")[
        "value"
    ]
    assert len(rows) == 3
    assert set(rows[0]) == {"primarycontactid_fullname", "n"}


def test_service_document_lists_entity_sets(org: Organization) -> None:
    assert {"incidents", "opportunitycloses", "ordercloses"} <= {one["name"] for one in org.get("")["value"]}


def test_who_am_i_tells_user_unit_and_organisation(org: Organization) -> None:
    who = org.get("WhoAmI")
    assert org.get(f"systemusers({who['UserId']})?$select=applicationid")["applicationid"] is not None
    assert org.rows("organizations")[0]["organizationid"] == who["OrganizationId"]


def test_total_record_count(peopled: Organization) -> None:
    made = peopled.get("RetrieveTotalRecordCount(EntityNames=['incident','salesorder'])")["EntityRecordCountCollection"]
    assert made["Values"] == [25, 5]


def test_every_answer_carries_the_sandbox_date_and_the_rest_of_the_limits(org: Organization) -> None:
    headers = org.call("GET", "WhoAmI").headers
    assert headers["Date"].endswith("GMT")
    assert headers["OData-Version"] == "4.0"
    assert int(headers["x-ms-ratelimit-burst-remaining-xrm-requests"]) > 5000


@pytest.mark.parametrize("path", ["nopes", "incidents(00000000-0000-0000-0000-000000000001)"])
def test_an_error_tells_more_when_annotations_are_preferred(org: Organization, path: str) -> None:
    plain = org.call("GET", path).json()["error"]
    assert set(plain) == {"code", "message"}
    told = org.call("GET", path, Prefer='odata.include-annotations="*"').json()["error"]
    assert told["@Microsoft.PowerApps.CDS.InnerError.Message"] == plain["message"]
    assert told["@Microsoft.PowerApps.CDS.HelpLink"].endswith(f"CrmException%3a{plain['code'][2:]}&client=platform")
    one = org.call("GET", path, Prefer='odata.include-annotations="Microsoft.PowerApps.CDS.HelpLink"').json()["error"]
    assert set(one) == {"code", "message", "@Microsoft.PowerApps.CDS.HelpLink"}


@pytest.mark.parametrize(
    "arguments",
    [
        "AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
        "AccessType=@p1)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
    ],
)
def test_a_function_takes_a_member_of_an_enumeration(org: Organization, arguments: str) -> None:
    whole = arguments if "?" in arguments else f"{arguments})"
    assert org.get(f"RetrieveCurrentOrganization({whole}")["Detail"]["State"] == "Enabled"
