"""The section ``[surveys]`` of the settings: who asks, in which languages, and which surveys there are."""

import string
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

from surveys import catalogue, colour, metrics, survey, wording


def _spoken(language: str) -> str:
    if language not in catalogue.languages():
        raise ValueError(f"should be a language there is a catalogue for: {', '.join(catalogue.languages())}")
    return language


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('should be a time zone such as "Europe/Helsinki"') from None
    return name


def _legible(accent: str) -> str:
    if colour.problem(accent):
        raise ValueError(colour.problem(accent))
    return accent


Language = Annotated[str, AfterValidator(_spoken)]
Words = dict[Language, Annotated[str, Field(min_length=1, max_length=500)]]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BrandSettings(_Section):
    """``[surveys.brand]``"""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    partitive: str = ""
    genitive: str = ""
    address: str = ""
    accent: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$"), AfterValidator(_legible)] = "#2f4bd6"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"


class BandSettings(_Section):
    """One band of a metric that settings define."""

    key: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    first: int
    last: int
    tone: metrics.Tone


class MetricSettings(_Section):
    """``[surveys.metric.KEY]``: a further metric."""

    first: Annotated[int, Field(ge=0, le=99)]
    last: Annotated[int, Field(ge=1, le=100)]
    bands: Annotated[list[BandSettings], Field(min_length=1)]
    headline: metrics.Headline = metrics.Headline.SHARE
    high_is_good: bool = True
    mean_beside: bool = False
    in_words: bool = False
    question: Annotated[Words, Field(min_length=1)]
    labels: dict[Language, dict[int, str]] = {}
    version: PositiveInt = 1

    @model_validator(mode="after")
    def _makes_sense(self) -> "MetricSettings":
        self.as_metric("metric")
        if self.last - self.first > 10:
            raise ValueError("the scale has more than 11 points: people cannot choose among so many")
        for labels in self.labels.values():
            outside = sorted(value for value in labels if not self.first <= value <= self.last)
            if outside:
                raise ValueError(f"there is a label for {outside[0]}, which is outside the scale {self.first} to {self.last}")
        return self

    def as_metric(self, key: str) -> metrics.Metric:
        """The metric of that key. Raises ValueError when its bands do not cover the scale exactly once."""
        return metrics.Metric(
            key=key,
            first=self.first,
            last=self.last,
            bands=tuple(metrics.Band(key=band.key, first=band.first, last=band.last, tone=band.tone) for band in self.bands),
            headline=self.headline,
            high_is_good=self.high_is_good,
            mean_beside=self.mean_beside,
            in_words=self.in_words,
            question=self.question,
            labels=self.labels,
            version=self.version,
        )


class SurveySettings(_Section):
    """``[surveys.survey.KEY]``"""

    metric: str
    question: Words = {}
    version: PositiveInt = 1


_PLACES = frozenset({"subject", "day", "brand", "genitive", "partitive"})


def _template(text: str) -> str:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise ValueError("should have its braces in pairs, such as {subject}") from None
    for _, place, form, conversion in parts:
        if place is not None and (place not in _PLACES or form or conversion):
            raise ValueError(f"should have no other places than {', '.join(f'{{{name}}}' for name in sorted(_PLACES))}")
    return text


KindWords = dict[Language, Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_template)]]


class KindSettings(_Section):
    """``[surveys.kinds.KIND]``: what a kind of touchpoint is called in mails and on pages; the rest is said in general words.

    ``{subject}`` and ``{day}`` are filled in; words with a ``{subject}`` are left out where there is none.
    """

    about: Annotated[KindWords, Field(description="Line on the page: Your visit “{subject}” on {day}")] = {}
    title: Annotated[KindWords, Field(description="Subject of the mail: One question about our visit")] = {}
    opening: Annotated[KindWords, Field(description="First sentence of the mail, after Hello")] = {}
    because: Annotated[KindWords, Field(description="Why the person was asked: You get this because …")] = {}


class SurveysSettings(_Section):
    """``[surveys]``"""

    languages: Annotated[list[Language], Field(min_length=1)] = ["fi", "sv", "en"]
    default_language: Language = "en"
    brand: BrandSettings
    metric: dict[str, MetricSettings] = {}
    entries: Annotated[dict[str, SurveySettings], Field(alias="survey", min_length=1)]
    """``[surveys.survey.KEY]``, by key."""
    kinds: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60)], KindSettings] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> "SurveysSettings":
        if self.default_language not in self.languages:
            raise ValueError(f'default_language = "{self.default_language}" should be one of languages')
        if len(set(self.languages)) != len(self.languages):
            raise ValueError("languages should name each language once")
        for key in self.metric:
            if key in metrics.BUILT_IN:
                raise ValueError(f"metric.{key} should have another name: {key} is built in")
        known = [*metrics.BUILT_IN, *self.metric]
        for key, asked in self.entries.items():
            if asked.metric not in known:
                raise ValueError(f'survey.{key}.metric = "{asked.metric}" should be one of {", ".join(known)}')
        return self

    def as_brand(self, *, keep_months: int = 24, repeat_days: int | None = None) -> survey.Brand:
        """The brand; how long answers are kept and how often people are asked come from other sections."""
        return survey.Brand(
            **self.brand.model_dump(),
            languages=tuple(self.languages),
            default_language=self.default_language,
            keep_months=keep_months,
            repeat_days=repeat_days,
            kinds=tuple(
                (kind, part, language, text)
                for kind, given in self.kinds.items()
                for part in wording.PARTS
                for language, text in getattr(given, part).items()
            ),
        )

    def as_surveys(self) -> dict[str, survey.Survey]:
        """Every survey by its key, each with its metric's definition."""
        return {
            key: survey.Survey(
                key=key,
                metric=asked.metric,
                version=asked.version,
                question=asked.question,
                custom=self.metric[asked.metric].as_metric(asked.metric) if asked.metric in self.metric else None,
            )
            for key, asked in self.entries.items()
        }
