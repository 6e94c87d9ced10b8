"""From answers to field values of the CRM, and whether the CRM's fields can take them. Pure.

Called by journey's write_back step (field_values, withdrawn) and by everything that checks settings against a CRM (check).
"""

import enum
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from connectors import base
from mapping import fieldtype
from surveys import questions
from triggers import facts
from wire import finding


class Part(enum.StrEnum):
    """What of an answer can be written to a field."""

    SCORE = "score"
    COMMENT = "comment"
    ANSWERED_AT = "answered_at"
    METRIC = "metric"
    BAND = "band"
    NORMALISED = "normalised"
    VERDICT = "verdict"
    """Not of an answer: whether this record was asked about, the reason and a sentence; of every touchpoint, asked or not."""
    ADDRESS_PROBLEM = "address_problem"
    """Not of an answer: since when and why the person's address does not work; on the person's own record."""

    LINK = "link"
    """Not of an answer: the address of the survey page, while the question is open; an answer takes it away."""


TOLD = frozenset({Part.VERDICT, Part.ADDRESS_PROBLEM, Part.LINK})
"""Parts that are not of an answer: each is told by itself, and an answer leaves its field alone, but for the link's."""
EXTRA = "extra."
"""``extra.KEY`` is what was said to the survey's further question of that key."""
Target = Mapping[str, str]
"""CRM field → what goes there, a ``Part`` or ``extra.KEY``: one table ``[mapping.write.CONNECTOR.OBJECT]``."""
Targets = Mapping[str, Mapping[str, Target]]
"""Connector → object → target: the section ``[mapping.write]``."""


def field_values(target: Target, answer: Mapping[str, Any], description: base.Description | None = None) -> dict[str, Any]:
    """The values of an answer to write, by field; a field for the verdict is left alone, one for the link is emptied.

    ``answer`` has a value for each part's name: ``score`` (on the metric's own scale), ``comment``, ``answered_at`` (aware),
    ``metric``, ``band`` (the metric's word for the score), ``normalised`` (0 to 100, high is good), and what ``extras`` gave.
    None, or a part that is missing, empties the field. With the object's ``description`` each value has the type and the length
    that its field takes; a field that is not in it is written as it is: the CRM's own refusal then tells what is wrong with it.
    """
    over = {name: None for name, part in target.items() if part == Part.LINK}
    return _values({name: part for name, part in target.items() if part not in TOLD}, answer, description) | over


def told_values(target: Target, part: Part, words: str | None, description: base.Description | None = None) -> dict[str, Any]:
    """The values that tell a record one thing that is not of an answer, by field; None empties the field."""
    known: Mapping[str, base.Field] = {} if description is None else description.fields
    wanted = {name: there for name, there in target.items() if there == part}
    if part is Part.LINK and words is not None:  # a link that was cut leads nowhere
        return {name: words if _holds(known.get(name), words) else None for name in wanted}
    return _values(wanted, {part: words}, description)


def _holds(column: base.Field | None, words: str) -> bool:
    return column is None or column.length is None or _units(words) <= column.length


def _values(target: Target, given: Mapping[str, Any], description: base.Description | None) -> dict[str, Any]:
    known: Mapping[str, base.Field] = {} if description is None else description.fields
    return {name: _value(given.get(part), known.get(name)) for name, part in target.items()}


def extras(said: Mapping[str, questions.Value]) -> dict[str, str | int]:
    """Answers to further questions by the name that settings have for them; several options as ``one;other``, by their keys."""
    return {f"{EXTRA}{key}": ";".join(value) if isinstance(value, list) else value for key, value in said.items()}


def takes_answers(target: Target) -> bool:
    """Whether there is a field for anything of an answer, or one that an answer empties."""
    return any(part not in TOLD or part == Part.LINK for part in target.values())


def withdrawn(target: Target) -> dict[str, Any]:
    """The values that take an answer back: every field of an answer empty."""
    return dict.fromkeys(name for name, part in target.items() if part not in TOLD)


def _value(value: Any, column: base.Field | None) -> Any:
    family = fieldtype.family(column.type) if column is not None else fieldtype.Family.UNKNOWN
    if isinstance(value, str):
        return cut(clean(value), column.length if column is not None else None) or None
    if isinstance(value, datetime):
        return _instant_as(family, facts.aware(value))
    return _number_as(family, value) if isinstance(value, int | float) else None


def _instant_as(family: fieldtype.Family, value: datetime) -> Any:
    if family is fieldtype.Family.DAY:
        return value.date().isoformat()
    return value.isoformat(timespec="seconds") if family is fieldtype.Family.TEXT else value


def _number_as(family: fieldtype.Family, value: float) -> Any:
    if family is fieldtype.Family.WHOLE:
        return math.floor(value + 0.5)
    if family is fieldtype.Family.TEXT:
        return f"{value:g}"
    return round(value, 2) if isinstance(value, float) else value


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without what a CRM or its XML cannot hold: control characters except tab and line ends, and lone surrogates.

    Everything else stays: a comment beginning with ``=`` is text, and the CRM keeps it as text.
    """
    sound = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    return _UNPRINTABLE.sub("", sound.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: str, length: int | None) -> str:
    """At most ``length`` UTF-16 units (as both CRMs count), the last an ellipsis where something was cut."""
    if length is None or _units(text) <= length:
        return text
    if length < 1:
        return ""
    kept = text.encode("utf-16-le")[: 2 * (length - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


LONGEST_COMMENT = 4_000
"""Characters of a comment that the survey page takes; a shorter field cuts it."""
LONGEST_VERDICT = 255
"""Characters that hold nearly every verdict; a shorter field cuts it."""
LONGEST_LINK = 255
"""Characters that hold every link: a public address, ``/s/`` and a token of 22."""
_SHORTEST: Mapping[Part, int] = {
    Part.COMMENT: 255,
    Part.METRIC: 12,
    Part.BAND: 12,
    Part.SCORE: 2,
    Part.NORMALISED: 5,
    Part.VERDICT: 40,
    Part.ADDRESS_PROBLEM: 40,
    Part.LINK: 80,
}
"""Characters below which a text field cannot tell what it should."""


def check(
    connector: str,
    targets: Mapping[str, Target],
    descriptions: Mapping[str, base.Description],
    asked: Mapping[str, questions.Kind] | None = None,
) -> list[finding.Finding]:
    """Whether the fields that settings name exist, may be written and can hold what goes there; one finding for each field.

    ``asked`` tells how the surveys' further questions are answered, by their keys.
    """
    found: list[finding.Finding] = []
    for object_name, target in targets.items():
        described = descriptions.get(object_name)
        if described is None:
            found.append(_no_object(connector, object_name))
            continue
        for name, part in target.items():
            kind = (asked or {}).get(part.removeprefix(EXTRA)) if part.startswith(EXTRA) else None
            found.append(_check_field(connector, object_name, name, _Goes(part, kind), described))
    return found


def _no_object(connector: str, object_name: str) -> finding.Finding:
    return finding.Finding(
        subject=f"connectors.{connector}: object {object_name}",
        grade=finding.Grade.WRONG,
        message=f"{object_name} does not exist, or this user may not see it.",
        remedy=f"Correct the name in [mapping.write.{connector}.{object_name}], or give the user read and edit rights on it.",
    )


class _Goes(NamedTuple):
    """What goes to a field, and of a further question's answer how that is given."""

    part: str
    kind: questions.Kind | None

    @property
    def called(self) -> str:
        return f"answer to {self.part.removeprefix(EXTRA)}" if self.part.startswith(EXTRA) else str(self.part)

    @property
    def families(self) -> tuple[fieldtype.Family, ...]:
        if self.part in _TAKES:
            return _TAKES[Part(self.part)]
        return _TAKES[Part.SCORE] if self.kind is questions.Kind.RATING else _TAKES[Part.COMMENT]

    @property
    def shortest(self) -> int:
        free = {questions.Kind.TEXT: 255, questions.Kind.SEVERAL: 255, questions.Kind.ONE: 40, questions.Kind.RATING: 2, None: 40}
        return _SHORTEST.get(Part(self.part), 0) if self.part in _TAKES else free[self.kind]


def _check_field(connector: str, object_name: str, name: str, goes: _Goes, described: base.Description) -> finding.Finding:
    subject = f"connectors.{connector}: field {object_name}.{name}"
    trouble = _trouble(name, goes, described)
    if trouble is None:
        return finding.Finding(subject=subject, grade=finding.Grade.GOOD, message=f"takes the {goes.called}.")
    grade, message, remedy = trouble
    return finding.Finding(subject=subject, grade=grade, message=message, remedy=remedy)


def _trouble(name: str, goes: _Goes, described: base.Description) -> tuple[finding.Grade, str, str] | None:
    column = described.fields.get(name)
    if column is None:
        near = _nearest(name, list(described.fields))
        hint = f" Did you mean {near}?" if near else " Create it, and let this user read and edit it."
        return finding.Grade.WRONG, "does not exist, or this user may not see it.", f"Correct the name, or:{hint}"
    if not column.writable:
        return finding.Grade.WRONG, "cannot be written by this user.", "Give the user edit rights on it, or choose another field."
    family = fieldtype.family(column.type)
    if family not in goes.families:
        kinds = " or ".join(kind.value for kind in goes.families if kind is not fieldtype.Family.UNKNOWN)
        message = f"is of type {column.type} and cannot take the {goes.called}."
        return finding.Grade.WRONG, message, f"Choose a field that holds {kinds}."
    shortest = goes.shortest
    if family is fieldtype.Family.TEXT and column.length is not None and column.length < shortest:
        if goes.part == Part.LINK:
            message = f"holds {column.length} characters, which is too short for a link: longer ones are left out."
            return finding.Grade.WRONG, message, f"Make it {LONGEST_LINK} characters long, or choose a longer field."
        longest: Mapping[str, int] = {Part.COMMENT: LONGEST_COMMENT, Part.VERDICT: LONGEST_VERDICT}
        wanted = longest.get(goes.part, shortest)
        message = f"holds {column.length} characters, which is short for the {goes.called}: longer ones are cut."
        return finding.Grade.WARNING, message, f"Make it {wanted} characters long, or choose a longer field."
    return None


def _nearest(name: str, names: Sequence[str]) -> str:
    lowered = {known.casefold(): known for known in names}
    return lowered.get(name.casefold(), "")


_F = fieldtype.Family
_TAKES: Mapping[Part, tuple[fieldtype.Family, ...]] = {
    Part.SCORE: (_F.WHOLE, _F.NUMBER, _F.TEXT, _F.UNKNOWN),
    Part.COMMENT: (_F.TEXT, _F.UNKNOWN),
    Part.ANSWERED_AT: (_F.INSTANT, _F.DAY, _F.TEXT, _F.UNKNOWN),
    Part.METRIC: (_F.TEXT, _F.UNKNOWN),
    Part.BAND: (_F.TEXT, _F.UNKNOWN),
    Part.NORMALISED: (_F.NUMBER, _F.WHOLE, _F.TEXT, _F.UNKNOWN),
    Part.VERDICT: (_F.TEXT, _F.UNKNOWN),
    Part.ADDRESS_PROBLEM: (_F.TEXT, _F.UNKNOWN),
    Part.LINK: (_F.TEXT, _F.UNKNOWN),
}
