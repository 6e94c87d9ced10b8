"""The questions as a form, whoever asks them: by a personal link, at a place, on somebody else's page.

Called by the files of pages that show survey.html: ``read`` takes what was posted, ``values`` is what the template needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journey import collect
from journey.answering import visits
from surveys import questions, survey, wording


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What stands in the form when it is shown."""

    chosen: int | None = None
    tapped: bool = False
    """Whether the choice was made in the mail, which the page then says."""
    comment: str = ""
    extras: Mapping[str, questions.Value] = field(default_factory=dict)
    """What was said to the further questions, by their keys."""
    change: bool = False
    problem: str = ""
    """What is wrong with what was sent; the page is answered 422 and its title says so first."""
    comment_at_fault: bool = False
    """Whether the focus belongs to the comment; else it is the group of values."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it that somebody wrote, or did wrong; a value may have been tapped in the mail."""
        return not (self.comment or self.extras or self.change or self.problem)


_VALUE = re.compile(r"\d{1,3}", re.ASCII)


def read(asked: survey.Survey, form: Mapping[str, str]) -> Filled:
    """What a person filled in. Nothing chosen, and a comment that is too long, are told by ``collect`` and the pages."""
    chosen = on_scale(asked, form.get("value", ""))
    tone = None if chosen is None else asked.definition.band(chosen).tone
    return Filled(
        chosen=chosen,
        comment=questions.readable(form.get("comment", "")),
        extras=questions.cleaned(asked.questions, tone, form),
        change=form.get("change") == "1",
    )


def on_scale(asked: survey.Survey, said: str) -> int | None:
    """The value that is meant; None for none, and for one of another scale (the survey's metric may have changed meanwhile)."""
    found = _VALUE.fullmatch(said.strip())
    return int(said) if found and int(said) in asked.definition.values else None


def post(form: Mapping[str, str], sent: Filled, visit: visits.Visit) -> collect.Post:
    """The form as journey takes it."""
    return collect.Post(
        nonce=form.get("nonce", ""),
        value=form.get("value", ""),
        comment=sent.comment,
        decoy=form.get("more", ""),
        automated=form.get("automated", "") == "1",
        extras=sent.extras,
        visit=visit,
    )


def values(words: wording.Wording, asked: survey.Survey, kind: str, filled: Filled) -> dict[str, Any]:
    """What survey.html needs of the survey; where the form goes, its nonce and what it is about are the page's own."""
    return {
        "survey": asked,
        "question": words.question(asked, kind),
        "shape": shape(words, asked),
        "points": points(words, asked),
        "further": [_further(words, one, filled.extras.get(one.key)) for one in asked.questions],
        "filled": filled,
        "tapped": _tapped(words, asked, filled.chosen) if filled.tapped else "",
        "comment_limit": collect.LONGEST_COMMENT,
        "text_limit": questions.LONGEST_TEXT,
    }


def said(words: wording.Wording, asked: survey.Survey, extras: Mapping[str, questions.Value]) -> list[tuple[str, str]]:
    """Further questions with their answers, in words, in the survey's order; those that it asks no longer are left out."""
    return [(words.own(one.words), words.answered(one, extras[one.key])) for one in asked.questions if one.key in extras]


def posted(asked: survey.Survey, value: int, comment: str, extras: Mapping[str, questions.Value]) -> list[tuple[str, str | int]]:
    """The fields of a form that says this, names with values; what it no longer asks is left out."""
    fields: list[tuple[str, str | int]] = [("value", value), ("comment", comment)]
    for one in asked.questions:
        said = extras.get(one.key)
        if isinstance(said, list):
            fields += [(questions.field_of(one, option), "1") for option in said]
        elif said is not None:
            fields.append((questions.field_of(one), said))
    return fields


def shape(words: wording.Wording, asked: survey.Survey) -> str:
    """How the tiles are laid out: long scales split in two rows on a phone, words in the tiles where every point has them."""
    points = words.scale(asked)
    if asked.definition.in_words:
        return "words"
    if len(points) > 7:
        return "split"
    return "named" if len(points) <= 5 and all(point.label for point in points) else "numbers"


def points(words: wording.Wording, asked: survey.Survey) -> list[dict[str, Any]]:
    """The tiles: value, label, name as read aloud, and the tone that decides which open question goes with it."""
    return [
        {
            "value": point.value,
            "label": point.label,
            "name": words.point(asked, point),
            "tone": asked.definition.band(point.value).tone,
        }
        for point in words.scale(asked)
    ]


def _further(words: wording.Wording, one: questions.Question, value: questions.Value | None) -> dict[str, Any]:
    """A further question as the template shows it, with what was chosen before."""
    chosen = value if isinstance(value, list) else [value]
    return {
        "kind": one.kind,
        "name": questions.field_of(one),
        "words": words.own(one.words),
        "tones": [] if one.always else sorted(one.show_for),
        "value": "" if value is None else value,
        "options": [
            {
                "field": questions.field_of(one, option),
                "value": option if one.kind is questions.Kind.ONE else "1",
                "label": words.own(said) or option,
                "checked": option in chosen,
            }
            for option, said in one.options.items()
        ],
        "points": [_point(words, one, point) for point in one.points] if one.kind is questions.Kind.RATING else [],
        "low": words.own(one.low),
        "high": words.own(one.high),
    }


def _point(words: wording.Wording, one: questions.Question, point: int) -> dict[str, Any]:
    label = words.own({one.first: one.low, one.last: one.high}.get(point, {}))
    return {"value": point, "name": words.text("point", n=point, label=label) if label else str(point)}


def _tapped(words: wording.Wording, asked: survey.Survey, value: int | None) -> str:
    """The value that was tapped, as the page repeats it."""
    if value is None:
        return ""
    return words.score(asked, value) if asked.definition.in_words else str(value)
