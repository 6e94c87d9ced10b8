"""The stand-in's work grows with what is asked, not with what it holds. ``bench/stand_ins.py`` measures its speed."""

import pytest

from sandbox import base
from tests import counting
from tests.sandbox.dataverse import direct
from tests.sandbox.dataverse.conftest import population

FEW, MANY = 2_000, 16_000


def _of(cases: int) -> direct.Direct:
    return direct.Direct(base.Population(**{**vars(population()), "cases": cases, "purchases": 10}))


@pytest.fixture(scope="module")
def small() -> direct.Direct:
    """An organisation with few cases."""
    return _of(FEW)


@pytest.fixture(scope="module")
def large() -> direct.Direct:
    """One with eight times as many."""
    return _of(MANY)


@pytest.mark.parametrize("query", direct.READS)
def test_a_record_that_is_read_costs_the_same_in_a_larger_organisation(
    small: direct.Direct, large: direct.Direct, query: str
) -> None:
    read: list[int] = []
    before = counting.calls(lambda: read.append(small.read(query)))
    after = counting.calls(lambda: read.append(large.read(query)))
    assert read == [FEW, MANY]
    assert after / MANY < 1.2 * before / FEW


def test_a_batch_does_not_cost_what_the_organisation_holds(small: direct.Direct, large: direct.Direct) -> None:
    few, same = small.cases(500), large.cases(500)
    small.write(few[:1])  # what is made at the first write is there
    large.write(same[:1])
    before = counting.calls(lambda: small.write(few))
    assert counting.calls(lambda: large.write(same)) < 1.2 * before


def test_an_idle_poll_does_not_cost_what_the_organisation_holds(small: direct.Direct, large: direct.Direct) -> None:
    assert counting.calls(lambda: large.read(direct.IDLE)) < 1.2 * counting.calls(lambda: small.read(direct.IDLE))
