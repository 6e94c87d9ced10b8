"""Changing metadata: new tables, columns, keys and relationships, as Microsoft's Web API documents them.

Source: learn.microsoft.com/power-apps/developer/data-platform/webapi/create-update-entity-definitions-using-web-api and its
neighbours for columns, relationships and keys.
"""

import re
import time
from dataclasses import replace
from typing import Any

from sandbox.dataverse import address, changing, describing, exchange, odata, records, refusal, rights, schema, session, tables
from sandbox.dataverse import columns as column_words

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]+")
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
            return _relationship(call, body)
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
        column = column_of(body)
        add_column(call.store, table, column)
        return _made(call, table, "Attributes", schema.metadata_id(table.name, column.name))
    if second.name == "Attributes" and method in ("PUT", "DELETE") and second.key is not None:
        return _change_column(call, table, _named(second.key), body)
    if second.name == "Keys" and method == "POST":
        return _key(call, table, body)
    if second.name == "Keys" and method == "DELETE" and second.key is not None:
        wanted = _named(second.key)
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


def _named(key: str) -> str:
    node = odata.Parser(key.partition("=")[2] or key).whole()
    return str(node.value) if isinstance(node, odata.Literal) else ""


def _made(call: session.Session, table: schema.Table, collection: str, record: str) -> exchange.Answer:
    link = f"{call.root}EntityDefinitions({schema.metadata_id(table.name)})"
    link += f"/{collection}({record})" if collection else ""
    return exchange.Answer(status=204, headers={"OData-EntityId": link, "Location": link})


def _label(body: dict[str, Any], name: str, otherwise: str) -> str:
    labels = (body.get(name) or {}).get("LocalizedLabels") or []
    return str(labels[0].get("Label", otherwise)) if labels else otherwise


def _schema_name(body: Any) -> str:
    name = body.get("SchemaName") if isinstance(body, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise refusal.Refusal(
            400,
            "0x80044369",
            f"The name '{name}' is not valid. Names must begin with the customization prefix of the publisher and may hold only "
            "letters, digits and underscores.",
        )
    return name


def column_of(body: Any) -> schema.Column:
    """A column out of its ``…AttributeMetadata``; raises Refusal when a part is missing or out of bounds."""
    name = _schema_name(body)
    kind_name = (
        str(body.get("@odata.type", ""))
        .removeprefix("#")
        .removeprefix("Microsoft.Dynamics.CRM.")
        .removesuffix("AttributeMetadata")
    )
    try:
        kind = schema.Kind(kind_name)
    except ValueError as error:
        raise refusal.bad_payload(
            "AttributeMetadata", f"A type named '{body.get('@odata.type')}' could not be resolved by the model."
        ) from error
    if kind in (schema.Kind.STATE, schema.Kind.STATUS, schema.Kind.OWNER, *schema.LOOKUPS):
        raise refusal.Refusal(400, "0x80048403", f"Attributes of type {kind} cannot be created this way.")
    if kind in schema.TEXTS:
        _bounded(body, "MaxLength", 1, 4000 if kind is schema.Kind.STRING else 1_048_576)
    behavior = (body.get("DateTimeBehavior") or {}).get("Value", "UserLocal")
    shape = (body.get("FormatName") or {}).get("Value") or body.get("Format")
    return schema.Column(
        name=name.lower(),
        schema_name=name,
        kind=kind,
        label=_label(body, "DisplayName", name),
        description=_label(body, "Description", ""),
        length=body.get("MaxLength", 100 if kind is schema.Kind.STRING else 2000) if kind in schema.TEXTS else None,
        minimum=body.get("MinValue", -2147483648) if kind in (*schema.FRACTIONS, schema.Kind.INTEGER) else None,
        maximum=body.get("MaxValue", 2147483647) if kind in (*schema.FRACTIONS, schema.Kind.INTEGER) else None,
        precision=body.get("Precision", 2) if kind in schema.FRACTIONS else None,
        format=shape or ("DateAndTime" if kind is schema.Kind.DATETIME else None),
        behavior=behavior,
        options=_options(body, kind),
        custom=True,
        required=str((body.get("RequiredLevel") or {}).get("Value", "None")),
        default=body.get("DefaultValue", False) if kind is schema.Kind.BOOLEAN else body.get("DefaultFormValue"),
    )


def _bounded(body: dict[str, Any], name: str, low: int, high: int) -> None:
    value = body.get(name, low)
    if not isinstance(value, int) or not low <= value <= high:
        raise refusal.Refusal(400, "0x80040203", f"The value of '{name}' must be between {low} and {high}.")


def _options(body: dict[str, Any], kind: schema.Kind) -> tuple[schema.Option, ...]:
    given = body.get("OptionSet")
    if kind is schema.Kind.BOOLEAN:
        if not isinstance(given, dict):
            raise refusal.Refusal(400, "0x80040203", "A Boolean attribute needs an OptionSet with TrueOption and FalseOption.")
        return tuple(
            schema.Option(value=value, label=_label(given.get(name) or {}, "Label", name))
            for value, name in enumerate(("FalseOption", "TrueOption"))
        )
    if kind is not schema.Kind.PICKLIST:
        return ()
    if not isinstance(given, dict) or not isinstance(given.get("Options"), list):
        raise refusal.Refusal(400, "0x80040203", "A Picklist attribute needs an OptionSet with Options.")
    return tuple(
        schema.Option(value=int(option["Value"]), label=_label(option, "Label", str(option["Value"])))
        for option in given["Options"]
    )


def add_column(store: records.Store, table: schema.Table, column: schema.Column) -> None:
    """Put a new column in place; raises Refusal when the name is taken."""
    if column.name in table.columns:
        raise refusal.Refusal(
            400,
            "0x80044153",
            f"An attribute with the specified name {column.schema} already exists for entity with Name: {table.name}",
        )
    store.schema.add_column(table, column)


def _change_column(call: session.Session, table: schema.Table, wanted: str, body: Any) -> exchange.Answer:
    found = [one for one in table.columns.values() if wanted in (one.name, one.schema, schema.metadata_id(table.name, one.name))]
    if not found:
        raise refusal.Refusal(404, "0x80044301", f"Could not find an attribute with specified name: {wanted}")
    column = found[0]
    if call.request.method == "DELETE":
        if not column.custom:
            raise refusal.Refusal(400, "0x80047007", "Cannot delete an attribute that is not custom.")
        del table.columns[column.name], table.by_wire[column.wire]
        call.schema.version += 1
        return exchange.Answer(status=204)
    changes: dict[str, Any] = {"label": _label(body, "DisplayName", column.label)}
    for name, part in (("length", "MaxLength"), ("minimum", "MinValue"), ("maximum", "MaxValue")):
        if body.get(part) is not None and getattr(column, name) is not None:
            changes[name] = body[part]
    if isinstance(body.get("IsSecured"), bool):
        changes["secured"] = body["IsSecured"]
    call.schema.add_column(table, replace(column, **changes))
    return exchange.Answer(status=204)


def _table(call: session.Session, body: Any) -> exchange.Answer:
    name = _schema_name(body)
    if name.lower() in call.schema.tables:
        raise refusal.Refusal(400, "0x80044363", f"An entity with the specified name {name} already exists.")
    made = [column_of(one) for one in body.get("Attributes", ())]
    primary = [one.get("SchemaName") for one in body.get("Attributes", ()) if one.get("IsPrimaryName")]
    if len(primary) != 1:
        raise refusal.Refusal(400, "0x80040203", "The table needs exactly one primary name column.")
    named = next(column for column in made if column.schema == primary[0])
    ownership = str(body.get("OwnershipType", "UserOwned"))
    table = tables.table(
        name.lower(),
        named,
        [column for column in made if column is not named],
        schema_name=name,
        entity_set=_plural(name.lower()),
        label=_label(body, "DisplayName", name),
        plural=_label(body, "DisplayCollectionName", name),
        ownership="OrganizationOwned" if ownership == "OrganizationOwned" else "UserOwned",
        custom=True,
        tracked=bool(body.get("ChangeTrackingEnabled", False)),
        code=_FIRST_CODE + len(call.schema.tables),
    )
    for column in column_words.states(*tables.ACTIVE):
        table.add(column)
    call.schema.add_table(table)
    tables.link_system_columns(call.schema, table)
    add_privileges(call.store, table)
    return _made(call, table, "", "")


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
        _drop(call.schema, table)
        call.store.rows.pop(table.name, None)
        return exchange.Answer(status=204)
    if call.request.method != "PUT":
        raise refusal.not_allowed("Metadata is updated with PUT.")
    if table.tracked and body.get("ChangeTrackingEnabled") is False:
        raise refusal.Refusal(400, "0x80044352", "Change tracking cannot be disabled once it is enabled.")
    table.tracked = bool(body.get("ChangeTrackingEnabled", table.tracked))
    table.label = _label(body, "DisplayName", table.label)
    call.schema.version += 1
    return exchange.Answer(status=204)


def _drop(tables_: schema.Schema, table: schema.Table) -> None:
    for relationship in list(tables_.relationships.values()):
        if table.name in (relationship.referencing, relationship.referenced):
            del tables_.relationships[relationship.name]
            tables_.tables[relationship.referenced].collections.pop(relationship.collection, None)
            tables_.tables[relationship.referencing].single.pop(relationship.single, None)
    del tables_.tables[table.name], tables_.sets[table.entity_set]
    tables_.version += 1


def _key(call: session.Session, table: schema.Table, body: Any) -> exchange.Answer:
    name = _schema_name(body)
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


def _relationship(call: session.Session, body: Any) -> exchange.Answer:
    name = _schema_name(body)
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict):
        raise refusal.bad_payload("RelationshipDefinitions", "Required property 'Lookup' is missing.")
    _add_lookup(call, _schema_name(lookup), _label(lookup, "DisplayName", ""), [body], schema.Kind.LOOKUP)
    link = f"{call.root}RelationshipDefinitions({schema.metadata_id('relationship', name)})"
    return exchange.Answer(status=204, headers={"OData-EntityId": link, "Location": link})


def customer_lookup(call: session.Session, body: Any) -> exchange.Answer:
    """``CreateCustomerRelationships``: a look-up to account or contact."""
    need(call)
    given, lookup = body.get("OneToManyRelationships"), body.get("Lookup")
    if not isinstance(given, list) or len(given) != 2 or not isinstance(lookup, dict):
        raise refusal.bad_payload("CreateCustomerRelationships", "Two OneToManyRelationships and a Lookup are needed.")
    column = _add_lookup(call, _schema_name(lookup), _label(lookup, "DisplayName", ""), given, schema.Kind.CUSTOMER)
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
    add_column(call.store, referencing, column)
    for one, target in zip(given, names, strict=True):
        single = name if len(names) == 1 else f"{name}_{target}"
        call.schema.add_relationship(
            schema.Relationship(
                name=_schema_name(one),
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
