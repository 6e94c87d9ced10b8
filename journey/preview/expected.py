"""What the answers would be worth: how many to expect at a response rate, and how exactly they would tell the figure."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveys import intervals, metrics, survey

_NET_HIGH, _NET_LOW = 0.5, 0.25
"""Promoters and detractors for which the width of a net score is worked out: opinions so broad that it is seldom wider."""
_SHARE = 0.5
"""The share that is hardest to know."""
USUAL_RATE = 0.3
"""Response rate where nothing is known yet."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One survey's answers."""

    survey: str
    metric: str
    asked: int
    answers: int
    half_width: float | None
    """Half of the 95 % interval, in points (net scores) or percentage points (shares); None without answers."""


def expected(asked: Mapping[str, int], surveys: Mapping[str, survey.Survey], rate: float) -> list[Expected]:
    """For each survey that would have been sent; ``rate`` is the share of messages that are answered, 0 to 1."""
    return [_expected(key, count, surveys.get(key), rate) for key, count in sorted(asked.items()) if count]


def _expected(key: str, asked: int, chosen: survey.Survey | None, rate: float) -> Expected:
    answers = round(asked * rate)
    width = None if chosen is None or not answers else half_width(chosen.definition.headline, answers)
    return Expected(survey=key, metric=chosen.metric if chosen else "", asked=asked, answers=answers, half_width=width)


def half_width(headline: metrics.Headline, n: int) -> float:
    """Half the width of the 95 % interval of a figure from ``n`` answers, in points or percentage points."""
    if headline is metrics.Headline.NET:
        span = intervals.net_interval(round(n * _NET_HIGH), round(n * _NET_LOW), n)
    else:
        span = intervals.wilson(round(n * _SHARE), n)
    return (span.high - span.low) / 2 * 100
