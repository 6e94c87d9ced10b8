"""Reviewing answers: which are kept apart and why, what an admin releases or withdraws, and how often each sign was wrong.

Called by ``palaute answers``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from journey.answering import signs, told
from mapping import outward
from store import holding, opened, reviewing
from surveys import survey

Told = dict[str, Any]
Do = Callable[[sa.Connection, reviewing.Reviewed, holding.Invited], str]
"""Does something with an answer, and says why not where it did not."""
_MOST = 1000
"""Answers that one listing shows."""
LONGEST_WHY = 200


def listing(store: opened.Opened, state: str | None, *, comments: bool) -> Told:
    """``{"answers": [...]}``, the newest first, at most a thousand; comments only where they are asked for."""
    with store.read() as tx:
        found = reviewing.listed(tx, state, _MOST)
    return {"answers": [_listed(row, comments=comments) for row in found]}


def _listed(row: Told, *, comments: bool) -> Told:
    told = {
        "id": f"answer-{row['id']}",
        "state": row["state"],
        "sign": row["sign"],
        "doubt": row["doubt"],
        "value": row["value"],
        "at": row["at"].isoformat(timespec="seconds"),
        "survey": row["survey"],
        "language": row["language"],
        "channel": row["channel"],
        "device": row["device"],
        "connector": row["connector"],
        "kind": row["kind"],
        "object": row["object"],
        "record": row["record"],
        "label": row["label"],
    }
    return told | {"comment": row["comment"] or ""} if comments else told


def release(
    store: opened.Opened, targets: outward.Targets, surveys: Mapping[str, survey.Survey], ids: Sequence[int], now: datetime
) -> Told:
    """These answers count from now on; ``{"done": [...], "left": [{"id", "why"}]}``. ``targets``: ``[mapping.write]``."""

    def do(tx: sa.Connection, one: reviewing.Reviewed, invited: holding.Invited) -> str:
        if one.state == "confirmed":
            return "it counts already"
        if invited.survey not in surveys:
            return f"the settings have no survey {invited.survey} any more"
        wanted = told.targets_of(targets, surveys[invited.survey].definition, invited, one.given)
        reviewing.release(tx, one, invited, wanted, now)
        return ""

    return _each(store, ids, do)


def void(store: opened.Opened, ids: Sequence[int], why: str, now: datetime) -> Told:
    """These answers count no longer and leave the CRM; ``{"done": [...], "left": [{"id", "why"}]}``."""
    reason = " ".join(why.split())[:LONGEST_WHY]

    def do(tx: sa.Connection, one: reviewing.Reviewed, invited: holding.Invited) -> str:
        if one.state == "void":
            return "it is void already"
        reviewing.void(tx, one, invited, reason, now)
        return ""

    return _each(store, ids, do)


def _each(store: opened.Opened, ids: Sequence[int], do: Do) -> Told:
    done: list[str] = []
    left: list[Told] = []
    for answer_id in dict.fromkeys(ids):
        with store.write() as tx:
            problem = _reviewed(tx, answer_id, do)
        if problem:
            left.append({"id": f"answer-{answer_id}", "why": problem})
        else:
            done.append(f"answer-{answer_id}")
    return {"done": done, "left": left}


def _reviewed(tx: sa.Connection, answer_id: int, do: Do) -> str:
    """Why nothing was done; empty when it was."""
    found = reviewing.load(tx, answer_id)
    invited = None if found is None else holding.invited(tx, [found.token]).get(found.token)
    one = reviewing.load(tx, answer_id)  # again, now that its invitation is held against others
    return "there is no such answer" if one is None or invited is None else do(tx, one, invited)


def fired(store: opened.Opened) -> Told:
    """``{"signs": [...]}``: how often each sign was found, and how many of those answers a person confirmed or an admin released:
    false alarms."""
    with store.read() as tx:
        counted = reviewing.fired(tx)
    keys = [*signs.Sign, *sorted(set(counted) - set(signs.Sign))]
    return {"signs": [_sign(str(key), counted.get(key, {})) for key in keys]}


def _sign(key: str, states: Mapping[str, int]) -> Told:
    total = sum(states.values())
    released = states.get("confirmed", 0) + states.get("replaced", 0)
    return {
        "sign": key,
        "fired": total,
        "waiting": states.get("doubtful", 0),
        "released": released,
        "void": states.get("void", 0),
        "share_released": round(released / total, 3) if total else None,
    }
