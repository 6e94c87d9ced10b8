"""``RetrieveMetadataChanges``: definitions by a query of their own, with the particulars of each column's type.

Source: learn.microsoft.com/power-apps/developer/data-platform/query-schema-definitions. There is no client cache to bring up to
date: every answer is a whole one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.metadata import documents
from sandbox.dataverse.metadata.documents import Document

Children = Callable[[schema.Table, str], list[Document]]
_INNER = {
    "Attributes": "AttributeQuery",
    "Keys": "KeyQuery",
    "OneToManyRelationships": "RelationshipQuery",
    "ManyToOneRelationships": "RelationshipQuery",
    "ManyToManyRelationships": "RelationshipQuery",
}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda found, wanted: bool(found == wanted),
    "NotEquals": lambda found, wanted: bool(found != wanted),
    "In": lambda found, wanted: isinstance(wanted, list) and found in wanted,
    "NotIn": lambda found, wanted: isinstance(wanted, list) and found not in wanted,
    "GreaterThan": lambda found, wanted: found is not None and bool(found > wanted),
    "LessThan": lambda found, wanted: found is not None and bool(found < wanted),
}


def retrieve(tables: schema.Schema, children: Children, query: Any) -> Document:
    """The answer to an EntityQueryExpression; ``children`` gives a table's columns, keys and relationships."""
    asked = _part(query)
    shown = _properties(asked)
    found = []
    for table in tables.tables.values():
        document = documents.entity(tables, table)
        if not _fits(document, asked.get("Criteria")):
            continue
        made = _cut(document, shown)
        for name, part in _INNER.items():
            if shown is None or name in shown:
                inner = _part(asked.get(part) or {})
                kept = [child for child in children(table, name) if _fits(child, inner.get("Criteria"))]
                made[name] = [_cut(child, _properties(inner)) for child in kept]
        found.append(made)
    return {"ServerVersionStamp": f"{tables.version}!0", "EntityMetadata": found, "DeletedMetadata": {"Count": 0}}


def _part(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise refusal.bad_query("The parameter 'Query' of RetrieveMetadataChanges must be an EntityQueryExpression.")
    return value


def _properties(query: Mapping[str, Any]) -> frozenset[str] | None:
    """Names of the properties wanted; None for all."""
    asked = _part(query.get("Properties") or {})
    names = asked.get("PropertyNames")
    return None if asked.get("AllProperties") or not isinstance(names, list) else frozenset(map(str, names))


def _cut(document: Document, shown: frozenset[str] | None) -> Document:
    always = ("@odata.type", "MetadataId", "LogicalName")
    return {name: value for name, value in document.items() if shown is None or name in shown or name in always}


def _fits(document: Document, criteria: Any) -> bool:
    if criteria is None:
        return True
    given = _part(criteria)
    tests = [_holds(document, _part(condition)) for condition in given.get("Conditions") or []]
    tests += [_fits(document, inner) for inner in given.get("Filters") or []]
    return any(tests) if given.get("FilterOperator") == "Or" and tests else all(tests)


def _holds(document: Document, condition: Mapping[str, Any]) -> bool:
    operator = str(condition.get("ConditionOperator", "Equals"))
    wanted, name = condition.get("Value"), str(condition.get("PropertyName"))
    if operator not in _COMPARED:
        raise refusal.bad_query(f"The condition operator '{operator}' is not known.")
    if isinstance(wanted, dict):
        wanted = wanted.get("Value")
    found = document.get(name)
    if isinstance(found, dict) and "Value" in found:
        found = found["Value"]
    if isinstance(found, bool) and isinstance(wanted, str):
        wanted = wanted.lower() == "true"
    if isinstance(wanted, str) and isinstance(found, int) and not isinstance(found, bool) and wanted.lstrip("-").isdecimal():
        wanted = int(wanted)
    try:
        return _COMPARED[operator](found, wanted)
    except TypeError as error:
        raise refusal.bad_query(f"The value of '{name}' cannot be compared.") from error
