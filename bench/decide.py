"""How many touchpoints a second the rules decide, on one core: ``python -m bench.decide [--rules N] [--touchpoints N]``.

Fifty rules with three conditions each over two kinds, a window, a quarantine, caps, a sample: judged in batches by the same
function as in the daemon's decide step, without the database and without the check of addresses, which is the channels' own.
Prints one line of JSON; exit status 1 below the aim.
"""

import argparse
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from channels import memory
from journey.deciding import judging
from store import touchpoints
from triggers import rule, touchpoint

AIM = 20_000
"""Touchpoints a second."""
_NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
_BATCH = 500


def rules(count: int) -> rule.Rules:
    """Rules as an admin of a large service desk might write them."""
    listed: list[dict[str, Any]] = [
        {
            "name": f"rule {number}",
            "on": "case_closed" if number % 2 else "purchase",
            "survey": "csat",
            "channel": ["memory"],
            "priority": number % 5,
            "sample": "50%" if number % 7 == 0 else "100%",
            "when": [
                {"field": "priority", "is_not": "Low"},
                {"field": "owner", "in": [f"owner {number}", f"owner {number + 1}"]},
                {"not": {"field": "subject", "contains": f"[spam {number}]"}},
            ],
        }
        for number in range(count)
    ]
    quiet = {"window": "mon-fri 09:00-17:00", "holidays": "FI", "per_account": "3 per 7d", "daily_cap": 1_000_000}
    return rule.Rules.model_validate({"rules": listed, "quiet": quiet, "zones": {"company": "Europe/Helsinki"}})


def touches(count: int) -> list[touchpoints.Waiting]:
    """Closed cases of many people and accounts."""
    chance = random.Random(1)  # noqa: S311 - the same ones each time
    return [touchpoints.Waiting(id=number, touch=_touch(number, chance), person_id=number) for number in range(1, count + 1)]


def _touch(number: int, chance: random.Random) -> touchpoint.Touchpoint:
    return touchpoint.Touchpoint(
        connector="acme",
        kind="case_closed",
        object="Case",
        record=f"500{number}",
        occurrence="1",
        label=str(number),
        happened_at=_NOW - timedelta(minutes=number % 5_000),
        source="case_closed",
        person=touchpoint.Recipient(record=f"003{number}", email=f"person{number}@posti.example", language="fi", opted_out=False),
        account=f"001{number % 3_000}",
        context={
            "priority": chance.choice(("Low", "Normal", "High")),
            "origin": chance.choice(("Web", "Email", "Phone")),
            "owner": f"owner {chance.randrange(60)}",
            "subject": f"Where is my parcel {number}?",
            "amount": 12.5,
        },
    )


class _Anybody(memory.MemoryChannel):
    """Takes every address as it is."""

    def address(self, person: touchpoint.Recipient) -> str | None:
        """Unchecked."""
        return person.email or None


def main() -> int:
    """Decide once over all touchpoints, three times; the best counts."""
    chosen = argparse.ArgumentParser(description=__doc__)
    chosen.add_argument("--rules", type=int, default=50)
    chosen.add_argument("--touchpoints", type=int, default=20_000)
    arguments = chosen.parse_args()
    waiting = touches(arguments.touchpoints)
    rates = [_run(rules(arguments.rules), waiting) for _ in range(3)]
    per_second = round(max(rates))
    sys.stdout.write(
        json.dumps({"touchpoints": len(waiting), "rules": arguments.rules, "per_second": per_second, "aim": AIM}) + "\n"
    )
    return 0 if per_second >= AIM else 1


def _run(chosen: rule.Rules, waiting: list[touchpoints.Waiting]) -> float:
    judge = judging.Judge(rules=chosen, channels={"memory": _Anybody("memory")})
    known = judging.Known()
    begun = time.process_time()
    for start in range(0, len(waiting), _BATCH):
        judge.batch(waiting[start : start + _BATCH], known, _NOW)
    return len(waiting) / (time.process_time() - begun)


if __name__ == "__main__":
    sys.exit(main())
