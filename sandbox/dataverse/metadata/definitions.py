"""Changing metadata: new tables, columns, keys and relationships, as Microsoft's Web API documents them.

Source: learn.microsoft.com/power-apps/developer/data-platform/webapi/create-update-entity-definitions-using-web-api and its
neighbours for columns, relationships and keys.
"""

import time
from dataclasses import replace
from typing import Any

from sandbox.dataverse import exchange, refusal, rights, schema, session
from sandbox.dataverse.metadata import attributes, describing, relating
from sandbox.dataverse.operations import address, changing
from sandbox.dataverse.rows import records
from sandbox.dataverse.tables import columns as column_words
from sandbox.dataverse.tables import standard

_KEY_COLUMNS = 16
_KEYS = 10
KEY_BUILD = 0.3
"""Seconds until a new alternate key's index is built."""
_FIRST_CODE = 10_100


def handle(call: session.Session, path: list[address.Segment]) -> exchange.Answer:
    """A changing request below EntityDefinitions or RelationshipDefinitions."""
    method, first = call.request.method, path[0]
    need(call)
    body = changing.body_of(call.request) if method != "DELETE" else {}
    if first.name == "RelationshipDefinitions":
        if method == "POST" and first.key is None:
            return relating.create(call, body)
        if method == "DELETE" and first.key is not None:
            return relating.remove(call, first.key)
        raise refusal.not_allowed(f"The requested resource does not support http method '{method}'.")
    if first.key is None:
        if method == "POST":
            return _table(call, body)
        raise refusal.not_allowed(f"The requested resource does not support http method '{method}'.")
    table = describing.Describing(call).table(first.key)
    if len(path) == 1:
        return _change_table(call, table, body)
    return _below(call, table, path, body)


def need(call: session.Session) -> None:
    """Only customizers change metadata."""
    if not call.rights.administrator and "prvCreateEntity" not in call.rights.held():
        raise refusal.Refusal(
            403, "0x80040220", f"Principal user (Id={call.request.user}, type=8) is missing prvCreateEntity privilege."
        )


def _below(call: session.Session, table: schema.Table, path: list[address.Segment], body: Any) -> exchange.Answer:
    method, second = call.request.method, path[1]
    if second.name == "Attributes" and method == "POST":
        column = attributes.column_of(body)
        attributes.add_column(call.store, table, column)
        return _made(call, table, "Attributes", schema.metadata_id(table.name, column.name))
    if second.name == "Attributes" and method in ("PUT", "DELETE") and second.key is not None:
        return _change_column(call, table, attributes.named(second.key), body)
    if second.name == "Keys" and method == "POST":
        return _key(call, table, body)
    if second.name == "Keys" and method == "DELETE" and second.key is not None:
        wanted = attributes.named(second.key)
        gone = [
            key
            for key in table.keys.values()
            if wanted in (key.name, key.schema_name, schema.metadata_id("key", table.name, key.name))
        ]
        if not gone:
            raise refusal.no_record("entitykey", wanted)
        del table.keys[gone[0].name]
        call.store.table(table.name).forget_keys()
        return exchange.Answer(status=204)
    raise refusal.no_segment(second.name)


def _made(call: session.Session, table: schema.Table, collection: str, record: str) -> exchange.Answer:
    link = f"{call.root}EntityDefinitions({schema.metadata_id(table.name)})"
    link += f"/{collection}({record})" if collection else ""
    return exchange.Answer(status=204, headers={"OData-EntityId": link, "Location": link})


def _change_column(call: session.Session, table: schema.Table, wanted: str, body: Any) -> exchange.Answer:
    found = [one for one in table.columns.values() if wanted in (one.name, one.schema, schema.metadata_id(table.name, one.name))]
    if not found:
        raise refusal.Refusal(404, "0x80044301", f"Could not find an attribute with specified name: {wanted}")
    column = found[0]
    if call.request.method == "DELETE":
        if not column.custom:
            raise refusal.Refusal(400, "0x80047007", "Cannot delete an attribute that is not custom.")
        table.remove(column.name)
        call.store.forget_column(table, column.wire)
        call.schema.version += 1
        return exchange.Answer(status=204)
    changes: dict[str, Any] = {"label": attributes.label(body, "DisplayName", column.label)}
    for name, part in (("length", "MaxLength"), ("minimum", "MinValue"), ("maximum", "MaxValue")):
        if body.get(part) is not None and getattr(column, name) is not None:
            changes[name] = body[part]
    if isinstance(body.get("IsSecured"), bool):
        changes["secured"] = body["IsSecured"]
    if body.get("IsAuditEnabled") is not None:
        changes["audited"] = bool(body["IsAuditEnabled"].get("Value"))
    call.schema.add_column(table, replace(column, **changes))
    return exchange.Answer(status=204)


def create_entities(call: session.Session, body: Any) -> exchange.Answer:
    """The action ``CreateEntities``: several tables at once, described by the Complex variants of the metadata types."""
    need(call)
    given = body.get("Entities") if isinstance(body, dict) else None
    if not isinstance(given, list) or not given:
        raise refusal.bad_payload("CreateEntities", "Required parameter 'Entities' is missing.")
    made = [_add_table(call, one) for one in given]
    context = f"{call.root}$metadata#Microsoft.Dynamics.CRM.CreateEntitiesResponse"
    return exchange.json_answer({"@odata.context": context, "EntityIds": [schema.metadata_id(table.name) for table in made]})


def _table(call: session.Session, body: Any) -> exchange.Answer:
    return _made(call, _add_table(call, body), "", "")


def _add_table(call: session.Session, body: Any) -> schema.Table:
    name = attributes.schema_name(body)
    if name.lower() in call.schema.tables:
        raise refusal.Refusal(400, "0x80044363", f"An entity with the specified name {name} already exists.")
    made = [attributes.column_of(one) for one in body.get("Attributes", ())]
    taken = {f"{name.lower()}id", *(column.name for column in column_words.everywhere())}
    names = [column.name for column in made]
    if taken & set(names) or len(set(names)) < len(names):
        twice = next(one for one in names if one in taken or names.count(one) > 1)
        raise refusal.Refusal(
            400, "0x80044153", f"An attribute with the specified name {twice} already exists for entity {name}."
        )
    primary = [one.get("SchemaName") for one in body.get("Attributes", ()) if one.get("IsPrimaryName")]
    if len(primary) != 1:
        raise refusal.Refusal(400, "0x80040203", "The table needs exactly one primary name column.")
    named = next(column for column in made if column.schema == primary[0])
    ownership = str(body.get("OwnershipType", "UserOwned"))
    table = column_words.table(
        name.lower(),
        named,
        [column for column in made if column is not named],
        schema_name=name,
        entity_set=_plural(name.lower()),
        label=attributes.label(body, "DisplayName", name),
        plural=attributes.label(body, "DisplayCollectionName", name),
        ownership="OrganizationOwned" if ownership == "OrganizationOwned" else "UserOwned",
        custom=True,
        tracked=bool(body.get("ChangeTrackingEnabled", False)),
        code=_FIRST_CODE + len(call.schema.tables),
    )
    for column in column_words.states(*column_words.ACTIVE):
        table.add(column)
    call.schema.add_table(table)
    standard.link_system_columns(call.schema, table)
    add_privileges(call.store, table)
    return table


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in ("a", "e", "i", "o", "u"):
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def add_privileges(store: records.Store, table: schema.Table) -> None:
    """Rows of ``privilege`` for a table, and of ``sdkmessagefilter`` for its messages."""
    user = next(iter(store.table("systemuser").by_id), "")
    privilege, message = store.schema.tables["privilege"], store.schema.tables["sdkmessagefilter"]
    for number, right in enumerate(rights.RIGHTS):
        name = rights.privilege_name(table, right)
        record = schema.metadata_id("privilege", name)
        if store.get("privilege", record) is None:
            store.insert(privilege, {"privilegeid": record, "name": name, "accessright": 2**number}, user=user)
    wanted = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple") if table.bulk else ()
    for row in list(store.table("sdkmessage").by_id.values()):
        if row["name"] in wanted or row["name"] in ("Create", "Update", "Delete", "Retrieve", "RetrieveMultiple"):
            values = {
                "primaryobjecttypecode": table.name,
                "_sdkmessageid_value": row["sdkmessageid"],
                "secondaryobjecttypecode": "none",
            }
            store.insert(message, values, user=user)


def _change_table(call: session.Session, table: schema.Table, body: Any) -> exchange.Answer:
    if call.request.method == "DELETE":
        if not table.custom:
            raise refusal.Refusal(400, "0x80047007", "Cannot delete an entity that is not custom.")
        _drop(call, table)
        call.store.rows.pop(table.name, None)
        return exchange.Answer(status=204)
    if call.request.method != "PUT":
        raise refusal.not_allowed("Metadata is updated with PUT.")
    if table.tracked and body.get("ChangeTrackingEnabled") is False:
        raise refusal.invalid("Change tracking cannot be disabled once it is enabled.")
    table.tracked = bool(body.get("ChangeTrackingEnabled", table.tracked))
    table.label = attributes.label(body, "DisplayName", table.label)
    if body.get("IsAuditEnabled") is not None:
        table.audited = bool(body["IsAuditEnabled"].get("Value"))
    call.schema.version += 1
    return exchange.Answer(status=204)


def _drop(call: session.Session, table: schema.Table) -> None:
    """Take a table out with its relationships and with the look-ups of other tables that lead to it alone."""
    standard = call.schema.tables
    for relationship in list(call.schema.relationships.values()):
        if table.name not in (relationship.referencing, relationship.referenced):
            continue
        del call.schema.relationships[relationship.name]
        standard[relationship.referenced].collections.pop(relationship.collection, None)
        referencing = standard[relationship.referencing]
        referencing.single.pop(relationship.single, None)
        column = referencing.columns[relationship.column]
        if referencing is not table and column.targets == (table.name,):
            call.store.forget_column(referencing, column.wire)
            referencing.remove(column.name)
    for intersect in list(call.schema.intersects.values()):
        if table.name in (intersect.first, intersect.second):
            del call.schema.intersects[intersect.name]
            standard[intersect.first].many.pop(intersect.name, None)
            standard[intersect.second].many.pop(intersect.name, None)
            call.store.links.pop(intersect.name, None)
    del standard[table.name], call.schema.sets[table.entity_set]
    call.schema.version += 1


def _key(call: session.Session, table: schema.Table, body: Any) -> exchange.Answer:
    name = attributes.schema_name(body)
    given = body.get("KeyAttributes")
    if not isinstance(given, list) or not given or len(given) > _KEY_COLUMNS or any(one not in table.columns for one in given):
        raise refusal.Refusal(400, "0x80060893", "KeyAttributes must name between 1 and 16 columns of the table.")
    if len(table.keys) >= _KEYS or name.lower() in table.keys:
        raise refusal.Refusal(
            400, "0x80060894", f"The key '{name}' cannot be created: it exists already or the table has {_KEYS} keys."
        )
    allowed = {
        schema.Kind.STRING,
        schema.Kind.INTEGER,
        schema.Kind.DECIMAL,
        schema.Kind.DATETIME,
        schema.Kind.PICKLIST,
        *schema.LOOKUPS,
    }
    if any(table.columns[one].kind not in allowed for one in given):
        raise refusal.Refusal(
            400, "0x80060895", "A key may hold decimal, whole number, text, date, look-up and choice columns only."
        )
    bytes_ = sum(2 * (table.columns[one].length or 8) for one in given)
    if bytes_ > 900 * 2:
        raise refusal.Refusal(400, "0x80060896", "The key exceeds the index size limit of 900 bytes.")
    made = schema.Key(name=name.lower(), schema_name=name, columns=tuple(given), active_from=time.monotonic() + KEY_BUILD)
    table.keys[made.name] = made
    call.schema.version += 1
    return _made(call, table, "Keys", schema.metadata_id("key", table.name, made.name))
