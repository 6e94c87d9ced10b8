"""What is handed over of one invitation. docs/webhook.md tells receivers what each value means."""

import json
from collections.abc import Sequence
from typing import Any

from channels import address, base, phone
from surveys import wording
from triggers import touchpoint

CREATED, REMINDER = "invitation.created", "invitation.reminder"


def body(message: base.Message, facts: Sequence[str]) -> bytes:
    """The message as JSON in UTF-8; the same for the same message."""
    told = {
        "type": REMINDER if message.reminder else CREATED,
        "timestamp": message.happened_at.isoformat(timespec="seconds"),
        "data": {
            "person": _person(message),
            "language": message.language,
            "survey": _survey(message),
            "page_url": message.page_url,
            "unsubscribe_url": message.unsubscribe_url,
            "privacy_url": message.privacy_url,
            "expires_at": None if message.expires_at is None else message.expires_at.isoformat(timespec="seconds"),
            "touchpoint": _touchpoint(message),
            "facts": {name: message.facts.get(name) for name in facts},
        },
    }
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def _person(message: base.Message) -> dict[str, Any]:
    person = message.person or touchpoint.Recipient()
    return {
        "record": person.record,
        "name": message.name,
        "email": address.normalised(person.email) or "",
        "phone": phone.normalised(person.phone, person.country) or "",
    }


def _survey(message: base.Message) -> dict[str, Any]:
    definition = message.survey.definition
    said = wording.Wording(message.language, message.brand)
    return {
        "key": message.survey.key,
        "metric": definition.key,
        "question": said.question(message.survey, message.kind),
        "first": definition.first,
        "last": definition.last,
    }


def _touchpoint(message: base.Message) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "connector": message.connector,
        "object": message.object,
        "record": message.record,
        "label": message.reference,
        "happened_at": message.happened_at.isoformat(timespec="seconds"),
    }
