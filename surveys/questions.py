"""Further questions of a survey, after the score: all of them optional, defined in settings, the same ones for every channel.

Called by web to show them and to clean what a form brought, and by journey to keep only what was asked.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys import metrics

LONGEST_TEXT = 1_000
"""Characters of an answer in free words."""
MOST_QUESTIONS, MOST_OPTIONS = 5, 12
"""More than that is another kind of survey: every question costs answers."""
Value = str | int | list[str]
"""An answer: an option's key, a point of the rating, words, or several options' keys."""


class Kind(enum.StrEnum):
    """How a question is answered."""

    ONE = "one"
    """One of the options."""
    SEVERAL = "several"
    """Any number of the options."""
    RATING = "rating"
    """A point of a short scale, low first."""
    TEXT = "text"
    """In the person's own words."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One further question. Words are by language; where one is missing the default language's are shown."""

    key: str
    kind: Kind
    words: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Option's key → its words, in the order shown."""
    first: int = 1
    last: int = 5
    low: Mapping[str, str] = field(default_factory=dict)
    """What the first point of a rating means."""
    high: Mapping[str, str] = field(default_factory=dict)
    show_for: frozenset[metrics.Tone] = frozenset(metrics.Tone)
    """After which scores it is asked."""

    @property
    def points(self) -> range:
        """The points of a rating."""
        return range(self.first, self.last + 1)

    @property
    def always(self) -> bool:
        """Whether it is asked whatever the score."""
        return self.show_for == frozenset(metrics.Tone)


def field_of(question: Question, option: str = "") -> str:
    """The name that a question has in the form: ``x-KEY``; of several options each has its own, ``x-KEY-OPTION``."""
    return f"x-{question.key}-{option}" if question.kind is Kind.SEVERAL else f"x-{question.key}"


def cleaned(asked: tuple[Question, ...], tone: metrics.Tone | None, form: Mapping[str, str]) -> dict[str, Value]:
    """What the form says to these questions, by key; made-up options, empty answers and questions that this tone is not asked
    are left out. ``tone`` None (no score chosen yet) keeps all.
    """
    found = {one.key: _answer(one, form) for one in asked if tone is None or tone in one.show_for}
    return {key: value for key, value in found.items() if value is not None}


def _answer(question: Question, form: Mapping[str, str]) -> Value | None:
    if question.kind is Kind.SEVERAL:
        return [option for option in question.options if form.get(field_of(question, option))] or None
    said = form.get(field_of(question), "").strip()
    if question.kind is Kind.ONE:
        return said if said in question.options else None
    if question.kind is Kind.RATING:
        fits = said.isascii() and said.isdigit() and len(said) <= 3 and int(said) in question.points
        return int(said) if fits else None
    return readable(said)[:LONGEST_TEXT].rstrip() or None


def readable(text: str) -> str:
    """Line ends as one kind, without the control characters and lone surrogates that no database or CRM wants."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
    return "".join(mark for mark in flat if mark in "\n\t" or mark >= " ").strip()
