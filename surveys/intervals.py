"""The mathematics of uncertainty: 95 % intervals of net scores, shares and means. Pure numbers; figures.py gives them meaning."""

import math
from dataclasses import dataclass

Z = 1.959964
"""Quantile 0.975 of the normal distribution."""
_SMALLEST = 1e-300


@dataclass(frozen=True, kw_only=True)
class Interval:
    """From low to high, both included."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Net:
    """A net score (P − D) / n with three invented answers added, as the adjusted Wald method does: centre and standard error."""

    centre: float
    error: float


def net(promoters: int, detractors: int, n: int) -> Net:
    """Adjusted Wald estimate of a net score, as a share from −1 to 1.

    Three quarters of an answer go to each end and one and a half to the middle: Rocks, "Interval Estimation for the Net
    Promoter Score", The American Statistician 70 (2016); Lewis and Sauro recommend it.
    """
    more = n + 3
    high, low = (promoters + 0.75) / more, (detractors + 0.75) / more
    centre = high - low
    return Net(centre=centre, error=math.sqrt((high + low - centre**2) / more))


def net_interval(promoters: int, detractors: int, n: int) -> Interval:
    """Of (P − D) / n, as a share, never beyond −1 and 1."""
    found = net(promoters, detractors, n)
    return Interval(low=max(-1.0, found.centre - Z * found.error), high=min(1.0, found.centre + Z * found.error))


def wilson(hits: int, n: int) -> Interval:
    """Score interval of a share, 0 to 1. Wilson, Journal of the American Statistical Association 22 (1927)."""
    share, squared = hits / n, Z**2
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = Z / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return Interval(low=0.0 if hits == 0 else centre - half, high=1.0 if hits == n else centre + half)


def mean_interval(mean: float, deviation: float, n: int) -> Interval:
    """Student's t interval of a mean; ``deviation`` is that of the sample (n − 1). Unbounded for a single value."""
    if n < 2:
        return Interval(low=-math.inf, high=math.inf)
    half = student(0.975, n - 1) * deviation / math.sqrt(n)
    return Interval(low=mean - half, high=mean + half)


def student(share: float, freedom: int) -> float:
    """Quantile of Student's t distribution for a share above one half, by bisection of its distribution function."""
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _student_below(t: float, freedom: int) -> float:
    """Probability of a value below t, t ≥ 0. Abramowitz and Stegun 26.7.1 with 26.5.27."""
    return 1 - _beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def _beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function. DLMF 8.17.22, from the side where the fraction converges fast."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front / a * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method. Numerical Recipes, section 6.4."""
    value = upper = 1.0
    lower = 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = lower
    for step in range(1, 500):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        before = value
        for term in (even, odd):
            lower = 1 / _off_zero(1 + term * lower)
            upper = _off_zero(1 + term / upper)
            value *= lower * upper
        if abs(value - before) < 1e-15 * abs(value):
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > _SMALLEST else _SMALLEST
