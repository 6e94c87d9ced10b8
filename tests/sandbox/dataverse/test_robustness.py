"""Whatever is asked, the service answers with a status; and transactions leave the store as it was."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import base
from sandbox.dataverse import Dataverse, exchange
from sandbox.dataverse.rows import indexes, records
from sandbox.dataverse.tables import standard
from tests.sandbox.dataverse.conftest import population

WORDS = [
    "incidents", "contacts", "accounts", "EntityDefinitions", "$metadata", "$count", "$ref", "title", "statecode",
    "customerid_contact", "primarycontactid", "Incident_IncidentResolutions", "createdon", "emailaddress1",
    "Microsoft.Dynamics.CRM.In", "WhoAmI", "contactid", "_customerid_value", "owninguser", "fullname", "Attributes",
    "LogicalName", "systemuserroles_association", "nothing",
]  # fmt: skip
SIGNS = [
    "(",
    ")",
    ",",
    "/",
    "=",
    ";",
    "'",
    "[",
    "]",
    " ",
    ":",
    "@p",
    "$select",
    "$filter",
    "$expand",
    "$orderby",
    "$top",
    "1",
    "null",
]
MORE = [
    "eq",
    "ne",
    "gt",
    "and",
    "or",
    "not",
    "contains",
    "any",
    "asc",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "PropertyName",
    "true",
]
PIECES = st.lists(st.sampled_from(WORDS + SIGNS + MORE), max_size=9).map("".join)
SPACED = st.lists(st.sampled_from(WORDS + SIGNS + MORE), max_size=9).map(" ".join)
NOBODY = "00000000-0000-0000-0000-000000000001"
UPDATE = "incidents/Microsoft.Dynamics.CRM.UpdateMultiple"
OPTION = st.sampled_from(
    ["$select", "$filter", "$orderby", "$expand", "$top", "$count", "$apply", "$skiptoken", "$deltatoken", "@p"]
)
NAMES = st.sampled_from([*WORDS, "primarycontactid@odata.bind", "@odata.type", "@odata.id", "Targets", "palaute_score"])
LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5) | PIECES
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8)


@pytest.fixture(scope="module")
def dataverse() -> Dataverse:
    """One organisation for all examples."""
    made = Dataverse(base.Clock(), tenant="t", client_id="c", client_secret="s")
    made.populate(population())
    return made


def ask(dataverse: Dataverse, method: str, path: str, query: str, body: bytes = b"", **headers: str) -> exchange.Answer:
    """One request without HTTP around it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return dataverse.app.api.handle(
        exchange.Request(method=method, path=path, query=query, headers=sent, body=body, user=dataverse.app.user)
    )


FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(path=PIECES, options=st.dictionaries(OPTION, PIECES | SPACED, max_size=3), track=st.booleans())
def test_any_get_is_answered(dataverse: Dataverse, path: str, options: dict[str, str], track: bool) -> None:
    query = "&".join(f"{name}={quote(value)}" for name, value in options.items())
    prefer = 'odata.track-changes,odata.include-annotations="*"' if track else ""
    assert ask(dataverse, "GET", path, query, prefer=prefer).status in (200, 204, 400, 403, 404, 405, 501)


@FUZZ
@given(condition=SPACED, entity_set=st.sampled_from(["incidents", "contacts", "EntityDefinitions"]))
def test_any_condition_is_answered(dataverse: Dataverse, condition: str, entity_set: str) -> None:
    assert ask(dataverse, "GET", entity_set, f"$filter={quote(condition)}").status in (200, 400, 404)


@FUZZ
@given(
    method=st.sampled_from(["POST", "PATCH", "PUT", "DELETE"]),
    path=PIECES | st.sampled_from(["incidents", "contacts", "CloseIncident", "Merge", "EntityDefinitions", UPDATE]),
    body=JSON,
)
def test_any_change_is_answered(dataverse: Dataverse, method: str, path: str, body: Any) -> None:
    assert ask(dataverse, method, path, "", orjson.dumps(body)).status in (200, 201, 204, 400, 403, 404, 405, 412, 415, 501)


COLUMN = st.sampled_from(
    ["title", "statecode", "createdon", "_customerid_value", "incidentid", "merged", "primarycontactid/fullname"]
)
CONSTANT = st.sampled_from(
    ["1", "-2.5", "'x'", "null", "true", "2026-01-01", "2026-01-01T00:00:00.5Z", NOBODY, "title", "createdon"]
)
SINGLE = st.builds("{} {} {}".format, COLUMN, st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]), CONSTANT) | st.builds(
    "Microsoft.Dynamics.CRM.{}(PropertyName='{}',PropertyValue{})".format,
    st.sampled_from(["In", "NotIn", "Between", "On", "LastXDays", "Today", "EqualUserId", "Nothing"]),
    COLUMN,
    st.sampled_from(["s=['1','x']", "s=[]", f"s=['{NOBODY}']", "=1", "='2026-01-01'", "=null", "s=1"]),
)
CONDITION = st.recursive(
    SINGLE, lambda inner: st.builds("({} and {})".format, inner, inner) | st.builds("not ({})".format, inner), max_leaves=4
)
EXPANSION = st.sampled_from(
    [
        "primarycontactid",
        "primarycontactid($select=fullname;$expand=parentcustomerid_account($select=name))",
        "Incident_IncidentResolutions($filter=statecode eq 1;$orderby=createdon desc;$top=1)",
        "ownerid,owninguser($select=fullname)",
        "customerid_contact/$ref",
    ]
)
ORDER = st.sampled_from(
    ["title", "createdon desc,title", "modifiedon,incidentid", "primarycontactid/fullname", "incidentid desc"]
)


@FUZZ
@given(
    condition=CONDITION,
    expansion=EXPANSION,
    order=ORDER,
    select=st.sampled_from(["title", "title,_customerid_value", "ownerid,createdon", "*"]),
    size=st.integers(1, 30),
)
def test_well_formed_queries_page_through_the_same_rows(
    dataverse: Dataverse, condition: str, expansion: str, order: str, select: str, size: int
) -> None:
    query = f"$select={select}&$filter={quote(condition)}&$orderby={quote(order)}&$expand={quote(expansion)}"
    whole = ask(dataverse, "GET", "incidents", query, prefer='odata.include-annotations="*"')
    assert whole.status in (200, 400, 404)
    if whole.status == 200:
        seen, following = [], query
        while following:
            page = orjson.loads(ask(dataverse, "GET", "incidents", following, prefer=f"odata.maxpagesize={size}").body)
            seen += [row["incidentid"] for row in page["value"]]
            following = page.get("@odata.nextLink", "").partition("?")[2]
        assert seen == [row["incidentid"] for row in orjson.loads(whole.body)["value"]]


ACTIONS = st.one_of(
    st.tuples(st.just("CloseIncident"), st.fixed_dictionaries({"IncidentResolution": JSON, "Status": JSON})),
    st.tuples(st.just("WinOpportunity"), st.fixed_dictionaries({"OpportunityClose": JSON})),
    st.tuples(st.just("Merge"), st.fixed_dictionaries({"Target": JSON, "Subordinate": JSON})),
    st.tuples(st.just(UPDATE), st.fixed_dictionaries({"Targets": st.lists(JSON, max_size=2)})),
    st.tuples(st.just(UPDATE.replace("Update", "Upsert")), st.fixed_dictionaries({"Targets": st.lists(JSON, max_size=2)})),
    st.tuples(st.just("BulkDelete"), st.fixed_dictionaries({"QuerySet": st.lists(JSON, max_size=2)})),
    st.tuples(st.just("CreateEntities"), st.fixed_dictionaries({"Entities": st.lists(JSON, max_size=2)})),
    st.tuples(st.just("CreateCustomerRelationships"), st.fixed_dictionaries({"OneToManyRelationships": JSON, "Lookup": JSON})),
    st.tuples(st.just("RelationshipDefinitions"), st.fixed_dictionaries({"SchemaName": st.just("a1_b"), "Lookup": JSON})),
    st.tuples(
        st.sampled_from(
            [
                "EntityDefinitions",
                "EntityDefinitions(LogicalName='incident')/Attributes",
                "EntityDefinitions(LogicalName='incident')/Keys",
            ]
        ),
        st.fixed_dictionaries(
            {
                "SchemaName": st.just("palaute_Fuzz"),
                "@odata.type": st.sampled_from(
                    [f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata" for kind in ("Picklist", "String", "Boolean")]
                ),
                "OptionSet": JSON,
                "DisplayName": JSON,
                "MaxLength": JSON,
                "Attributes": JSON,
                "KeyAttributes": JSON,
                "RequiredLevel": JSON,
            }
        ),
    ),
)


@FUZZ
@given(what=ACTIONS)
def test_any_body_of_an_action_is_answered(what: tuple[str, Any]) -> None:
    fresh = Dataverse(base.Clock(), tenant="t", client_id="c", client_secret="s")
    answer = ask(fresh, "POST", what[0], "", orjson.dumps(what[1]))
    assert answer.status in (200, 204, 400, 403, 404, 412, 501)


@FUZZ
@given(body=st.binary(max_size=60) | PIECES.map(str.encode))
def test_any_batch_is_answered(dataverse: Dataverse, body: bytes) -> None:
    framed = b"--b\r\nContent-Type: application/http\r\n\r\n" + body + b"\r\n--b--"
    for sent in (body, framed):
        assert ask(dataverse, "POST", "$batch", "", sent, content_type="multipart/mixed; boundary=b").status in (200, 400, 404)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["insert", "update", "delete"]), st.integers(0, 9)), max_size=20), st.integers(0, 20))
def test_failed_transaction_leaves_no_trace(steps: list[tuple[str, int]], kept: int) -> None:
    store = records.Store(base.Clock(), standard.standard(), 1)
    table = store.schema.tables["account"]

    def carry_out(some: list[tuple[str, int]]) -> None:
        for step, number in some:
            rows = list(store.table("account").by_id.values())
            if step == "insert" or not rows:
                store.insert(
                    table, {"name": str(number), "_parentaccountid_value": rows[0]["accountid"] if rows else None}, user="u"
                )
            elif step == "update":
                store.update(table, rows[number % len(rows)], {"name": "changed"}, user="u")
            else:
                store.delete(table, rows[number % len(rows)])

    def picture() -> list[dict[str, Any]]:
        return sorted((dict(row) for row in store.table("account").by_id.values()), key=lambda row: str(row["accountid"]))

    carry_out(steps[:kept])
    store.table("account").children("_parentaccountid_value", "none")
    before, order = picture(), list(store.table("account").index.after())
    try:
        with store.transaction():
            carry_out(steps[kept:])
            raise Stop
    except Stop:
        pass
    assert picture() == before
    assert list(store.table("account").index.after()) == order == in_order(before)


class Stop(Exception):
    """Something went wrong in the middle."""


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    """Ids by stamp and place."""
    return [row["accountid"] for row in sorted(rows, key=lambda row: (row["modifiedon"], row[indexes.ORDER]))]
