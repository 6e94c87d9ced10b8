"""The call budget: what is used, what is left, and the header that tells it."""

from sandbox.salesforce import errors
from sandbox.salesforce.call import Call, Reply
from sandbox.salesforce.org import Org

_OTHERS = {
    "DailyBulkApiBatches": 15_000, "DailyBulkV2QueryJobs": 10_000, "DailyBulkV2QueryFileStorageMB": 976_562,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240, "HourlyAsyncReportRuns": 1_200, "SingleEmail": 5_000, "MassEmail": 5_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyStandardVolumePlatformEvents": 25_000, "HourlyPublishedPlatformEvents": 50_000, "PermissionSets": 1_500,
}  # fmt: skip
APP_NAME = "Palaute"


def used(org: Org) -> int:
    """Calls of the last 24 hours; while the budget is exhausted, all of them."""
    if org.faults.peek("budget_exhausted"):
        return org.daily_limit
    return org.used_before + org.counters.total


def header(org: Org) -> str:
    """``Sforce-Limit-Info``, every other time with what this connected app has used."""
    org.replies += 1
    plain = f"api-usage={used(org)}/{org.daily_limit}"
    if org.replies % 2:
        return plain
    return f"{plain}; per-app-api-usage={org.counters.total}/{org.daily_limit // 2}(appName={APP_NAME})"


def check(org: Org) -> None:
    """Raises REQUEST_LIMIT_EXCEEDED when nothing is left."""
    if org.faults.peek("budget_exhausted") or used(org) > org.daily_limit:
        raise errors.ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def read(org: Org, call: Call) -> Reply:
    """``GET limits``."""
    jobs = org.counters.as_json()["endpoints"].get("POST jobs/query", 0)
    body = {name: {"Max": most, "Remaining": most} for name, most in _OTHERS.items()}
    body["DailyBulkV2QueryJobs"]["Remaining"] -= jobs
    body["DailyApiRequests"] = {"Max": org.daily_limit, "Remaining": max(0, org.daily_limit - used(org))}
    return Reply(body=body)


def record_count(org: Org, call: Call) -> Reply:
    """``GET limits/recordCount?sObjects=Account``; objects without rows are missing."""
    wanted = call.query.get("sObjects")
    names = wanted.split(",") if wanted else list(org.schema.entities)
    counted = []
    for name in names:
        entity = org.schema.find(name.strip())
        rows = org.store.table(entity.name).rows.values() if entity is not None else ()
        count = sum(1 for row in rows if not row.get("IsDeleted"))
        if entity is not None and count:
            counted.append({"count": count, "name": entity.name})
    return Reply(body={"sObjects": counted})
