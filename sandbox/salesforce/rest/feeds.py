"""getUpdated and getDeleted: ids that changed in a span of time (REST API Developer Guide, "Get Deleted", "Get Updated")."""

from datetime import datetime, timedelta

from sandbox.salesforce import errors, moments
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import describe

_OLDEST = {"updated": timedelta(days=30), "deleted": timedelta(days=15)}


def _span(org: Org, call: Call, kind: str) -> tuple[str, str]:
    bounds: list[datetime] = []
    for name in ("start", "end"):
        try:
            bounds.append(moments.parse(call.query.get(name, "").replace(" ", "+")))
        except ValueError as error:
            raise errors.ApiError(
                400, "MISSING_ARGUMENT" if name not in call.query else "INVALID_DATE_FORMAT", f"{name} must be a date and time"
            ) from error
    start, end = bounds
    if start >= end:
        raise errors.ApiError(400, "INVALID_REPLICATION_DATE", "startDate must be before endDate")
    if org.clock.now() - start > _OLDEST[kind]:
        days = _OLDEST[kind].days
        raise errors.ApiError(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    minutes = [moment.replace(second=0, microsecond=0) for moment in (start, end)]
    return moments.stamp(minutes[0]), moments.stamp(minutes[1])


def _covered(org: Org, end: str) -> str:
    """Not later than what open transactions may still add."""
    return min(end, moments.stamp((org.clock.now() - timedelta(minutes=1)).replace(second=0)))


def updated(org: Org, call: Call, name: str) -> Reply:
    """``GET sobjects/Case/updated?start=…&end=…``; seconds are ignored."""
    entity = describe.entity_named(org, name, call.session.user_id)
    start, end = _span(org, call, "updated")
    rows = org.store.table(entity.name).between(start, end)
    found = [row["Id"] for row in rows if not row.get("IsDeleted") and row["SystemModstamp"] < end]
    return Reply(body={"ids": found, "latestDateCovered": _covered(org, end)})


def deleted(org: Org, call: Call, name: str) -> Reply:
    """``GET sobjects/Case/deleted?start=…&end=…``."""
    entity = describe.entity_named(org, name, call.session.user_id)
    start, end = _span(org, call, "deleted")
    rows = [
        row for row in org.store.table(entity.name).between(start, end) if row.get("IsDeleted") and row["SystemModstamp"] < end
    ]
    gone = [row for row in org.store.table(entity.name).rows.values() if row.get("IsDeleted")]
    oldest = min((row["SystemModstamp"] for row in gone), default=start)
    body = {
        "deletedRecords": [{"deletedDate": row["SystemModstamp"], "id": row["Id"]} for row in rows],
        "earliestDateAvailable": oldest, "latestDateCovered": _covered(org, end),
    }  # fmt: skip
    return Reply(body=body)
