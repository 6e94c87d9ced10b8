"""POST, PATCH, PUT and DELETE on tables: create, update, upsert, delete, single properties, links between rows."""

from typing import Any

import orjson

from sandbox.dataverse import exchange, refusal, schema, session
from sandbox.dataverse.operations import address, bulk, reading
from sandbox.dataverse.rows import payload, records
from sandbox.dataverse.rows.indexes import Row

_PREFIX = "Microsoft.Dynamics.CRM."


def body_of(request: exchange.Request) -> Any:
    """The JSON body; raises Refusal when it is none."""
    if not request.body:
        return {}
    kind = request.headers.get("content-type", "application/json")
    if not kind.startswith("application/json"):
        raise refusal.Refusal(
            415, "0x80060888", f"A supported MIME type could not be found that matches the content type of '{kind}'."
        )
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise refusal.bad_payload("", f"Invalid JSON. {error}") from error


def handle(call: session.Session, path: list[address.Segment]) -> exchange.Answer:
    """Carry out a changing request whose first segment is an entity set."""
    table = call.schema.sets[path[0].name]
    method = call.request.method
    if path[0].key is None:
        return _on_set(call, table, path)
    if len(path) == 1:
        if method == "PATCH":
            return _patch(call, table, path[0].key)
        if method == "DELETE":
            return _delete(call, table, path[0].key)
        raise refusal.not_allowed(f"The requested resource does not support http method '{method}'.")
    row = address.need(call.store, table, path[0].key)
    if path[-1].name == "$ref":
        return _link(call, table, row, path[1])
    if path[1].name in table.by_wire and len(path) == 2:
        return _property(call, table, row, path[1].name)
    if method == "POST" and path[1].name in table.collections and len(path) == 2:
        return _create_within(call, table, row, path[1].name)
    if method == "POST" and path[1].name.startswith(_PREFIX):
        return bulk.on_row(call, table, row, path[1].name.removeprefix(_PREFIX), body_of(call.request))
    raise refusal.no_segment(path[1].name)


def _on_set(call: session.Session, table: schema.Table, path: list[address.Segment]) -> exchange.Answer:
    if call.request.method != "POST":
        raise refusal.not_allowed(f"The requested resource does not support http method '{call.request.method}'.")
    if len(path) == 1:
        call.rights.need(table, "Create")
        if table.name == "incidentresolution":
            raise refusal.Refusal(
                400, "0x80040800", "The 'Create' method does not support entities of type 'incidentresolution'."
            )
        return _created(call, table, call.writer.create(table, body_of(call.request)))
    if len(path) == 2 and path[1].name.startswith(_PREFIX):
        return bulk.on_set(call, table, path[1].name.removeprefix(_PREFIX), body_of(call.request))
    raise refusal.no_segment(path[1].name)


def link_to(call: session.Session, table: schema.Table, row: Row) -> str:
    """The address of a row."""
    return f"{call.root}{table.entity_set}({row[table.key]})"


def _created(call: session.Session, table: schema.Table, row: Row) -> exchange.Answer:
    link = link_to(call, table, row)
    if call.prefer.representation:
        answer = reading.single(call, table, row, table.entity_set, 201)
    else:
        answer = exchange.Answer(status=204)
    answer.headers |= {"OData-EntityId": link, "Location": link}
    return answer


def _create_within(call: session.Session, table: schema.Table, row: Row, name: str) -> exchange.Answer:
    relationship = table.collections[name]
    child = call.schema.tables[relationship.referencing]
    call.rights.need(child, "Create")
    body = {**body_of(call.request), f"{relationship.single}@odata.bind": f"/{table.entity_set}({row[table.key]})"}
    return _created(call, child, call.writer.create(child, body))


def _matches(call: session.Session, row: Row) -> None:
    wanted = call.request.headers.get("if-match")
    if wanted not in (None, "*", f'W/"{row["versionnumber"]}"'):
        raise refusal.version_mismatch()


def _patch(call: session.Session, table: schema.Table, key: str) -> exchange.Answer:
    row, given = address.find(call.store, table, key)
    body = body_of(call.request)
    if row is None:
        if "if-match" in call.request.headers:
            address.need(call.store, table, key)
        call.rights.need(table, "Create")
        return _created(call, table, call.writer.create(table, body, checked_key(table, given)))
    if call.request.headers.get("if-none-match") == "*":
        raise refusal.exists()
    _matches(call, row)
    call.rights.need(table, "Write")
    call.writer.update(table, row, body)
    link = link_to(call, table, row)
    answer = reading.single(call, table, row, table.entity_set) if call.prefer.representation else exchange.Answer(status=204)
    answer.headers["OData-EntityId"] = link
    return answer


def checked_key(table: schema.Table, given: dict[str, Any]) -> dict[str, Any]:
    """Key values of an address as row values."""
    for wire, value in given.items():
        column = table.by_wire[wire]
        if column.kind in schema.TEXTS and not isinstance(value, str):
            raise refusal.bad_query("Bad Request - Error in query syntax.")
    return given


def _delete(call: session.Session, table: schema.Table, key: str) -> exchange.Answer:
    call.rights.need(table, "Delete")
    row = address.need(call.store, table, key)
    _matches(call, row)
    call.writer.delete(table, row)
    return exchange.Answer(status=204)


def _property(call: session.Session, table: schema.Table, row: Row, name: str) -> exchange.Answer:
    call.rights.need(table, "Write")
    if call.request.method == "DELETE":
        call.writer.update(table, row, {name: None})
    elif call.request.method in ("PUT", "PATCH"):
        body = body_of(call.request)
        if not isinstance(body, dict) or "value" not in body:
            raise refusal.bad_payload(table.entity_set, "The property 'value' is missing.")
        call.writer.update(table, row, {name: body["value"]})
    else:
        raise refusal.not_allowed(f"The requested resource does not support http method '{call.request.method}'.")
    return exchange.Answer(status=204)


def _link(call: session.Session, table: schema.Table, row: Row, segment: address.Segment) -> exchange.Answer:
    call.rights.need(table, "Write")
    name = segment.name
    if name in table.single:
        target = None if call.request.method == "DELETE" else _target(call)
        wanted = payload.read(call.store, table, {f"{name}@odata.bind": target}, creating=False)
        call.writer.change(table, row, wanted.values)
        return exchange.Answer(status=204)
    if name in table.many:
        return _link_many(call, table, row, segment)
    if name in table.collections:
        return _link_child(call, table, row, segment)
    raise refusal.no_segment(name)


def _target(call: session.Session, segment: address.Segment | None = None) -> str:
    if segment is not None and segment.key is not None:
        return segment.key
    if call.request.method == "DELETE":
        wanted = [value for name, value in call.options.pairs if name == "$id"]
        if wanted:
            return records.unquoted(wanted[0])
        raise refusal.bad_query("The $id query option is missing.")
    body = body_of(call.request)
    link = body.get("@odata.id") if isinstance(body, dict) else None
    if not isinstance(link, str):
        raise refusal.bad_payload("", "A required property '@odata.id' is missing.")
    return link


def _other(call: session.Session, table: schema.Table, segment: address.Segment) -> Row:
    target = _target(call, segment)
    return address.need(call.store, table, target) if segment.key is not None else address.reference(call.store, target)[1]


def _link_many(call: session.Session, table: schema.Table, row: Row, segment: address.Segment) -> exchange.Answer:
    intersect = table.many[segment.name]
    forward = intersect.first == table.name
    other = call.schema.tables[intersect.second if forward else intersect.first]
    found = _other(call, other, segment)
    pair = (row[table.key], found[other.key]) if forward else (found[other.key], row[table.key])
    call.store.link(segment.name, pair, there=call.request.method != "DELETE")
    return exchange.Answer(status=204)


def _link_child(call: session.Session, table: schema.Table, row: Row, segment: address.Segment) -> exchange.Answer:
    relationship = table.collections[segment.name]
    child = call.schema.tables[relationship.referencing]
    found = _other(call, child, segment)
    column = child.columns[relationship.column]
    changes: Row = {column.wire: None}
    if call.request.method != "DELETE":
        payload.point(column, table, row[table.key], changes)
    call.writer.change(child, found, changes)
    return exchange.Answer(status=204)
