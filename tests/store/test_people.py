"""One person, one key, however the address is written; and the secret that the keys are made with."""

import multiprocessing
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels import address
from store import database, people
from tests.store import conftest
from triggers import touchpoint

SECRET = b"0123456789abcdef"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("aino@posti.example", "mailto:aino@posti.example"),
        ("  Aino@Posti.Example\t", "mailto:aino@posti.example"),
        ("\ufeffaino@posti.example\u200b", "mailto:aino@posti.example"),
        ("aino\x00@posti.example", "mailto:aino@posti.example"),
        ("ａｉｎｏ@posti.example", "mailto:aino@posti.example"),
        ("aino@münchen.example", "mailto:aino@xn--mnchen-3ya.example"),
        ("aino@MÜNCHEN.example", "mailto:aino@xn--mnchen-3ya.example"),
        ("aino@xn--mnchen-3ya.example", "mailto:aino@xn--mnchen-3ya.example"),
        ("aino@straße.example", "mailto:aino@xn--strae-oqa.example"),
        ("aino@STRAẞE.example", "mailto:aino@xn--strae-oqa.example"),
        ("aino@strasse.example", "mailto:aino@strasse.example"),
        ("aino@pоsti.example", "mailto:aino@xn--psti-55d.example"),
        ("aino@☃.example", "mailto:aino@xn--n3h.example"),
        ("päivi@posti.example", "mailto:päivi@posti.example"),
        ("pa\u0308ivi@posti.example", "mailto:päivi@posti.example"),
        ("aino+news@posti.example", "mailto:aino+news@posti.example"),
        ("", None),
        ("not an address", None),
        ("@posti.example", None),
        ("aino@", None),
        ("aino@localhost", None),
        ("aino virtanen@posti.example", None),
        ("aino@posti..example", None),
        ("\udcff@posti.example", None),
        ("a" * 40_000 + "@posti.example", None),
        ("aino@" + "a" * 64 + ".example", None),
    ],
)
def test_a_mail_address_has_one_normal_form(written: str, normal: str | None) -> None:
    assert people.normal_email(written) == normal


_LETTERS = "aoeiß\u0430\u043e\u0435\u03bf\u03c2\u00e5\u00f6\u0131\uff41-1"
"""Latin, Cyrillic and Greek letters that look alike, and those that fold into others."""


@given(st.text("abZß.+", min_size=1, max_size=6), st.text(_LETTERS, min_size=1, max_size=8))
def test_who_gets_mail_at_the_same_address_is_the_same_person(local: str, domain: str) -> None:
    written = f"{local}@{domain}.example"
    sent_to = address.normalised(written)
    if sent_to is not None:
        assert address.domain(sent_to).isascii(), "what admins are shown tells look-alikes apart"
        assert people.normal_email(written) == people.normal_email(sent_to)


@given(st.text(_LETTERS, min_size=1, max_size=8), st.text(_LETTERS, min_size=1, max_size=8))
def test_domains_that_only_look_alike_are_two_people(one: str, other: str) -> None:
    first, second = (address.normalised(f"aino@{domain}.example") for domain in (one, other))
    if first is not None and second is not None:
        assert (people.normal_email(first) == people.normal_email(second)) is (first == second)


@pytest.mark.parametrize(
    ("number", "normal"),
    [
        ("040 123 4567", "tel:+358401234567"),
        ("+358 40 123 4567", "tel:+358401234567"),
        ("00358401234567", "tel:+358401234567"),
        ("(040) 123-4567", "tel:+358401234567"),
        ("+46 70 123 45 67", "tel:+46701234567"),
        ("", None),
        ("-", None),
        ("ask reception", None),
        ("1", None),
        ("9" * 40_000, None),
    ],
)
def test_a_phone_number_has_one_normal_form(number: str, normal: str | None) -> None:
    assert people.normal_phone(number) == normal


def test_the_key_is_made_of_the_mail_address_when_there_is_one() -> None:
    both = people.key(SECRET, touchpoint.Recipient(email="aino@posti.example", phone="040 123 4567"))
    assert both == people.key(SECRET, touchpoint.Recipient(email="Aino@posti.example"))
    assert both != people.key(SECRET, touchpoint.Recipient(phone="040 123 4567"))


def test_nobody_has_no_key() -> None:
    assert people.key(SECRET, None) is None
    assert people.key(SECRET, touchpoint.Recipient(record="c1", name="Aino", email="nonsense", phone="nonsense")) is None


def test_the_key_tells_nothing_without_the_secret() -> None:
    aino = touchpoint.Recipient(email="aino@posti.example")
    assert people.key(SECRET, aino) != people.key(b"another secret..", aino)
    assert "aino" not in str(people.key(SECRET, aino))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_key_or_none(email: str, phone: str) -> None:
    key = people.key(SECRET, touchpoint.Recipient(email=email, phone=phone))
    assert key is None or len(key) == 64


@settings(max_examples=50, deadline=None)
@given(st.emails())
def test_spaces_and_case_make_no_other_person(email: str) -> None:
    assert people.normal_email(f"  {email.upper()}  ") == people.normal_email(email)


def test_a_missing_secret_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    secret = people.open_secret(f"file:{tmp_path / 'secret'}")
    assert len(secret) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_secret_is_the_same_when_it_is_opened_again(tmp_path: Path) -> None:
    reference = f"file:{tmp_path / 'secret'}"
    assert people.open_secret(reference) == people.open_secret(reference)


def test_threads_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    for number in range(20):
        with ThreadPoolExecutor(4) as pool:
            made = set(pool.map(people.open_secret, [f"file:{tmp_path / str(number)}"] * 4))
        assert len(made) == 1


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        for number in range(20):
            assert len(set(pool.map(people.open_secret, [f"file:{tmp_path / str(number)}"] * 4, chunksize=1))) == 1


@pytest.mark.parametrize("text", ["", "short", "\n\n"])
def test_a_secret_that_is_too_short_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    with pytest.raises(ValueError, match="fewer than 16 characters") as raised:
        people.open_secret(f"file:{tmp_path / 'secret'}")
    assert "short;" not in str(raised.value)


@pytest.mark.parametrize("value", ["", "short"])
def test_a_secret_of_the_environment_must_be_there_and_long_enough(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PALAUTE_TEST_SECRET", value)
    with pytest.raises(ValueError, match="PALAUTE_TEST_SECRET"):
        people.open_secret("env:PALAUTE_TEST_SECRET")


@pytest.fixture
def person(store: database.Store) -> int:
    """A person who is known."""
    with store.write() as tx:
        return people.ids(tx, ["k"])["k"]


def test_saying_no_twice_keeps_the_first_time(store: database.Store, person: int) -> None:
    with store.write() as tx:
        assert people.opt_out(tx, person, conftest.NOW, "page")
        assert not people.opt_out(tx, person, conftest.NOW.replace(year=2027), "mail")
    with store.read() as tx:
        assert people.opted_out(tx, [person]) == {person: conftest.NOW}
