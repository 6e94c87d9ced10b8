"""The section ``[surveys]`` of the settings: who asks, in which languages, and which surveys there are."""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, model_validator

from surveys import catalogue, metrics, settings_brand, settings_survey, survey, wording
from surveys import questions as asking
from surveys import settings_words as parts


def _catalogues(path: str, info: ValidationInfo) -> str:
    if not path:
        return ""
    folder = parts.beside(path, info)
    if not folder.is_dir():
        raise ValueError(f"refers to {folder}, which is no folder that this user may read")
    wrong = list(catalogue.problems(str(folder)))
    if wrong:
        raise ValueError("; ".join(wrong[:5]))
    return str(folder)


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


KindWords = dict[parts.Language, Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_template)]]


class KindSettings(BaseModel):
    """``[surveys.kinds.KIND]``: what a kind of touchpoint is called in mails and on pages; the rest is said in general words.

    ``{subject}`` and ``{day}`` are filled in; words with a ``{subject}`` are left out where there is none.
    """

    model_config = parts.STRICT

    about: Annotated[KindWords, Field(description="Line on the page: Your visit “{subject}” on {day}")] = {}
    title: Annotated[KindWords, Field(description="Subject of the mail: One question about our visit")] = {}
    opening: Annotated[KindWords, Field(description="First sentence of the mail, after Hello")] = {}
    because: Annotated[KindWords, Field(description="Why the person was asked: You get this because …")] = {}


class SurveysSettings(BaseModel):
    """``[surveys]``"""

    model_config = parts.STRICT

    catalogues: Annotated[
        str,
        AfterValidator(_catalogues),
        Field(description="Folder of catalogues of your own: LANGUAGE/LC_MESSAGES/palaute.po, which come before the ours"),
    ] = ""
    languages: Annotated[list[parts.Language], Field(min_length=1)] = ["fi", "sv", "en"]
    default_language: parts.Language = "en"
    brand: settings_brand.BrandSettings
    metric: dict[str, settings_survey.MetricSettings] = {}
    entries: Annotated[dict[str, settings_survey.SurveySettings], Field(alias="survey", min_length=1)]
    """``[surveys.survey.KEY]``, by key."""
    smallest_group: Annotated[
        int, Field(ge=2, le=1000, description="Answers of an anonymous survey are shown by groups of at least so many")
    ] = 5
    kinds: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60)], KindSettings] = {}

    @model_validator(mode="before")
    @classmethod
    def _with_catalogues(cls, section: Any, info: ValidationInfo) -> Any:
        """What languages there are is known before the first of them is looked at."""
        if isinstance(section, dict) and isinstance(info.context, dict):
            path = section.get("catalogues")
            catalogue.refresh()
            info.context["catalogues"] = str(parts.beside(path, info)) if isinstance(path, str) and path else ""
        return section

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
        self._same_kinds()
        return self

    def _same_kinds(self) -> None:
        """One CRM field takes the answers to a key, whichever survey asked."""
        kinds: dict[str, asking.Kind] = {}
        for survey_key, asked in self.entries.items():
            for one in asked.questions:
                if kinds.setdefault(one.key, one.kind) is not one.kind:
                    raise ValueError(
                        f"survey.{survey_key}.questions: {one.key} should be of the kind {kinds[one.key]}, as in another survey"
                    )

    def asked(self) -> dict[str, asking.Kind]:
        """Every further question's key with how it is answered."""
        return {one.key: one.kind for entry in self.entries.values() for one in entry.questions}

    def gaps(self) -> Iterator[str]:
        """What is not said in every language of ``languages``, a sentence each; other words stand in."""
        for language in self.languages:
            missing = catalogue.missing(language, self.catalogues)
            if missing:
                shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
                yield f"the catalogue of {language} lacks {len(missing)} phrases, said in English meanwhile: {shown}"
        for place, words in self._own_words():
            lacking = [language for language in self.languages if words and language not in words]
            if lacking:
                yield f"{place} has no words in {', '.join(lacking)}"

    def _own_words(self) -> Iterator[tuple[str, parts.Words]]:
        for key, metric in self.metric.items():
            yield f"surveys.metric.{key}.question", metric.question
        for key, asked in self.entries.items():
            yield f"surveys.survey.{key}.question", asked.question
            for tone, words in asked.thanks.items():
                yield f"surveys.survey.{key}.thanks.{tone}", words
            for one in asked.questions:
                yield f"surveys.survey.{key}.questions.{one.key}", one.words
                for option, words in one.options.items():
                    yield f"surveys.survey.{key}.questions.{one.key}.options.{option}", words

    def as_brand(self, *, keep_months: int = 24, repeat_days: int | None = None) -> survey.Brand:
        """The brand; how long answers are kept and how often people are asked come from other sections."""
        return survey.Brand(
            **self.brand.model_dump() | {"logo": settings_brand.picture(Path(self.brand.logo)) if self.brand.logo else None},
            catalogues=self.catalogues,
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
                questions=tuple(one.as_question() for one in asked.questions),
                thanks=asked.thanks,
                anonymous=asked.anonymous,
                keep=tuple(asked.keep),
                smallest_group=self.smallest_group,
            )
            for key, asked in self.entries.items()
        }
