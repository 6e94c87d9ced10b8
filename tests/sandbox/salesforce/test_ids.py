"""Record ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce import ids

SHORT = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH"),
        ("500000000000001", "500000000000001AAA"),
        ("00D30000000IsUQ", "00D30000000IsUQEA0"),
    ],
)
def test_known_ids_have_their_known_checksum(short: str, whole: str) -> None:
    assert ids.extend(short) == whole


@given(SHORT)
def test_an_id_whose_case_was_lost_is_repaired(short: str) -> None:
    whole = short + ids.checksum(short)
    assert ids.extend(whole[:15].swapcase() + whole[15:]) == whole


@given(SHORT)
def test_extending_twice_changes_nothing(short: str) -> None:
    once = ids.extend(short)
    assert once is not None
    assert ids.extend(once) == once


@pytest.mark.parametrize("text", ["", "500", "500'00000000001", "50000000000000100", "500000000000001A!A", "500000000000001999"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert ids.extend(text) is None


def test_ids_of_one_object_rise_as_text_does() -> None:
    maker = ids.Maker()
    made = [maker.make("500") for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
