"""Touchpoints, rules and people for the tests of this room."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from triggers import history, rule, touchpoint

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANNA = touchpoint.Recipient(record="003A", name="Anna", email="anna@posti.example", language="fi", opted_out=False)
REACHABLE = history.History(reachable=frozenset({"email"}))
CLOSED = touchpoint.Touchpoint(
    connector="acme",
    kind="case_closed",
    object="Case",
    record="500A",
    occurrence="2026-05-04T11:00:00+00:00",
    label="00001001",
    happened_at=NOON - timedelta(hours=1),
    source="case_closed",
    person=ANNA,
    context={"priority": "High", "origin": "Web", "subject": "Where is my parcel?", "amount": 120.5},
)


def closed(**changes: Any) -> touchpoint.Touchpoint:
    """A closed case with these differences."""
    return replace(CLOSED, **changes)


def facts_of(**context: Any) -> touchpoint.Touchpoint:
    """A closed case with this context and no other."""
    return replace(CLOSED, context=context)


def rules(*tables: Mapping[str, Any], **quiet: Any) -> rule.Rules:
    """Rules from tables as settings have them; what a table leaves out is filled in."""
    filled = [
        {"name": f"rule {number}", "on": "case_closed", "survey": "csat", "channel": ["email"], **table}
        for number, table in enumerate(tables or ({},), start=1)
    ]
    return rule.Rules.model_validate({"rules": filled, "quiet": quiet})


def when(*conditions: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The ``when`` of a rule's table."""
    return {"when": conditions}
