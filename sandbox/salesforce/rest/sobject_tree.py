"""``composite/tree``: new records with their children in one call, all or none (REST API Developer Guide, "sObject Tree")."""

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce import errors, schema
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import describe, sobjects
from sandbox.salesforce.saving import dml

MAXIMUM_RECORDS = 200


def create(org: Org, call: Call, name: str) -> Reply:
    """``POST composite/tree/Account``: 201 with the new ids by reference, or 400 with the errors and nothing done."""
    entity = describe.entity_named(org, name, call.session.user_id)
    rows = call.json_object().get("records")
    if not isinstance(rows, list) or not rows:
        raise errors.ApiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [records]", ["records"])
    with org.store.undoable():
        savepoint = org.store.savepoint()
        tree = _Tree(org, sobjects.writer(org, call))
        for row in rows:
            tree.plant(entity, errors.an_object(row), {})
        if tree.failed:
            org.store.roll_back(savepoint)
            return Reply(status=400, body={"hasErrors": True, "results": tree.failed})
    return Reply(status=201, body={"hasErrors": False, "results": tree.made})


class _Tree:
    """What has been made, and what could not be."""

    def __init__(self, org: Org, writer: dml.Writer) -> None:
        self._org = org
        self._writer = writer
        self.made: list[dict[str, Any]] = []
        self.failed: list[dict[str, Any]] = []

    def plant(self, entity: schema.Entity, row: Mapping[str, Any], parent: Mapping[str, str]) -> None:
        """Make one record, then its children."""
        reference = errors.an_object(row.get("attributes")).get("referenceId")
        if not isinstance(reference, str) or not reference:
            raise errors.ApiError(400, "INVALID_INPUT", "Include a reference ID for each record in the request.")
        if len(self.made) + len(self.failed) >= MAXIMUM_RECORDS:
            raise errors.ApiError(400, "LIMIT_EXCEEDED", f"The request has more than {MAXIMUM_RECORDS} records")
        links = {link.lower(): (child, column) for link, child, column in self._org.schema.children(entity) if link}
        branches = {name: value for name, value in row.items() if name.lower() in links and isinstance(value, dict)}
        values = {name: value for name, value in row.items() if name not in branches}
        try:
            identifier = self._writer.create(entity, {**values, **parent})
        except errors.RowRefused as refused:
            self.failed.append({"referenceId": reference, "errors": [refused.error.as_row()]})
            return
        self.made.append({"referenceId": reference, "id": identifier})
        for name, branch in branches.items():
            child, column = links[name.lower()]
            for row_below in branch.get("records") or []:
                self.plant(child, errors.an_object(row_below), {column.name: identifier})
