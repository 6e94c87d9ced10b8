"""NDEF, read back by somebody else's library."""

import ndef
import pytest

from wire import ndef as ours


@pytest.mark.parametrize(
    "link",
    ["https://survey.example.com/p/AB12CD", "http://127.0.0.1:8080/p/AB12CD", "ftp://x.example/ä", "https://h/" + "x" * 130],
)
def test_another_library_reads_the_link(link: str) -> None:
    found = list(ndef.message_decoder(ours.record(link)))
    assert [(type(one), one.iri) for one in found] == [(ndef.UriRecord, link)]


def test_another_library_writes_the_same_bytes() -> None:
    link = "https://survey.example.com/p/AB12CD"
    assert ours.record(link) == b"".join(ndef.message_encoder([ndef.UriRecord(link)]))


def test_the_head_is_that_of_one_short_well_known_record() -> None:
    record = ours.record("https://survey.example.com/p/AB12CD")
    assert record[:5].hex() == f"d101{len(record) - 4:02x}5504"


def test_on_a_tag_it_stands_between_a_length_and_an_end() -> None:
    record = ours.record("https://survey.example.com/p/AB12CD")
    assert ours.type_2(record) == b"\x03" + bytes([len(record)]) + record + b"\xfe"


def test_the_longest_link_fits_the_144_bytes_of_an_ntag213() -> None:
    longest = "https://" + "h" * ours.LONGEST
    assert len(ours.type_2(ours.record(longest))) <= 144
    with pytest.raises(ValueError, match="133 bytes after https://, and a tag holds 132"):
        ours.record(longest + "x")
