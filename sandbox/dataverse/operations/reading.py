"""GET on tables: lists, single rows, single properties, related rows, counts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from sandbox.dataverse import exchange, refusal, rights, schema, session
from sandbox.dataverse.joined import asking
from sandbox.dataverse.operations import address
from sandbox.dataverse.queries import apply, cookies, options, query, scope, tracking
from sandbox.dataverse.rows.indexes import Row

_TOO_MUCH = frozenset({"$filter", "$orderby", "$expand", "$top", "$apply"})


def get(call: session.Session, path: list[address.Segment]) -> exchange.Answer:
    """Answer a GET whose first segment is an entity set."""
    table = call.schema.sets[path[0].name]
    call.rights.need(table, "Read")
    if path[0].key is None:
        if len(path) == 1:
            return collection(call, table, table.entity_set, None)
        if len(path) == 2 and path[1].name == "$count":
            return _count(call, table, None)
        raise refusal.no_segment(path[1].name)
    row = address.need(call.store, table, path[0].key)
    if len(path) == 1:
        return single(call, table, row, table.entity_set)
    return _related(call, table, row, path[1:])


def single(call: session.Session, table: schema.Table, row: Row, context: str, status: int = 200) -> exchange.Answer:
    """One row."""
    etag = f'W/"{row["versionnumber"]}"'
    known = call.request.headers.get("if-none-match", "null")
    if call.request.method == "GET" and known == etag and not call.options.system.get("$expand"):
        return exchange.Answer(status=304, headers={"ETag": etag})
    plan = call.plan(table)
    wanted = call.request.headers.get("if-match")
    if call.request.method == "GET" and wanted not in (None, "*", etag):
        raise refusal.version_mismatch()
    body = {"@odata.context": f"{call.root}$metadata#{context}{_projection(plan)}/$entity", **call.reading.shaper(plan)(row)}
    return exchange.json_answer(body, status=status, headers={"ETag": etag})


def collection(call: session.Session, table: schema.Table, path: str, within: Iterable[Row] | None) -> exchange.Answer:
    """A page of rows, of the whole table or of the rows related to another."""
    if within is None and (language := next((name for name in options.WHOLE_QUERIES if name in call.options.system), "")):
        ask = asking.by_fetchxml if language == "fetchXml" else asking.by_sql
        return ask(call, table, call.options.system[language])
    if call.prefer.track or "$deltatoken" in call.options.system:
        return _changes(call, table, path, within)
    plan = call.plan(table)
    if plan.apply:
        return _applied(call, table, plan, within)
    token = call.options.system.get("$skiptoken")
    place = cookies.read(token) if token is not None else None
    page = call.reading.page(plan, within, place)
    body: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{table.entity_set}{_projection(plan)}"}
    if page.total is not None:
        body["@odata.count"] = page.total
    if call.reading.caller.wishes.wants("@Microsoft.Dynamics.CRM.totalrecordcount"):
        body["@Microsoft.Dynamics.CRM.totalrecordcount"] = -1 if page.total is None else page.total
        body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = page.total == query.COUNT_LIMIT
        body["@Microsoft.Dynamics.CRM.globalmetadataversion"] = str(call.schema.version)
    body["value"] = page.rows
    if page.next is not None:
        pairs = [(name, value) for name, value in call.options.pairs if unquote_plus(name) != "$skiptoken"]
        kept = "".join(f"{name}={value}&" for name, value in pairs)
        body["@odata.nextLink"] = f"{call.root}{path}?{kept}$skiptoken={cookies.write(page.next, page.names)}"
    return exchange.json_answer(body)


def _projection(plan: options.Plan) -> str:
    parts = [column.wire for column in plan.columns] if plan.selected else []
    parts += [expansion.name + (_projection(expansion.plan) or "()") for expansion in plan.expansions]
    return f"({','.join(parts)})" if parts else ""


def _count(call: session.Session, table: schema.Table, within: Iterable[Row] | None) -> exchange.Answer:
    if "$deltatoken" in call.options.system:
        number = len(tracking.changes(call.store, table, tracking.read_token(call.store, call.options.system["$deltatoken"])))
    else:
        number = min(call.reading.count(call.plan(table), within), query.COUNT_LIMIT)
    return exchange.Answer(body=b"\xef\xbb\xbf" + str(number).encode(), headers={"Content-Type": "text/plain"})


def _applied(call: session.Session, table: schema.Table, plan: options.Plan, within: Iterable[Row] | None) -> exchange.Answer:
    rows = list(call.reading.matching(replace(plan, order=()), within))
    made = apply.run(call.store, table, plan, rows, call.reading.names(table), call.options.aliases)
    return exchange.json_answer({"@odata.context": f"{call.root}$metadata#{table.entity_set}", "value": made})


def _changes(call: session.Session, table: schema.Table, path: str, within: Iterable[Row] | None) -> exchange.Answer:
    if not table.tracked or within is not None:
        raise refusal.Refusal(400, "0x80060888", f"Change tracking is not enabled for entity '{table.name}'.")
    if not call.rights.administrator and call.rights.depth(rights.privilege_name(table, "Read")) != "Global":
        raise refusal.Refusal(403, "0x80040220", f"Change tracking needs organization-level read on '{table.name}'.")
    for name in sorted(_TOO_MUCH & call.options.system.keys()):
        raise refusal.bad_query(f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.')
    if "$deltatoken" in call.options.system and call.faults.take("delta_expired"):
        raise tracking.expired()
    return exchange.json_answer(tracking.answer(call, table, path))


def _related(call: session.Session, table: schema.Table, row: Row, path: list[address.Segment]) -> exchange.Answer:
    first = path[0]
    reference = path[-1].name == "$ref"
    inner = path[1:-1] if reference else path[1:]
    if first.name in table.by_wire:
        return _property(call, table, row, path)
    if first.name in table.single:
        return _behind_lookup(call, table, row, first, inner, reference=reference)
    rows, target = (
        scope.collection(call.store, table, first.name) if first.name in (*table.collections, *table.many) else (None, None)
    )
    if rows is None or target is None:
        raise refusal.no_segment(first.name)
    call.rights.need(target, "Read")
    whole = f"{table.entity_set}({row[table.key]})/{first.name}"
    if first.key is not None:
        found = address.need(call.store, target, first.key)
        if all(one is not found for one in rows(row)):
            raise refusal.no_record(target.name, found[target.key])
        return _related(call, target, found, inner) if inner else single(call, target, found, target.entity_set)
    if inner and inner[0].name == "$count":
        return _count(call, target, list(rows(row)))
    if inner:
        raise refusal.no_segment(inner[0].name)
    if reference:
        links = [{"@odata.id": f"{call.root}{target.entity_set}({one[target.key]})"} for one in rows(row)]
        return exchange.json_answer({"@odata.context": f"{call.root}$metadata#Collection($ref)", "value": links})
    return collection(call, target, whole, list(rows(row)))


def _behind_lookup(
    call: session.Session, table: schema.Table, row: Row, first: address.Segment, inner: list[address.Segment], *, reference: bool
) -> exchange.Answer:
    relationship = table.single[first.name]
    target = call.schema.tables[relationship.referenced]
    call.rights.need(target, "Read")
    found = call.store.get(target.name, row.get(table.columns[relationship.column].wire))
    if found is None:
        return exchange.Answer(status=204)
    if inner:
        return _related(call, target, found, inner)
    if reference:
        link = {"@odata.id": f"{call.root}{target.entity_set}({found[target.key]})"}
        return exchange.json_answer({"@odata.context": f"{call.root}$metadata#$ref", **link})
    return single(call, target, found, target.entity_set)


def _property(call: session.Session, table: schema.Table, row: Row, path: list[address.Segment]) -> exchange.Answer:
    column = scope.find_column(table, path[0].name, call.hidden)
    value = row.get(column.wire)
    if len(path) == 2 and path[1].name == "$value":
        if value is None:
            return exchange.Answer(status=204)
        return exchange.Answer(body=str(value).encode(), headers={"Content-Type": "text/plain"})
    if len(path) > 1:
        raise refusal.no_segment(path[1].name)
    if value is None:
        return exchange.Answer(status=204)
    context = f"{call.root}$metadata#{table.entity_set}({row[table.key]})/{column.wire}"
    return exchange.json_answer({"@odata.context": context, "value": value})
