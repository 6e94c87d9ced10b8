"""Messages to send in tests."""

from datetime import UTC, datetime
from typing import Any

from channels import base
from surveys import survey

HAVU = survey.Brand(
    name="Havu", partitive="Havua", genitive="Havun", address="Havu Oy, Rantatie 1, 00100 Helsinki", repeat_days=30
)


def message(metric: str = "nps", **changes: Any) -> base.Message:
    """A message to Aino about her router, with changes."""
    told: dict[str, Any] = {
        "key": "invitation-1",
        "address": "aino.virtanen@posti.example",
        "name": "Aino Virtanen",
        "language": "en",
        "brand": HAVU,
        "survey": survey.Survey(key="asked", metric=metric),
        "kind": "case_closed",
        "subject": "Router keeps restarting",
        "happened_at": datetime(2026, 11, 14, 9, tzinfo=UTC),
        "page_url": "https://feedback.havu.example/s/8KQ2vXw7",
        "unsubscribe_url": "https://feedback.havu.example/u/8KQ2vXw7",
        "privacy_url": "https://feedback.havu.example/privacy",
    }
    return base.Message(**told | changes)
