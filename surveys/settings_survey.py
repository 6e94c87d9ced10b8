"""The sections ``[surveys.metric.KEY]`` and ``[surveys.survey.KEY]``: what is asked."""

from typing import Annotated

from pydantic import BaseModel, Field, PositiveInt, model_validator

from surveys import metrics
from surveys import questions as asking
from surveys import settings_words as parts


class BandSettings(BaseModel):
    """One band of a metric that settings define."""

    model_config = parts.STRICT

    key: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    first: int
    last: int
    tone: metrics.Tone


class MetricSettings(BaseModel):
    """``[surveys.metric.KEY]``: a further metric."""

    model_config = parts.STRICT

    first: Annotated[int, Field(ge=0, le=99)]
    last: Annotated[int, Field(ge=1, le=100)]
    bands: Annotated[list[BandSettings], Field(min_length=1)]
    headline: metrics.Headline = metrics.Headline.SHARE
    high_is_good: bool = True
    mean_beside: bool = False
    in_words: bool = False
    question: Annotated[parts.Words, Field(min_length=1)]
    labels: dict[parts.Language, dict[int, str]] = {}
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


class QuestionSettings(BaseModel):
    """``[[surveys.survey.KEY.questions]]``: a further question after the score; always optional."""

    model_config = parts.STRICT

    key: parts.Key
    kind: asking.Kind
    words: Annotated[parts.Words, Field(min_length=1, description='The question, by language: { en = "What was it about?" }')]
    options: dict[parts.Key, Annotated[parts.Words, Field(min_length=1)]] = {}
    first: Annotated[int, Field(ge=0, le=1)] = 1
    last: Annotated[int, Field(ge=2, le=10)] = 5
    low: parts.Words = {}
    high: parts.Words = {}
    show_for: Annotated[list[metrics.Tone], Field(min_length=1, description="After which scores: low, middle, high")] = [
        *metrics.Tone
    ]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "QuestionSettings":
        chooses = self.kind in (asking.Kind.ONE, asking.Kind.SEVERAL)
        least = 2 if self.kind is asking.Kind.ONE else 1
        if chooses and not least <= len(self.options) <= asking.MOST_OPTIONS:
            raise ValueError(f"options should be {least} to {asking.MOST_OPTIONS}: there are {len(self.options)}")
        if not chooses and self.options:
            raise ValueError(f'options belong to questions of kind "one" or "several", and this one is "{self.kind}"')
        return self

    def as_question(self) -> asking.Question:
        """The question as the pages show it."""
        return asking.Question(**{**self.model_dump(), "show_for": frozenset(self.show_for)})


class SurveySettings(BaseModel):
    """``[surveys.survey.KEY]``"""

    model_config = parts.STRICT

    metric: str
    question: parts.Words = {}
    version: PositiveInt = 1
    anonymous: Annotated[bool, Field(description="Keep answers apart from people and records: nobody can tell whose")] = False
    keep: Annotated[
        list[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60)]],
        Field(max_length=3, description='Facts of the touchpoint that an anonymous answer takes along, coarse ones: ["team"]'),
    ] = []
    questions: Annotated[list[QuestionSettings], Field(max_length=asking.MOST_QUESTIONS)] = []
    thanks: Annotated[
        dict[metrics.Tone, parts.Words], Field(description='The sentence under the thank-you: { low = { en = "We are sorry." } }')
    ] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> "SurveySettings":
        keys = [one.key for one in self.questions]
        if len(set(keys)) != len(keys):
            raise ValueError("questions should each have a key of their own")
        if self.keep and not self.anonymous:
            raise ValueError("keep is for anonymous surveys (anonymous = true): other answers keep all facts anyway")
        return self
