"""Words for the customer: mail, text message and page say the same things through here, in the customer's language."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, dates

from surveys import catalogue, metrics, phrases, questions, survey

_SUBJECT_LIMIT = 120
_DATE_LOCALES = {"en": "en_GB"}


PARTS = {"about": "about", "title": "mail.subject", "opening": "mail.opening", "because": "because"}
"""What settings may say of a kind of touchpoint → the phrase that it stands in for."""


class Point(NamedTuple):
    """One value that may be chosen."""

    value: int
    label: str
    """Its words; empty where only the ends have any (NPS)."""


class Ends(NamedTuple):
    """What the two ends of the scale mean."""

    first: int
    low: str
    last: int
    high: str


class Wording:
    """Everything that is said to a customer in one language on behalf of one brand.

    A language without a catalogue speaks English. Nothing here is escaped: escape for HTML where it is put into HTML.
    """

    def __init__(self, language: str, brand: survey.Brand) -> None:
        self.language = language if language in catalogue.languages(brand.catalogues) else catalogue.SOURCE
        self.brand = brand
        self._locale = Locale.parse(_DATE_LOCALES.get(self.language, self.language))
        self._names = self._inflected()
        self._of_kind = {(kind, PARTS[part]): said for kind, part, spoken, said in brand.kinds if spoken == self.language}

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, for the ``dir`` attribute."""
        return self._locale.text_direction

    @property
    def own_name(self) -> str:
        """What the language calls itself: Suomi, Svenska, English."""
        name = (Locale.parse(self.language).get_display_name() or self.language).strip()
        return name[:1].upper() + name[1:]

    def text(self, key: str, **values: Any) -> str:
        """The phrase with its places filled in. Brand, genitive and partitive are always at hand.

        A phrase that needs an inflected name which the brand lacks gives way to the one ending in ``.us``.
        Raises KeyError for a phrase or a value that is missing.
        """
        phrase = phrases.PHRASES[key]
        number = int(values[phrase.by]) if isinstance(phrase, phrases.Plural) else 1
        template = catalogue.template(key, self.language, number, self.brand.catalogues)
        if f"{key}.us" in phrases.PHRASES and any(f"{{{name}}}" in template and not said for name, said in self._names.items()):
            return self.text(f"{key}.us", **values)
        return template.format(**self._names, **values)

    def for_kind(self, key: str, kind: str, **values: Any) -> str:
        """The phrase that this kind of touchpoint has of its own, in settings or here (``about.case_closed``), or the common one.

        With a ``subject`` that is not empty, the variant ending in ``.named`` where there is one.
        """
        subject = tidy(str(values.pop("subject", "")))
        own = self._of_kind.get((kind, key), "")
        if own and (subject or "{subject}" not in own):
            return own.format(**self._names | {"subject": subject, "day": ""} | values)
        base = f"{key}.{kind}" if f"{key}.{kind}" in phrases.PHRASES else key
        if subject and f"{base}.named" in phrases.PHRASES:
            return self.text(f"{base}.named", subject=subject, **values)
        return self.text(base, **values)

    def question(self, asked: survey.Survey, kind: str = "") -> str:
        """The metric question: the survey's own words, or the metric's, where they differ those for this kind of touchpoint."""
        own = _pick(dict(asked.question), self.language, self.brand) or _pick(
            dict(asked.definition.question), self.language, self.brand
        )
        return own or self.for_kind(f"{_prefix(asked.definition)}.question", kind)

    def short_question(self, asked: survey.Survey) -> str:
        """The question for a text message, the scale's ends in it."""
        definition = asked.definition
        for prefix in (definition.key, _prefix(definition)):
            if not asked.question and f"{prefix}.question.short" in phrases.PHRASES:
                return self.text(f"{prefix}.question.short", first=definition.first, last=definition.last)
        return f"{self.question(asked)} ({definition.first}-{definition.last})"

    def scale(self, asked: survey.Survey) -> list[Point]:
        """Every value with its label, low first."""
        return [Point(value, self._label(asked.definition, value)) for value in asked.definition.values]

    def ends(self, asked: survey.Survey) -> Ends:
        """The labels of the lowest and the highest value."""
        points = self.scale(asked)
        return Ends(points[0].value, points[0].label, points[-1].value, points[-1].label)

    def ends_sentence(self, asked: survey.Survey) -> str:
        """``0 means not at all likely, 10 means extremely likely.``"""
        ends = self.ends(asked)
        return self.text("ends", first=ends.first, low=_inside(ends.low), last=ends.last, high=_inside(ends.high))

    def point(self, asked: survey.Survey, point: Point) -> str:
        """A value as it is read aloud: ``0, not at all likely``; only the number or the word where it has only that."""
        if asked.definition.in_words:
            return point.label
        return self.text("point", n=point.value, label=_inside(point.label)) if point.label else str(point.value)

    def score(self, asked: survey.Survey, value: int) -> str:
        """A given answer: ``7 of 10``, ``4 of 5, satisfied``, ``Yes``."""
        label = self._label(asked.definition, value)
        if asked.definition.in_words:
            return label
        said = self.text("score_of", n=value, last=asked.definition.last)
        return self.text("point", n=said, label=_inside(label)) if label else said

    def open_question(self, tone: metrics.Tone) -> str:
        """What is asked after the score."""
        return self.text(f"open.{tone}")

    def thanks(self, asked: survey.Survey, tone: metrics.Tone, kind: str) -> str:
        """The sentence under the thank-you: the survey's own, or ours, which thanks middle and high in the same words."""
        return self.own(asked.thanks.get(tone, {})) or self.for_kind(
            "thanks.low" if tone is metrics.Tone.LOW else "thanks.seen", kind
        )

    def own(self, said: Mapping[str, str]) -> str:
        """Words from settings in this language, else in the default one, else in any; empty when there are none."""
        return _pick(dict(said), self.language, self.brand)

    def answered(self, asked: questions.Question, value: questions.Value) -> str:
        """What was said to a further question: ``Speed``, ``Staff, shop``, ``4 of 5``, or the person's own words."""
        if asked.kind is questions.Kind.RATING:
            return self.text("score_of", n=value, last=asked.last)
        if asked.kind is questions.Kind.TEXT:
            return str(value)
        chosen = value if isinstance(value, list) else [str(value)]
        return ", ".join(self.own(asked.options.get(option, {})) or option for option in chosen)

    def say(self, key: str, asked: survey.Survey, **values: Any) -> str:
        """A phrase that speaks of numbers, or its ``.words`` variant where the survey's answers are words."""
        return self.text(f"{key}.words" if asked.definition.in_words else key, **values)

    def day(self, moment: datetime) -> str:
        """Day and month: ``14 November``, ``14. marraskuuta``, in the brand's time zone."""
        local = moment.astimezone(ZoneInfo(self.brand.time_zone))
        return dates.format_skeleton("MMMMd", local, locale=self._locale)

    def about(self, kind: str, subject: str, happened_at: datetime) -> str:
        """``Your case “Router keeps restarting”, closed on 14 November``."""
        return self.for_kind("about", kind, subject=subject, day=self.day(happened_at))

    def privacy(self, asked: survey.Survey | None = None) -> str:
        """Who sees the answer and how long it is kept."""
        if asked is not None and asked.anonymous:
            return self.text("privacy.detached")
        return self.text("privacy.named", months=self.brand.keep_months)

    def because(self, kind: str) -> str:
        """Why the person was asked, and how often at most."""
        reason = self.for_kind("because", kind)
        if self.brand.repeat_days is None:
            return reason
        return f"{reason} {self.text('repeat', days=self.brand.repeat_days)}"

    def _label(self, metric: metrics.Metric, value: int) -> str:
        if metric.key not in metrics.BUILT_IN:
            said = {language: labels.get(value, "") for language, labels in metric.labels.items()}
            return _pick(said, self.language, self.brand)
        end = {metric.first: "low", metric.last: "high"}.get(value, "")
        for key in (f"{metric.key}.{value}", f"{_prefix(metric)}.{end}"):
            if key in phrases.PHRASES:
                return self.text(key)
        return ""

    def _inflected(self) -> dict[str, str]:
        name = self.brand.name
        rule = "genitive.s" if name[-1:].lower() in ("s", "x", "z") else "genitive"
        folder = self.brand.catalogues
        known = catalogue.has(rule, self.language, folder)
        by_rule = catalogue.template(rule, self.language, folder=folder).format(brand=name) if known else ""
        return {"brand": name, "genitive": by_rule or self.brand.genitive, "partitive": self.brand.partitive}


def tidy(text: str) -> str:
    """What a customer or agent wrote, fit to stand in a sentence: one line, no control or direction marks, 120 characters."""
    flat = "".join(" " if unicodedata.category(mark) in ("Cc", "Zl", "Zp", "Zs") else mark for mark in text)
    flat = re.sub("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", "", flat)
    flat = re.sub(" +", " ", flat).strip()
    return flat if len(flat) <= _SUBJECT_LIMIT else flat[: _SUBJECT_LIMIT - 1].rstrip() + "…"


def _prefix(metric: metrics.Metric) -> str:
    return metric.phrases or metric.key


def _pick(said: dict[str, str], language: str, brand: survey.Brand) -> str:
    """The language's words, else the default language's, else English, else any; empty when there are none."""
    for candidate in (language, brand.default_language, catalogue.SOURCE):
        if said.get(candidate):
            return said[candidate]
    return next((words for words in said.values() if words), "")


def _inside(label: str) -> str:
    """A label as it stands within a sentence."""
    return label[:1].lower() + label[1:]
