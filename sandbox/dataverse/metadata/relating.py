"""Relationship definitions: look-ups, customer look-ups and many-to-many links, made and removed."""

from typing import Any

from sandbox.dataverse import exchange, refusal, schema, session
from sandbox.dataverse.metadata import attributes


def create(call: session.Session, body: Any) -> exchange.Answer:
    """POST RelationshipDefinitions."""
    name = attributes.schema_name(body)
    if str(body.get("@odata.type", "")).endswith("ManyToManyRelationshipMetadata"):
        first, second = (call.schema.tables.get(str(body.get(f"Entity{number}LogicalName"))) for number in (1, 2))
        if first is None or second is None:
            raise refusal.Refusal(404, "0x80060888", "A table of the relationship does not exist.")
        call.schema.add_intersect(schema.Intersect(name=name, first=first.name, second=second.name))
        call.store.links[name] = set()
        return _made(call, name)
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict):
        raise refusal.bad_payload("RelationshipDefinitions", "Required property 'Lookup' is missing.")
    _add_lookup(call, attributes.schema_name(lookup), attributes.label(lookup, "DisplayName", ""), [body], schema.Kind.LOOKUP)
    return _made(call, name)


def _made(call: session.Session, name: str) -> exchange.Answer:
    link = f"{call.root}RelationshipDefinitions({schema.metadata_id('relationship', name)})"
    return exchange.Answer(status=204, headers={"OData-EntityId": link, "Location": link})


def remove(call: session.Session, key: str) -> exchange.Answer:
    """DELETE RelationshipDefinitions(…): a look-up's column goes with it."""
    wanted = attributes.named(key)
    tables = call.schema.tables
    for relationship in list(call.schema.relationships.values()):
        if wanted in (relationship.name, schema.metadata_id("relationship", relationship.name)):
            if not relationship.custom:
                raise refusal.Refusal(400, "0x80047007", "Cannot delete a relationship that is not custom.")
            del call.schema.relationships[relationship.name]
            tables[relationship.referenced].collections.pop(relationship.collection)
            tables[relationship.referencing].single.pop(relationship.single)
            referencing = tables[relationship.referencing]
            call.store.forget_column(referencing, referencing.columns[relationship.column].wire)
            referencing.remove(relationship.column)
            call.schema.version += 1
            return exchange.Answer(status=204)
    for intersect in list(call.schema.intersects.values()):
        if wanted in (intersect.name, schema.metadata_id("relationship", intersect.name)):
            del call.schema.intersects[intersect.name]
            for table in (tables[intersect.first], tables[intersect.second]):
                table.many.pop(intersect.name, None)
            call.schema.version += 1
            return exchange.Answer(status=204)
    raise refusal.no_record("relationship", wanted)


def customer_lookup(call: session.Session, body: Any) -> exchange.Answer:
    """``CreateCustomerRelationships``: a look-up to account or contact."""
    given, lookup = body.get("OneToManyRelationships"), body.get("Lookup")
    if not isinstance(given, list) or len(given) != 2 or not isinstance(lookup, dict):
        raise refusal.bad_payload("CreateCustomerRelationships", "Two OneToManyRelationships and a Lookup are needed.")
    column = _add_lookup(
        call, attributes.schema_name(lookup), attributes.label(lookup, "DisplayName", ""), given, schema.Kind.CUSTOMER
    )
    ids = [schema.metadata_id("relationship", one["SchemaName"]) for one in given]
    context = f"{call.root}$metadata#Microsoft.Dynamics.CRM.CreateCustomerRelationshipsResponse"
    return exchange.json_answer(
        {
            "@odata.context": context,
            "AttributeId": schema.metadata_id(given[0]["ReferencingEntity"], column.name),
            "RelationshipIds": ids,
        }
    )


def _add_lookup(call: session.Session, name: str, label: str, given: list[dict[str, Any]], kind: schema.Kind) -> schema.Column:
    referencing = call.schema.tables.get(str(given[0].get("ReferencingEntity")))
    targets = [call.schema.tables.get(str(one.get("ReferencedEntity"))) for one in given]
    if referencing is None or any(target is None for target in targets):
        raise refusal.Refusal(404, "0x80060888", "A table of the relationship does not exist.")
    names = tuple(target.name for target in targets if target is not None)
    column = schema.Column(name=name.lower(), schema_name=name, kind=kind, label=label or name, targets=names, custom=True)
    attributes.add_column(call.store, referencing, column)
    for one, target in zip(given, names, strict=True):
        single = name if len(names) == 1 else f"{name}_{target}"
        call.schema.add_relationship(
            schema.Relationship(
                name=attributes.schema_name(one),
                referencing=referencing.name,
                column=column.name,
                referenced=target,
                single=single,
                collection=str(one["SchemaName"]),
                custom=True,
                on_delete=str((one.get("CascadeConfiguration") or {}).get("Delete", "RemoveLink")),
            )
        )
    return column
