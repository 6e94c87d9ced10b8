"""What many answers say together: each metric's headline with its interval, and the figures that are read rather than asked.

Only confirmed answers belong in here, one per invitation; who calls sees to that.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys import intervals, metrics

TOO_FEW = 10
"""Below this many answers a figure is marked as too small to judge."""

Counts = Mapping[int, int]
"""Value → how many answered it."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with its 95 % interval, in the unit of the figure: points for NPS, per cent for shares, the scale's for means."""

    n: int
    value: float
    low: float
    high: float

    @property
    def too_few(self) -> bool:
        """Whether there are too few answers to judge by."""
        return self.n < TOO_FEW


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One NPS against another, ``points`` apart."""

    points: float
    z: float

    @property
    def real(self) -> bool:
        """Whether they differ by more than chance, at 95 %."""
        return abs(self.z) > intervals.Z


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """Time to resolution, hours."""

    n: int
    median: float
    ninetieth: float


def headline(metric: metrics.Metric, counts: Counts) -> Figure | None:
    """The metric's headline; None without answers. Raises ValueError for a value outside the scale."""
    n, low, high = _tones(metric, counts)
    if n == 0:
        return None
    if metric.headline is metrics.Headline.NET:
        span = intervals.net_interval(high, low, n)
        return Figure(n=n, value=(high - low) / n * 100, low=span.low * 100, high=span.high * 100)
    return _share(high, n)


def mean(metric: metrics.Metric, counts: Counts) -> Figure | None:
    """The mean on the metric's own scale, its interval cut at the scale's ends; None without answers."""
    _tones(metric, counts)
    return _mean([(float(value), count) for value, count in counts.items()], metric.first, metric.last)


def pooled(parts: Sequence[tuple[metrics.Metric, Counts]]) -> Figure | None:
    """Mean of answers of different scales, as 0 to 100 where high is good: the only way to put them together."""
    rows = [(metric.normalised(value), count) for metric, counts in parts for value, count in counts.items()]
    return _mean(rows, 0, 100)


def nps_difference(metric: metrics.Metric, one: Counts, other: Counts) -> Difference | None:
    """One period's or group's net score less another's; None where either has no answers.

    z is that of the adjusted scores, so that ten equal answers do not count as certainty.
    """
    first, second = _tones(metric, one), _tones(metric, other)
    if first[0] == 0 or second[0] == 0:
        return None
    a, b = (intervals.net(high, low, n) for n, low, high in (first, second))
    points = ((first[2] - first[1]) / first[0] - (second[2] - second[1]) / second[0]) * 100
    return Difference(points=points, z=(a.centre - b.centre) / math.hypot(a.error, b.error))


def response_rate(answered: int, delivered: int) -> Figure | None:
    """Invitations with a confirmed answer of those delivered (neither bounced nor cancelled), per cent; None without any."""
    if not 0 <= answered <= delivered:
        raise ValueError(f"{answered} answers to {delivered} delivered invitations")
    return _share(answered, delivered) if delivered else None


def resolution(hours: Sequence[float]) -> Resolution | None:
    """Median and 90th percentile of created → closed as the CRM tells (``ttr``); None without cases."""
    if not hours:
        return None
    ordered = sorted(hours)
    return Resolution(n=len(ordered), median=_quantile(ordered, 0.5), ninetieth=_quantile(ordered, 0.9))


def churn(start: int, end: int) -> float:
    """Customers lost, per cent of those at the start; negative when there are more of them. Raises ValueError without a start."""
    if start <= 0 or end < 0:
        raise ValueError(f"churn from {start} to {end} customers makes no sense")
    return (start - end) / start * 100


def _tones(metric: metrics.Metric, counts: Counts) -> tuple[int, int, int]:
    """How many answers in all, in the low tone and in the high tone."""
    by_tone = dict.fromkeys(metrics.Tone, 0)
    for value, count in counts.items():
        if count < 0:
            raise ValueError(f"{count} answers of {value}")
        by_tone[metric.band(value).tone] += count
    return sum(by_tone.values()), by_tone[metrics.Tone.LOW], by_tone[metrics.Tone.HIGH]


def _share(hits: int, n: int) -> Figure:
    span = intervals.wilson(hits, n)
    return Figure(n=n, value=hits / n * 100, low=span.low * 100, high=span.high * 100)


def _mean(rows: Sequence[tuple[float, int]], least: float, most: float) -> Figure | None:
    n = sum(count for _, count in rows)
    if n == 0:
        return None
    middle = math.fsum(value * count for value, count in rows) / n
    squares = math.fsum((value - middle) ** 2 * count for value, count in rows)
    span = intervals.mean_interval(middle, math.sqrt(squares / (n - 1)) if n > 1 else 0.0, n)
    return Figure(n=n, value=middle, low=max(least, span.low), high=min(most, span.high))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest ranks in proportion (type 7 of Hyndman and Fan, what most programs do)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
