"""The stand-in's work grows with what is asked, not with what the org holds. ``bench/stand_ins.py`` measures its speed."""

import pytest

from tests import counting
from tests.sandbox.salesforce import direct
from tests.sandbox.salesforce.conftest import population

FEW, MANY = 2_000, 16_000


@pytest.fixture(scope="module")
def small() -> direct.Direct:
    """An org with few cases."""
    return direct.Direct(population(cases=FEW, persons=400))


@pytest.fixture(scope="module")
def large() -> direct.Direct:
    """One with eight times as many."""
    return direct.Direct(population(cases=MANY, persons=400))


def test_a_record_that_is_read_costs_the_same_in_a_larger_org(small: direct.Direct, large: direct.Direct) -> None:
    read: list[int] = []
    before = counting.calls(lambda: read.append(small.read(direct.READ)))
    after = counting.calls(lambda: read.append(large.read(direct.READ)))
    assert read == [FEW, MANY]
    assert after / MANY < 1.2 * before / FEW


def test_a_page_far_back_does_not_cost_what_the_org_holds(small: direct.Direct, large: direct.Direct) -> None:
    near, far = small.poll(), large.poll()
    assert (small.read(near), large.read(far)) == (1, 1)
    assert counting.calls(lambda: large.read(far)) < 1.2 * counting.calls(lambda: small.read(near))


def test_a_batch_does_not_cost_what_the_org_holds(small: direct.Direct, large: direct.Direct) -> None:
    few, same = small.cases(400), large.cases(400)
    small.write(few[:1])  # what is made at the first write is there
    large.write(same[:1])
    before = counting.calls(lambda: small.write(few))
    assert counting.calls(lambda: large.write(same)) < 1.2 * before
