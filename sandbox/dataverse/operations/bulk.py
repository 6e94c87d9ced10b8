"""Bound actions: CreateMultiple, UpdateMultiple, UpsertMultiple on tables; privileges of roles and of users on rows."""

from typing import Any

from sandbox.dataverse import exchange, refusal, rights, schema, session
from sandbox.dataverse.operations import address
from sandbox.dataverse.rows.indexes import Row

_PREFIX = "Microsoft.Dynamics.CRM."
_DEPTH_NAMES = {"0": "Basic", "1": "Local", "2": "Deep", "3": "Global"}


def on_set(call: session.Session, table: schema.Table, name: str, body: Any) -> exchange.Answer:
    """An action bound to an entity set."""
    if name not in ("CreateMultiple", "UpdateMultiple", "UpsertMultiple"):
        raise refusal.no_segment(_PREFIX + name)
    if not table.bulk or call.faults.peek("no_bulk"):
        raise refusal.Refusal(400, "0x80040800", f"The '{name}' method does not support entities of type '{table.name}'.")
    targets = body.get("Targets") if isinstance(body, dict) else None
    if not isinstance(targets, list) or not targets:
        raise refusal.invalid("The value of the parameter 'Targets' is null or has no rows.")
    for target in targets:
        kind = str(target.get("@odata.type", "")) if isinstance(target, dict) else ""
        if kind.removeprefix("#") != _PREFIX + table.name:
            raise refusal.bad_payload(table.entity_set, f"A type named '{kind}' could not be resolved by the model.")
    with call.store.transaction():
        if name == "CreateMultiple":
            call.rights.need(table, "Create")
            ids = [call.writer.create(table, target)[table.key] for target in targets]
            context = f"{call.root}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
            return exchange.json_answer({"@odata.context": context, "Ids": ids})
        call.rights.need(table, "Write")
        for target in targets:
            _change(call, table, target, upsert=name == "UpsertMultiple")
    return exchange.Answer(status=204)


def _change(call: session.Session, table: schema.Table, target: dict[str, Any], *, upsert: bool) -> None:
    link = target.get("@odata.id")
    if isinstance(link, str):
        part = address.segments(link.split("/api/data/")[-1].split("/")[-1] if "/api/data/" in link else link)[0]
        if part.key is None or part.name != table.entity_set:
            raise refusal.bad_query(f"The @odata.id '{link}' does not name a row of '{table.entity_set}'.")
        row, given = address.find(call.store, table, part.key)
    else:
        record = target.get(table.key)
        if not isinstance(record, str):
            if upsert:
                call.writer.create(table, target)
                return
            raise refusal.Refusal(400, "0x80040203", "Entity Id must be specified for Update")
        row, given = address.find(call.store, table, record)
    body = {name: value for name, value in target.items() if name != table.key}
    if row is not None:
        call.writer.update(table, row, body)
    elif upsert:
        call.writer.create(table, body, given)
    elif table.key in given:
        raise refusal.Refusal(404, "0x80040217", f"Entity '{table.name}' With Ids = {given[table.key]} Do Not Exist")
    else:
        raise refusal.no_record_by_key(table.name, str(link))


def on_row(call: session.Session, table: schema.Table, row: Row, name: str, body: Any) -> exchange.Answer:
    """An action bound to one row."""
    if (table.name, name) == ("role", "AddPrivilegesRole"):
        return _add_privileges(call, row, body, replace=False)
    if (table.name, name) == ("role", "ReplacePrivilegesRole"):
        return _add_privileges(call, row, body, replace=True)
    raise refusal.no_segment(_PREFIX + name)


def _add_privileges(call: session.Session, row: Row, body: Any, *, replace: bool) -> exchange.Answer:
    given = body.get("Privileges") if isinstance(body, dict) else None
    if not isinstance(given, list):
        raise refusal.bad_payload("roles", "Required parameter 'Privileges' is missing.")
    depths: dict[str, str] = {}
    known = call.store.table("privilege").by_id
    for one in given:
        record = str(one.get("PrivilegeId", "")).lower()
        if record not in known:
            raise refusal.no_record("privilege", record)
        if str(one.get("Depth")) not in (*_DEPTH_NAMES, *_DEPTH_NAMES.values()):
            raise refusal.bad_payload("roles", f"Requested value '{one.get('Depth')}' was not found.")
        depths[record] = str(one["Depth"])
    role = row["roleid"]
    if replace:
        for pair in [pair for pair in call.store.links["roleprivileges_association"] if pair[0] == role]:
            call.store.link("roleprivileges_association", pair, there=False)
    for record, depth in depths.items():
        call.store.link("roleprivileges_association", (role, record), there=True)
        call.store.depths[role, record] = _DEPTH_NAMES.get(depth, depth)
    return exchange.Answer(status=204)


def delete(call: session.Session, body: Any) -> exchange.Answer:
    """``BulkDelete`` of rows that are named by id; the job is done at once."""
    queries = body.get("QuerySet") if isinstance(body, dict) else None
    if not isinstance(queries, list) or not queries:
        raise refusal.bad_payload("BulkDelete", "Required parameter 'QuerySet' is missing.")
    for query in queries:
        table = call.schema.tables.get(str(query.get("EntityName")))
        if table is None:
            raise refusal.no_segment(str(query.get("EntityName")))
        call.rights.need(table, "Delete")
        for condition in query.get("Criteria", {}).get("Conditions", ()):
            if condition.get("AttributeName") != table.key or condition.get("Operator") not in ("In", "Equal"):
                raise refusal.Refusal(501, "0x80040203", "This stand-in deletes in bulk by id only.")
            for value in condition.get("Values", ()):
                row = call.store.get(table.name, str(value.get("Value")).lower())
                if row is not None:
                    call.writer.delete(table, row)
    context = f"{call.root}$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse"
    return exchange.json_answer({"@odata.context": context, "JobId": call.store.new_id()})


def user_privileges(call: session.Session, user: Row) -> dict[str, Any]:
    """``systemusers(…)/Microsoft.Dynamics.CRM.RetrieveUserPrivileges``."""
    held = rights.Rights(call.store, user["systemuserid"])
    names = held.held()
    everything = held.administrator
    found = [
        {
            "Depth": "Global" if everything else held.depth(row["name"]),
            "PrivilegeId": record,
            "BusinessUnitId": user.get("_businessunitid_value"),
            "PrivilegeName": row["name"],
            "RecordFilterId": "00000000-0000-0000-0000-000000000000",
            "RecordFilterUniqueName": "",
        }
        for record, row in call.store.table("privilege").by_id.items()
        if everything or row["name"] in names
    ]
    return {
        "@odata.context": f"{call.root}$metadata#Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse",
        "RolePrivileges": found,
    }
