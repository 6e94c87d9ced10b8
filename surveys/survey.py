"""A survey: one metric question, one open question, perhaps some further ones; and the brand that asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys import logo as logos
from surveys import metrics
from surveys import questions as asking


@dataclass(frozen=True, kw_only=True)
class Brand:
    """Who asks. Finnish needs inflected forms of the name; without them the wording says "us"."""

    name: str
    partitive: str = ""
    """Finnish: ``Havua``."""
    genitive: str = ""
    """Finnish: ``Havun``. English and Swedish make theirs by rule."""
    address: str = ""
    """Postal line at the foot of a mail."""
    accent: str = "#2f4bd6"
    """The one colour, of the chosen answer and of Send, on light ground; on dark ground a lighter one is derived."""
    time_zone: str = "UTC"
    """Whose days the dates in mails and on pages are."""
    languages: tuple[str, ...] = ("fi", "sv", "en")
    default_language: str = "en"
    keep_months: int = 24
    """How long answers are kept with a name; shown to the customer and carried out by the tidy step."""
    kinds: tuple[tuple[str, str, str, str], ...] = ()
    """Words for kinds of touchpoints that settings define: (kind, part, language, words); parts as in ``wording.PARTS``."""
    repeat_days: int | None = None
    """The quarantine in days, for the line "we ask at most once in …"; None leaves the line out."""
    logo: logos.Logo | None = None
    """Shown in place of the name's first letter and the name."""
    catalogues: str = ""
    """Folder of the settings' own catalogues, which come before ours; empty for none."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One metric question with its open question, and the further ones that settings add."""

    key: str
    """As in settings: ``[surveys.survey.KEY]``."""
    metric: str
    """Key of the metric: ``nps``, ``csat``, ``ces`` … or one that settings define."""
    version: int = 1
    question: Mapping[str, str] = field(default_factory=dict)
    """Language → wording of the metric question where an admin wants other words; empty uses the metric's own."""
    custom: metrics.Metric | None = None
    """The metric's definition where settings define it."""
    questions: tuple[asking.Question, ...] = ()
    """What is asked after the score, apart from the open question."""
    thanks: Mapping[metrics.Tone, Mapping[str, str]] = field(default_factory=dict)
    """How it went → language → the sentence under the thank-you, where an admin wants another."""
    anonymous: bool = False
    """Nobody can tell who gave an answer: it is kept apart from the person and the record (journey/anonymous)."""
    keep: tuple[str, ...] = ()
    """Facts of the touchpoint that an anonymous answer takes along: ``team``."""
    smallest_group: int = 5
    """Answers of an anonymous survey are shown by groups of at least so many."""

    @property
    def definition(self) -> metrics.Metric:
        """The metric: its scale, bands and direction. Raises KeyError for a metric that nobody defined."""
        return self.custom or metrics.BUILT_IN[self.metric]
