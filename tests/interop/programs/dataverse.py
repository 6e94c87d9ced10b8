"""What a user of Microsoft's Dataverse client for Python might write, one verb each; runs in the strangers' environment.

``python dataverse.py VERB`` reads what it needs from its standard input and prints its result, both JSON.
Imports nothing of ours.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from azure.identity import ClientSecretCredential  # type: ignore[import-not-found]  # it is in the strangers' environment
from PowerPlatform.Dataverse.client import DataverseClient  # type: ignore[import-not-found]  # likewise
from PowerPlatform.Dataverse.core.errors import HttpError  # type: ignore[import-not-found]  # likewise
from PowerPlatform.Dataverse.models.filters import col  # type: ignore[import-not-found]  # likewise
from PowerPlatform.Dataverse.models.query_builder import ExpandOption  # type: ignore[import-not-found]  # likewise
from PowerPlatform.Dataverse.models.upsert import UpsertItem  # type: ignore[import-not-found]  # likewise

Given = dict[str, Any]


def one_record(client: Any, given: Given) -> Any:
    """Create, read, change, read again, delete, look for it."""
    made = client.records.create("contact", {"lastname": "Outsider", "emailaddress1": "outsider@posti.example"})
    first = dict(client.records.retrieve("contact", made, select=["lastname", "jobtitle"]).data)
    client.records.update("contact", made, {"jobtitle": "Tester"})
    second = dict(client.records.retrieve("contact", made, select=["lastname", "jobtitle"]).data)
    client.records.delete("contact", made)
    return {"id": made, "first": first, "second": second, "gone": client.records.retrieve("contact", made, select=["lastname"])}


def many_records(client: Any, given: Given) -> Any:
    """CreateMultiple, UpdateMultiple with one change for all and with one for each; then by filter, order and pages of two."""
    made = client.records.create("contact", [{"lastname": name, "jobtitle": "Interop"} for name in given["names"]])
    client.records.update("contact", made, {"jobtitle": "Tester"})
    client.records.update("contact", made, [{"firstname": name[:1]} for name in given["names"]])
    query = client.query.builder("contact").select("lastname", "firstname", "jobtitle")
    ours = query.where((col("jobtitle") == "Tester") & (col("emailaddress1").is_null())).order_by("lastname", descending=True)
    pages = [[row["lastname"] for row in page] for page in ours.page_size(2).execute_pages()]
    counted = len(list(client.records.list("contact", filter="jobtitle eq 'Tester'", select=["lastname"])))
    client.records.delete("contact", made, use_bulk_delete=False)
    return {"ids": made, "pages": pages, "counted": counted}


def closed_cases(client: Any, given: Given) -> Any:
    """The resolved cases with their customer, as our connector reads them."""
    contact = ExpandOption("primarycontactid").select("emailaddress1", "donotemail")
    columns = ("ticketnumber", "title", "statecode", "modifiedon", "palaute_score")
    query = client.query.builder("incident").select(*columns).where(col("statecode") == 1).expand(contact)
    rows = query.order_by("modifiedon").order_by("incidentid").page_size(7).execute()
    return [dict(row.data) for row in rows]


def labels(client: Any, given: Given) -> Any:
    """Formatted values, by a record's id."""
    found = client.records.retrieve("incident", given["id"], select=["statecode", "_ownerid_value"], include_annotations="*")
    return dict(found.data)


def write(client: Any, given: Given) -> Any:
    """The same values into each of these records, as our connector writes them."""
    client.records.update(given["table"], given["ids"], given["values"])
    return True


def refusals(client: Any, given: Given) -> Any:
    """What is said to wrong requests: HTTP status and the service's code."""
    missing = "00000000-0000-0000-0000-000000000001"
    wrong: dict[str, Callable[[], Any]] = {
        "unknown record": lambda: client.records.update("incident", missing, {"title": "x"}),
        "unknown column": lambda: client.records.update("incident", given["id"], {"nonsense": 1}),
        "out of range": lambda: client.records.update("incident", given["id"], {"palaute_score": 99}),
        "wrong type": lambda: client.records.update("incident", given["id"], {"palaute_score": "nine"}),
        "plain close": lambda: client.records.update("incident", given["open"], {"statecode": 1}),
        "wrong filter": lambda: list(client.records.list("incident", filter="title eq 5 and")),
    }
    return {name: _refusal(call) for name, call in wrong.items()}


def _refusal(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except HttpError as error:
        return [error.status_code, error.details.get("service_error_code")]


def batch(client: Any, given: Given) -> Any:
    """Several operations in one request; a change set whose second record refers to its first; one that fails among others."""
    mixed = client.batch.new()
    mixed.records.update("incident", given["id"], {"palaute_score": 3})
    mixed.records.retrieve("incident", given["id"], select=["palaute_score"])
    with mixed.changeset() as changes:
        person = changes.records.create("contact", {"lastname": "Batched"})
        changes.records.create("account", {"name": "Batched Oy", "primarycontactid@odata.bind": person})
    failing = client.batch.new()
    failing.records.update("incident", "00000000-0000-0000-0000-000000000001", {"title": "x"})
    failing.records.update("incident", given["id"], {"palaute_score": 4})
    told = [mixed.execute(), failing.execute(continue_on_error=True)]
    return [[[item.status_code, item.entity_id, item.data, item.error_code] for item in result.responses] for result in told]


def metadata(client: Any, given: Given) -> Any:
    """What the client finds out about the case table."""
    table = client.tables.get("incident")
    columns = client.tables.list_columns("incident", select=["LogicalName", "AttributeType"])
    return {
        "set": table.entity_set_name,
        "key": table.primary_id_attribute,
        "columns": {column["LogicalName"]: column["AttributeType"] for column in columns},
        "comment": client.tables.get_column("incident", "palaute_comment"),
        "tables": len(client.tables.list()),
    }


def own_table(client: Any, given: Given) -> Any:
    """A table of one's own, with a key, upserts, a lookup to the case, and away with it."""
    made = client.tables.create("new_Visit", {"new_Code": "string", "new_Score": "int", "new_When": "datetime"})
    client.tables.create_alternate_key("new_Visit", "new_VisitCode", ["new_code"])
    while client.tables.get_alternate_keys("new_Visit")[0].status != "Active":
        time.sleep(0.2)  # the service builds the index in the background
    client.tables.create_lookup_field("new_visit", "new_CaseId", "incident", display_name="Case")
    one = {"new_name": "One", "new_score": 7, "new_CaseId@odata.bind": f"/incidents({given['id']})"}
    two = {"new_name": "Two", "new_score": 8}
    client.records.upsert("new_Visit", [UpsertItem(alternate_key={"new_code": "a"}, record=one)])
    items = [({"new_code": "a"}, {"new_score": 9}), ({"new_code": "b"}, two)]
    client.records.upsert("new_Visit", [UpsertItem(alternate_key=key, record=record) for key, record in items])
    columns = ["new_name", "new_code", "new_score", "_new_caseid_value"]
    rows = [dict(row.data) for row in client.records.list("new_Visit", select=columns, orderby=["new_code asc"])]
    client.tables.add_columns("new_Visit", {"new_Note": "string"})
    typed = {column["LogicalName"]: column for column in client.tables.list_columns("new_Visit", typed=True)}
    client.tables.remove_columns("new_Visit", "new_Note")
    client.tables.delete("new_Visit")
    return {"set": made.entity_set_name, "rows": rows, "note": typed["new_note"], "gone": client.tables.get("new_Visit")}


def sql(client: Any, given: Given) -> Any:
    """Read-only SQL."""
    return [[dict(row.data) for row in client.query.sql(text)] for text in given["texts"]]


def fetch(client: Any, given: Given) -> Any:
    """FetchXML, in pages."""
    return [[dict(row.data) for row in page] for page in client.query.fetchxml(given["xml"]).execute_pages()]


VERBS = (one_record, many_records, closed_cases, labels, write, refusals, batch, metadata, own_table, sql, fetch)


def main() -> None:
    """Sign in as an application and do what was asked."""
    given = json.load(sys.stdin)
    verb = {verb.__name__: verb for verb in VERBS}[sys.argv[1]]
    credential = ClientSecretCredential(given["tenant"], given["client_id"], given["client_secret"])
    with DataverseClient(given["url"], credential) as client:
        json.dump(verb(client, given), sys.stdout, default=str)


if __name__ == "__main__":
    main()
