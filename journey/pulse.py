"""How the belt is doing: counts for ``palaute status`` and ``/metrics``, and whether it is ready."""

from typing import Any

from journey import belt as belts
from store import bad_addresses, bookmarks, counting, health, opened, returned


def ready(belt: belts.Belt) -> tuple[bool, list[str]]:
    """Whether every connector has taken its first bookmarks or said why it cannot; with reasons in words when not."""
    reasons = []
    with belt.store.read() as tx:
        standing = {row["subject"]: row for row in health.all_of(tx)}
        for name in belt.connectors:
            said_why = standing.get(f"connectors.{name}", {}).get("failing_since") is not None
            if not said_why and not bookmarks.load(tx, name):
                reasons.append(f"connectors.{name} has not been read yet")
    return not reasons, reasons


def counts(belt: belts.Belt) -> dict[str, Any]:
    """As ``of_store``."""
    return of_store(belt.store)


def of_store(store: opened.Opened) -> dict[str, Any]:
    """What is stored, by noun and state, and how the outside parties are doing (instants as ISO 8601 text)."""
    with store.read() as tx:
        counted = counting.counts(tx)
        marks = {row.connector: row.stamp for row in tx.execute(bookmarks.slowest())}
        standing = health.all_of(tx)
        counted["dead_letters"] = counting.dead_letters(tx)
        counted["unsure"] = counting.unsure_messages(tx)
        counted["addresses"] = bad_addresses.counted(tx)
        counted["reports"] = returned.counted(tx)
    counted["connectors"] = _parties(standing, "connectors.")
    for name, party in counted["connectors"].items():
        party["read_until"] = _text(marks.get(name))
    counted["channels"] = _parties(standing, "channels.")
    return counted


def _parties(standing: list[dict[str, Any]], prefix: str) -> dict[str, dict[str, Any]]:
    return {row["subject"].removeprefix(prefix): _party(row) for row in standing if row["subject"].startswith(prefix)}


def _party(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": "failing" if row["failing_since"] else "ok",
        "ok_at": _text(row["ok_at"]),
        "failing_since": _text(row["failing_since"]),
        "problem": row["problem"],
        "remedy": row["remedy"],
        "calls": row["calls"],
        "day_limit": row["day_limit"],
        "day_used": row["day_used"],
    }


def _text(instant: Any) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")
