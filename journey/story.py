"""The whole story of a record, from notice to field, silence included; what ``palaute why`` tells."""

from datetime import datetime, timedelta
from typing import Any

from journey.deciding import remedy
from store import opened, people, stories
from triggers import rule, touchpoint

Told = dict[str, Any]


def tell(store: opened.Opened, secret: bytes, text: str, quarantine: timedelta, rules: rule.Rules | None = None) -> Told:
    """``{"touchpoints": [...]}`` for a record id, a case or order number, a person's e-mail or phone, or ``#`` with our number.

    Instants are ISO 8601 text. No address is in it; the comment of an answer is. ``rules`` are those of now, to tell whether the
    one that decided has changed since.
    """
    wanted = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()
    if not wanted:
        return {"touchpoints": []}
    keys = people.keys(secret, touchpoint.Recipient(email=wanted, phone=wanted))
    with store.read() as tx:
        found = stories.tell(tx, stories.find(tx, wanted, [key for key in (keys.email, keys.phone) if key is not None]))
    return {"touchpoints": [_touchpoint(one, quarantine, rules) for one in found]}


def _touchpoint(one: Told, quarantine: timedelta, rules: rule.Rules | None) -> Told:
    row = one["touchpoint"]
    asked_at = one["person"]["asked_at"]
    decided = _decision(one["decision"])
    return {
        "id": row["id"],
        "connector": row["connector"],
        "kind": row["kind"],
        "object": row["object"],
        "record": row["record"],
        "label": row["label"],
        "occurrence": row["occurrence"],
        "happened_at": _text(row["happened_at"]),
        "noticed_at": _text(row["noticed_at"]),
        "context": row["context"] or {},
        "decision": decided,
        "would_have_to_change": remedy.sentences(decided, row["kind"], rules),
        "invitation": _invitation(one["invitation"], one["messages"]),
        "answer": _answer(one["answers"]),
        "answers": [_version(answer) for answer in one["answers"]],
        "writes": [_write(write) for write in one["writes"]],
        "person": {
            "known": row["person_id"] is not None,
            "opted_out_at": _text(one["person"]["opted_out_at"]),
            "asked_at": _text(asked_at),
            "free_at": _text(None if asked_at is None else asked_at + quarantine),
        },
        "events": [_event(event) for event in one["events"]],
    }


def _event(row: Told) -> Told:
    return {"at": _text(row["at"]), "step": row["step"], "what": row["what"], "detail": row["detail"]}


def _decision(row: Told | None) -> Told | None:
    if row is None:
        return None
    return {
        "verdict": row["verdict"],
        "reason": row["reason"],
        "rule": row["rule"],
        "rule_version": row["rule_version"],
        "explanation": row["explanation"],
        "checked": row["checked"],
        "decided_at": _text(row["decided_at"]),
        "look_again_at": _text(row["look_again_at"]),
    }


def _invitation(row: Told | None, sends: list[Told]) -> Told | None:
    if row is None:
        return None
    return {
        "state": row["state"],
        "survey": row["survey"],
        "language": row["language"],
        "variant": row["variant"],
        "made_at": _text(row["made_at"]),
        "expires_at": _text(row["expires_at"]),
        "opened_at": _text(row["opened_at"]),
        "messages": [
            {
                "id": send["id"],
                "send": send["send"],
                "channel": send["channel"],
                "state": send["state"],
                "due_at": _text(send["due_at"]),
                "sent_at": _text(send["sent_at"]),
                "delivered_at": _text(send["delivered_at"]),
                "parts": send["parts"],
                "attempts": send["attempts"],
                "problem": send["problem"],
            }
            for send in sends
        ],
    }


def _answer(versions: list[Told]) -> Told | None:
    """The one that counts, else the latest."""
    counting = [row for row in versions if row["state"] == "confirmed"] or versions[-1:]
    return _version(counting[0]) if counting else None


def _version(row: Told) -> Told:
    return {
        "id": f"answer-{row['id']}",
        "state": row["state"],
        "value": row["value"],
        "comment": row["comment"] or "",
        "extras": row["extras"] or {},
        "at": _text(row["at"]),
        "version": row["version"],
        "sign": row["sign"],
        "doubt": row["doubt"],
    }


def _write(row: Told) -> Told:
    return {
        "id": row["id"],
        "what": "answer" if row["answer_id"] is not None else row["topic"],
        "object": row["object"],
        "record": row["record"],
        "state": row["state"],
        "attempts": row["attempts"],
        "done_at": _text(row["done_at"]),
        "due_at": _text(row["due_at"]),
        "code": row["code"],
        "problem": row["problem"],
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")
