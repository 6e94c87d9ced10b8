"""A survey: one metric question and one open question; and the brand that asks."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Brand:
    """Who asks. Finnish and Swedish need inflected forms of the name; without them the wording says "us"."""

    name: str
    partitive: str = ""
    genitive: str = ""
    address: str = ""
    """Postal line at the foot of a mail."""
    languages: tuple[str, ...] = ("fi", "sv", "en")
    default_language: str = "en"
    keep_months: int = 24
    """How long answers are kept with a name; shown to the customer and carried out by the tidy step."""
    repeat_days: int | None = None
    """The quarantine in days, for the line "we ask at most once in …"; None leaves the line out."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One metric question with its open question."""

    key: str
    """As in settings: ``[surveys.survey.KEY]``."""
    metric: str
    """Key of the metric registry: ``nps``, ``csat``, ``ces`` …"""
    version: int = 1
    question: dict[str, str] = field(default_factory=dict)
    """Language → wording of the metric question where an admin wants other words; empty uses the metric's own."""
