"""Change tracking: delta links, deleted items, and tokens that grow too old.

A token is a row version and the time it was given out. It never covers versions of transactions that have not been committed.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote_plus

from sandbox.dataverse import refusal, schema, session
from sandbox.dataverse.queries import cookies, options
from sandbox.dataverse.rows import records
from sandbox.dataverse.rows.indexes import Row

_TOKEN = re.compile(r"(\d+)!(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)")
DEFAULT_DAYS = 7


def expired() -> refusal.Refusal:
    """The token is older than the organisation keeps deleted rows (0x80044352)."""
    return refusal.Refusal(
        400,
        "0x80044352",
        "Version stamp associated with the client has expired. Please perform a full sync.",
    )


def read_token(store: records.Store, text: str) -> int:
    """The version of a token; raises Refusal when it is malformed or too old."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise refusal.bad_query("The delta token is not valid.")
    month, day, year, hour, minute, second = (int(part) for part in match.groups()[1:])
    given = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    organization = next(iter(store.table("organization").by_id.values()), {})
    days = organization.get("expirechangetrackingindays")
    if store.clock.now() - given > timedelta(days=DEFAULT_DAYS if days is None else days):
        raise expired()
    return int(match.group(1))


def token(store: records.Store, version: int) -> str:
    """A token that covers everything up to this version."""
    return quote(f"{version}!{store.clock.now():%m/%d/%Y %H:%M:%S}", safe="")


def settled(store: records.Store) -> int:
    """The highest version below which every transaction is committed."""
    return min(store.reserved) - 1 if store.reserved else store.version


def changes(store: records.Store, table: schema.Table, since: int) -> list[tuple[int, Row | str]]:
    """(version, row or id of a deleted row) after ``since``, changes first, each by version."""
    rows = store.table(table.name)
    changed: list[tuple[int, Row | str]] = sorted(
        ((row["versionnumber"], row) for row in rows.by_id.values() if row["versionnumber"] > since), key=lambda item: item[0]
    )
    gone = [(version, record) for version, _, record in rows.tombstones if version > since]
    return changed + [item for item in gone if item[1] not in rows.by_id]


def answer(call: session.Session, table: schema.Table, path: str) -> dict[str, Any]:
    """One page of a tracked read: everything at first, later what changed since the token."""
    system = call.options.system
    since = read_token(call.store, system["$deltatoken"]) if "$deltatoken" in system else -1
    place = cookies.read(system["$skiptoken"]) if "$skiptoken" in system else None
    upto, behind = (place.last[0], tuple(place.last[1:])) if place else (settled(call.store), (False, -1))
    plan = options.Reader(call.schema, {}, call.hidden).plan(table, {k: v for k, v in system.items() if k == "$select"})
    found = [
        item
        for item in changes(call.store, table, since)
        if (since >= 0 or isinstance(item[1], dict)) and (isinstance(item[1], str), item[0]) > behind
    ]
    size = call.reading.caller.size
    shaper = call.reading.shaper(plan)
    kind = "/$delta" if since >= 0 else ""
    select = f"({','.join(column.wire for column in plan.columns)})" if plan.selected else ""
    body: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{table.entity_set}{select}{kind}"}
    body["value"] = [shaper(item) if isinstance(item, dict) else _deleted(call, table, item) for _, item in found[:size]]
    kept = "".join(
        f"{name}={value}&" for name, value in call.options.pairs if unquote_plus(name) not in ("$skiptoken", "$deltatoken")
    )
    if len(found) > size:
        version, item = found[size - 1]
        further = cookies.Place((place.page if place else 1) + 1, size, (upto, isinstance(item, str), version))
        before = "".join(f"{name}={value}&" for name, value in call.options.pairs if unquote_plus(name) != "$skiptoken")
        body["@odata.nextLink"] = (
            f"{call.root}{path}?{before}$skiptoken={cookies.write(further, ('upto', 'deleted', 'versionnumber'))}"
        )
    else:
        body["@odata.deltaLink"] = f"{call.root}{path}?{kept}$deltatoken={token(call.store, upto)}"
    return body


def _deleted(call: session.Session, table: schema.Table, record: str) -> dict[str, Any]:
    return {"@odata.context": f"{call.root}$metadata#{table.entity_set}/$deletedEntity", "id": record, "reason": "deleted"}
