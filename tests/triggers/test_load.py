"""Caps: no time of the span, wherever it begins, has more askings than the count."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.triggers import samples
from triggers import load, spans

hours = st.lists(st.integers(0, 400), max_size=12)
caps = st.builds(lambda count, span: spans.cap(f"{count} per {span}h"), st.integers(1, 4), st.integers(1, 96))


@pytest.mark.parametrize(
    ("text", "asked", "free"),
    [
        ("1 per 24h", [0], 24),
        ("2 per 24h", [0], 12),
        ("2 per 24h", [0, 6], 24),
        ("2 per 24h", [6, 18], 30),
        ("3 per 7d", [-24, 0, 6], 144),
        ("1 per 24h", [-13], 12),
        ("1 per 24h", [20], 44),
        ("1 per 24h", [-30, 40], 12),
    ],
)
def test_the_first_free_moment_from_noon_on(text: str, asked: list[int], free: int) -> None:
    begin = samples.NOON - timedelta(hours=12)
    times = [begin + timedelta(hours=hour) for hour in asked]
    assert load.free(times, spans.cap(text), samples.NOON) == begin + timedelta(hours=free)


@given(hours, caps, st.integers(0, 400))
def test_the_free_moment_keeps_within_the_cap_whatever_was_asked(asked: list[int], cap: spans.Cap, wanted: int) -> None:
    taken: list[float] = []
    for hour in [*asked, wanted]:
        times = [samples.NOON + timedelta(hours=one) for one in sorted(taken)]
        moment = load.free(times, cap, samples.NOON + timedelta(hours=hour))
        assert moment >= samples.NOON + timedelta(hours=hour)
        taken.append((moment - samples.NOON) / timedelta(hours=1))
    ordered = sorted(taken)
    span = cap.span / timedelta(hours=1)
    assert all(end - start >= span - 1e-6 for start, end in zip(ordered, ordered[cap.count :], strict=False))


def test_what_is_taken_back_does_not_count() -> None:
    counts = load.Load()
    one = load.Asking(account="acme:a", domain="x.example", stratum="r:owner=o", at=samples.NOON)
    counts.add(one, samples.NOON.date(), 0.3)
    counts.remove(one, samples.NOON.date(), 0.3)
    assert counts.accounts == {"acme:a": []}
    assert counts.days == {samples.NOON.date(): 0}
    assert counts.answers == {"r:owner=o": 0.0}
