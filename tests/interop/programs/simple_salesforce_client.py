"""What a user of simple-salesforce might write, one verb each; runs in the strangers' environment.

``python simple_salesforce_client.py VERB`` reads what it needs from its standard input and prints its result, both JSON.
Imports nothing of ours.
"""

import json
import sys
from typing import Any

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.format import format_soql

Given = dict[str, Any]


def sign_in(org: Any, given: Given) -> Any:
    """The way in by client credentials at My Domain, and what a wrong password is told."""
    app = {"consumer_key": given["client_id"], "consumer_secret": given["client_secret"]}
    other = Salesforce(**app, domain="havu.my")
    try:
        Salesforce(username=given["username"], password="wrong", security_token="")
    except SalesforceAuthenticationFailed as error:
        refused = str(error.code)
    return {"instance": other.sf_instance, "cases": other.query("SELECT COUNT() FROM Case")["totalSize"], "refused": refused}


def read(org: Any, given: Given) -> Any:
    """Rows with their relationships, in pages of 200 behind ``query_all``."""
    fields = "Id, CaseNumber, Status, IsClosed, ClosedDate, Contact.Email, Contact.HasOptedOutOfEmail, Owner.Name"
    rows = org.query_all(f"SELECT {fields} FROM Case WHERE IsClosed = true ORDER BY SystemModstamp, Id")["records"]
    grouped = org.query("SELECT Status, COUNT(Id) n FROM Case GROUP BY Status")["records"]
    nested = org.query("SELECT Id, (SELECT Id FROM Cases) FROM Contact WHERE Id IN (SELECT ContactId FROM Case) LIMIT 3")[
        "records"
    ]
    return {"rows": rows, "grouped": {row["Status"]: row["n"] for row in grouped}, "nested": nested}


def write(org: Any, given: Given) -> Any:
    """One record by its whole life, then scores by Collections, and upserts by an external id."""
    made = org.Contact.create({"LastName": "O'Brien \\ “Ö” 👍", "Email": "obrien@posti.example"})["id"]
    found = org.query(format_soql("SELECT Id FROM Contact WHERE LastName = {}", "O'Brien \\ “Ö” 👍"))["records"]
    upserts = [org.Contact.upsert("CrmKey__c/interop-1", {"LastName": name}) for name in ("First", "Second")]
    kept = org.Contact.get_by_custom_id("CrmKey__c", "interop-1")["LastName"]
    gone = org.Contact.delete(made)
    records = [{"attributes": {"type": "Case"}, "id": record, **given["values"]} for record in given["ids"]]
    body = json.dumps({"allOrNone": False, "records": records})
    settled = org.restful("composite/sobjects", method="PATCH", data=body)
    return {"found": [row["Id"] for row in found] == [made], "upserts": upserts, "kept": kept, "gone": gone, "settled": settled}


def bulk(org: Any, given: Given) -> Any:
    """Bulk API 2.0 both ways."""
    rows = [{"LastName": f"Bulk {number}", "Email": f"bulk{number}@posti.example"} for number in range(5)]
    [told] = org.bulk2.Contact.insert(records=[*rows, {"LastName": "", "Email": "nameless@posti.example"}], wait=0.1)
    text = next(
        org.bulk2.Contact.query("SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Bulk %' ORDER BY LastName", wait=0.1)
    )
    failed = org.bulk2.Contact.get_failed_records(told["job_id"])
    return {"told": told, "lines": text.splitlines(), "failed": failed}


def describe(org: Any, given: Given) -> Any:
    """What there is, and what changed lately by the feed of changes."""
    fields = {field["name"]: field["type"] for field in org.Case.describe()["fields"]}
    return {"objects": [one["name"] for one in org.describe()["sobjects"]], "fields": fields, "limits": list(org.limits())}


VERBS = (sign_in, read, write, bulk, describe)


def main() -> None:
    """Sign in with user name and password at login.salesforce.com and do what was asked."""
    given = json.load(sys.stdin)
    verb = {verb.__name__: verb for verb in VERBS}[sys.argv[1]]
    person = {name: given[name] for name in ("username", "password", "security_token")}
    json.dump(verb(Salesforce(**person, version="62.0"), given), sys.stdout)


if __name__ == "__main__":
    main()
