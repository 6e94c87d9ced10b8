"""What a score means: each metric's scale, bands and direction, one definition each.

Mail, page, dashboard, export and CRM all read from here. A further metric can be defined in settings; it is checked like these.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Tone(enum.StrEnum):
    """How it went, whatever the scale's direction: decides which open question is asked and who is to be followed up."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Headline(enum.StrEnum):
    """Which figure a metric is summed up by."""

    NET = "net"
    """Share of the high tone minus share of the low tone, times 100: −100 to 100 (NPS)."""
    SHARE = "share"
    """Per cent of answers in the high tone (top-2 box, yes, easy)."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """A stretch of the scale that counts as one, both ends included."""

    key: str
    first: int
    last: int
    tone: Tone


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric, versioned: other words, labels, order or points make a new version.

    Raises ValueError when the bands do not cover the scale exactly once.
    """

    key: str
    first: int
    last: int
    bands: tuple[Band, ...]
    headline: Headline
    high_is_good: bool = True
    mean_beside: bool = False
    """Whether the mean is shown next to the headline."""
    in_words: bool = False
    """Whether the answers are shown as words (yes, no) instead of numbers."""
    phrases: str = ""
    """Prefix of its phrases where it borrows another metric's; empty means its own key."""
    question: Mapping[str, str] = field(default_factory=dict)
    """Language → question, for a metric that settings define; the built-in ones have phrases."""
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """Language → value → label, likewise."""
    version: int = 1

    def __post_init__(self) -> None:
        problem = _uncovered(self)
        if problem:
            raise ValueError(problem)

    @property
    def values(self) -> range:
        """Every value that may be chosen, in the order shown: low left, high right."""
        return range(self.first, self.last + 1)

    def band(self, value: int) -> Band:
        """The band a value falls in. Raises ValueError for a value outside the scale."""
        for band in self.bands:
            if band.first <= value <= band.last:
                return band
        raise ValueError(f"{value} is outside the scale of {self.key}, {self.first} to {self.last}")

    def normalised(self, value: int) -> float:
        """0 to 100, high is good: the only form in which values of different scales may be pooled."""
        if value not in self.values:
            raise ValueError(f"{value} is outside the scale of {self.key}, {self.first} to {self.last}")
        share = (value - self.first) / (self.last - self.first) * 100
        return share if self.high_is_good else 100 - share


def _uncovered(metric: Metric) -> str:
    """What is wrong with the bands, in words; empty when they cover the scale exactly once."""
    if metric.first >= metric.last:
        return f"the scale runs from {metric.first} to {metric.last}: it should rise"
    expected = metric.first
    for band in sorted(metric.bands, key=lambda band: band.first):
        if band.first != expected or band.last < band.first:
            return f'band "{band.key}" covers {band.first} to {band.last}: it should begin at {expected}'
        expected = band.last + 1
    if expected != metric.last + 1:
        return f"the bands end at {expected - 1}: they should end at {metric.last}, the end of the scale"
    return ""


def _bands(*rows: tuple[str, int, int, Tone]) -> tuple[Band, ...]:
    return tuple(Band(key=key, first=first, last=last, tone=tone) for key, first, last, tone in rows)


_LOW, _MIDDLE, _HIGH = Tone.LOW, Tone.MIDDLE, Tone.HIGH

BUILT_IN: Mapping[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            key="nps",
            first=0,
            last=10,
            bands=_bands(("detractor", 0, 6, _LOW), ("passive", 7, 8, _MIDDLE), ("promoter", 9, 10, _HIGH)),
            headline=Headline.NET,
        ),
        Metric(
            key="nps_1_10",
            first=1,
            last=10,
            bands=_bands(("detractor", 1, 6, _LOW), ("passive", 7, 8, _MIDDLE), ("promoter", 9, 10, _HIGH)),
            headline=Headline.NET,
            phrases="nps",
        ),
        Metric(
            key="csat",
            first=1,
            last=5,
            bands=_bands(("dissatisfied", 1, 2, _LOW), ("neutral", 3, 3, _MIDDLE), ("satisfied", 4, 5, _HIGH)),
            headline=Headline.SHARE,
        ),
        Metric(
            key="csat_7",
            first=1,
            last=7,
            bands=_bands(("dissatisfied", 1, 3, _LOW), ("neutral", 4, 5, _MIDDLE), ("satisfied", 6, 7, _HIGH)),
            headline=Headline.SHARE,
            phrases="csat",
        ),
        Metric(
            key="csat_yes_no",
            first=0,
            last=1,
            bands=_bands(("no", 0, 0, _LOW), ("yes", 1, 1, _HIGH)),
            headline=Headline.SHARE,
            in_words=True,
        ),
        Metric(
            key="ces",
            first=1,
            last=7,
            bands=_bands(("hard", 1, 3, _LOW), ("neutral", 4, 4, _MIDDLE), ("easy", 5, 7, _HIGH)),
            headline=Headline.SHARE,
            mean_beside=True,
        ),
        Metric(
            key="ces_effort",
            first=1,
            last=7,
            bands=_bands(("easy", 1, 3, _HIGH), ("neutral", 4, 4, _MIDDLE), ("hard", 5, 7, _LOW)),
            headline=Headline.SHARE,
            high_is_good=False,
            mean_beside=True,
        ),
        Metric(
            key="ces_5",
            first=0,
            last=5,
            bands=_bands(("hard", 0, 1, _LOW), ("neutral", 2, 3, _MIDDLE), ("easy", 4, 5, _HIGH)),
            headline=Headline.SHARE,
            mean_beside=True,
            phrases="ces_effort",
        ),
        Metric(
            key="fcr",
            first=0,
            last=1,
            bands=_bands(("no", 0, 0, _LOW), ("yes", 1, 1, _HIGH)),
            headline=Headline.SHARE,
            in_words=True,
        ),
    )
}
"""The metrics that can be asked without defining one. First contact resolution is asked or read from the CRM."""
