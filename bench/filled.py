"""A store with many open invitations that went out, and settings for it. Called by bench.answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from settings import load
from store import database, messages, people, rows, touchpoints
from tests import smallest

_WRITE_BACK = """
[mapping.write.crm.case]
score = "score"
comment = "comment"
"""


def prepare(folder: Path, url: str, count: int) -> tuple[Path, list[str]]:
    """Settings and a store with so many open invitations that went out; their tokens."""
    text = smallest.SETTINGS.replace("sqlite:///palaute.db", url).replace("csat", "nps")
    path = smallest.write(folder, text + smallest.CASES.replace("csat", "nps") + _WRITE_BACK)
    settings = load.load(path)
    people.open_secret(settings.store.secret)
    store = database.Store(settings.store.url)
    store.migrate()
    tokens = [f"bench{number:017d}" for number in range(count)]
    now = datetime.now(UTC)
    with store.write() as tx:
        for chunk in rows.chunks(range(1, count + 1)):
            rows.insert(tx, people.PERSON, [{"id": n, "key": f"person {n}", "opted_out_by": ""} for n in chunk])
            rows.insert(tx, touchpoints.TOUCHPOINT, [_touchpoint(n, now) for n in chunk])
            rows.insert(tx, messages.INVITATION, [_invitation(n, tokens[n - 1], now) for n in chunk])
            rows.insert(tx, messages.MESSAGE, [_message(n, now) for n in chunk])
    store.close()
    return path, tokens


def _touchpoint(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "connector": "crm",
        "kind": "case_closed",
        "source": "case_closed",
        "object": "case",
        "record": f"{number:018d}",
        "occurrence": "1",
        "label": f"{number}",
        "happened_at": now - timedelta(hours=2),
        "noticed_at": now - timedelta(hours=2),
        "person_id": number,
        "account": f"account {number % 3000}",
        "recipient": {"record": f"person {number}", "email": f"person{number}@posti.example", "language": "en"},
        "context": {"subject": f"Where is my parcel {number}?", "owner": "Maija", "priority": "High"},
        "trouble": "",
        "forgotten": False,
    }


def _invitation(number: int, token: str, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "touchpoint_id": number,
        "person_id": number,
        "token": token,
        "survey": "nps",
        "language": "en",
        "state": "open",
        "made_at": now - timedelta(hours=2),
        "expires_at": now + timedelta(days=14),
        "variant": "",
        "words": sa.null(),
    }


def _message(number: int, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": number,
        "connector": "crm",
        "send": messages.FIRST,
        "key": f"bench-{number}",
        "channel": "email",
        "address": f"person{number}@posti.example",
        "state": "sent",
        "made_at": now - timedelta(hours=2),
        "due_at": now - timedelta(hours=2),
        "sent_at": now - timedelta(hours=1),
        "attempts": 1,
        "reference": "",
        "problem": "",
    }
