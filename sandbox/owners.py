"""Tells which record a message is about, by what a customer could know: their address, and the words in the message.

Nothing of the program under test is used: it might be anybody's survey mail.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import base

OBJECTS = {"salesforce": ("Case", "Opportunity", "Order"), "dynamics": ("incidents", "opportunities", "salesorders")}
"""CRM → the objects a customer may be asked about; their ids stand under the first of ``KEYS`` that a record has."""
KEYS = ("Id", "incidentid", "opportunityid", "salesorderid")
WORDS = ("Subject", "CaseNumber", "Name", "OrderNumber", "title", "ticketnumber", "name", "ordernumber")
"""Columns that a message may quote."""


@dataclass
class Touch:
    """Something that happened to a customer: the record, and the words by which a message may speak of it."""

    crm: str
    record: str
    words: tuple[str, ...]
    told: bool = False
    """True when an answer has been put down to it."""


def plain(text: str) -> str:
    """The text without case, invisible characters and differences of white space."""
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return re.sub(r"\s+", " ", seen).strip().casefold()


class Owners:
    """Every touch by the customer's address."""

    def __init__(self, stand_ins: Mapping[str, base.StandIn]) -> None:
        self._stand_ins = stand_ins
        self._touches: dict[str, list[Touch]] = defaultdict(list)

    def remember(self, crm: str, records: Sequence[str]) -> None:
        """Something happened to these records just now."""
        seen = {_key(row): row for name in OBJECTS[crm] for row in self._stand_ins[crm].records(name, records)} if records else {}
        for record in records:
            self._keep(self._touches, crm, record, seen.get(record, {}))

    def find(self, messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """CRM and record that each message (address, text) is about; two empty texts where that cannot be told.

        What was done through the control address comes first. Records that somebody changed through the API are found too,
        by looking at every record there is, once.
        """
        found = [_best(self._touches[email.lower()], text) for email, text in messages]
        if None in found:
            everything = self._everything()
            pairs = zip(messages, found, strict=True)
            found = [touch or _best(everything[email.lower()], text) for (email, text), touch in pairs]
        return [(touch.crm, touch.record) if touch else ("", "") for touch in found]

    def _everything(self) -> dict[str, list[Touch]]:
        found: dict[str, list[Touch]] = defaultdict(list)
        for crm, stand_in in self._stand_ins.items():
            for name in OBJECTS[crm]:
                for row in stand_in.records(name):
                    self._keep(found, crm, _key(row), row)
        return found

    def _keep(self, touches: dict[str, list[Touch]], crm: str, record: str, row: Mapping[str, Any]) -> None:
        known = self._stand_ins[crm].labels(record)
        words = {known["label"], known["subject"], *(str(row.get(name) or "") for name in WORDS)}
        touches[known["email"].lower()].append(Touch(crm, record, tuple(plain(word) for word in words if word)))


def _key(row: Mapping[str, Any]) -> str:
    return str(next(row[key] for key in KEYS if key in row))


def _best(touches: list[Touch], text: str) -> Touch | None:
    """The touch whose words stand in the text: the most words first, then one that nobody spoke of yet."""
    seen = plain(text)
    matches = [(sum(map(len, words)), not touch.told, touch) for touch in touches if (words := _spoken(touch, seen))]
    best = max(matches, key=lambda match: match[:2], default=(0, False, None))[2]
    if best is not None:
        best.told = True
    return best


def _spoken(touch: Touch, text: str) -> list[str]:
    return [words for words in touch.words if words and words in text]
