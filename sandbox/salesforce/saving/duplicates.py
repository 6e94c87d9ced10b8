"""Two ways to be one too many: a unique column, and the org's duplicate rule for contacts."""

from typing import Any

from sandbox.salesforce import errors, records, schema
from sandbox.salesforce.org import Org

_RULE = "Standard_Contact_Duplicate_Rule"


def check_unique(org: Org, entity: schema.Entity, record: records.Record) -> None:
    """Raises RowRefused DUPLICATE_VALUE."""
    table = org.store.table(entity.name)
    for column in entity.unique:
        if record.get(column.name) is None:
            continue
        holder = table.holder(column.name, record[column.name])
        if holder is not None and holder != record.get("Id"):
            message = f"duplicate value found: {column.name} duplicates value on record with id: {holder}"
            raise errors.RowRefused("DUPLICATE_VALUE", message, [])


def check_rules(org: Org, entity: schema.Entity, record: records.Record) -> None:
    """Contacts with the same e-mail and last name. Raises RowRefused DUPLICATES_DETECTED."""
    if entity.name != "Contact" or not record.get("Email"):
        return
    table = org.store.table("Contact")
    holder = table.holder("Email", record["Email"])
    found = table.rows.get(holder) if holder is not None else None
    if found is None or found.get("LastName", "").lower() != record.get("LastName", "").lower():
        return
    message = "Use one of these records?"
    raise errors.RowRefused("DUPLICATES_DETECTED", message, [], duplicateResut=_result(found, message))


def _result(found: records.Record, message: str) -> dict[str, Any]:
    match = {
        "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
        "record": {"attributes": {"type": "Contact", "url": f"/services/data/v66.0/sobjects/Contact/{found['Id']}"},
        "Id": found["Id"]},
    }  # fmt: skip
    matches = {
        "entityType": "Contact", "errors": [], "matchEngine": "FuzzyMatchEngine", "matchRecords": [match],
        "rule": "Standard_Contact_Match_Rule_v1_1", "size": 1, "success": True,
    }  # fmt: skip
    return {
        "allowSave": True, "duplicateRule": _RULE, "duplicateRuleEntityType": "Contact", "errorMessage": message,
        "matchResults": [matches],
    }  # fmt: skip
