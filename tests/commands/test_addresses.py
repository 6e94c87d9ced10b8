"""palaute addresses: what is given up, and how it is lifted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer import testing

import commands
from store import bad_addresses, database, people
from tests import smallest

RUNNER = testing.CliRunner()
EMAIL = "aino@posti.example"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file that needs nothing outside."""
    return smallest.write(tmp_path)


@pytest.fixture
def store(settings: Path) -> Iterator[database.Store]:
    """The store of these settings."""
    store = database.Store(f"sqlite:///{settings.parent / 'palaute.db'}")
    store.migrate()
    yield store
    store.close()


def mark(store: database.Store, settings: Path, kind: str) -> None:
    secret = people.open_secret(f"file:{settings.parent / 'palaute.secret'}")
    key = bad_addresses.key(secret, "email", EMAIL)
    row = {"key": key, "channel": "email", "since": datetime(2026, 3, 2, tzinfo=UTC), "kind": kind, "code": "5.1.1"}
    with store.write() as tx:
        tx.execute(bad_addresses.BAD.insert().values(**row, problem="[user] unknown", count=1))


def run(settings: Path, *words: str) -> testing.Result:
    line = ["addresses", *words, "--settings", str(settings)]
    return RUNNER.invoke(commands.application(["addresses"]), line)


def test_without_marks_it_says_so(settings: Path, store: database.Store) -> None:
    done = run(settings)
    assert (done.exit_code, done.stdout) == (0, "No address is given up.\n")


@pytest.mark.parametrize(("kind", "status", "state"), [("bounced", 1, "given up"), ("soft", 0, "watched (1 came back)")])
def test_marks_are_listed_with_what_led_to_them(
    settings: Path, store: database.Store, kind: str, status: int, state: str
) -> None:
    mark(store, settings, kind)
    done = run(settings)
    assert done.exit_code == status
    assert state in done.stdout
    assert f"{kind} 5.1.1" in done.stdout


def test_the_list_may_be_had_as_json(settings: Path, store: database.Store) -> None:
    mark(store, settings, "bounced")
    [one] = json.loads(run(settings, "--json").stdout)["addresses"]
    assert (one["state"], one["code"], one["problem"], one["since"]) == (
        "given up",
        "5.1.1",
        "[user] unknown",
        "2026-03-02T00:00:00+00:00",
    )


def test_a_mark_is_lifted_by_its_address(settings: Path, store: database.Store) -> None:
    mark(store, settings, "bounced")
    assert run(settings, "clear", "eino@posti.example").exit_code == 1
    done = run(settings, "clear", "AINO@posti.example")
    assert (done.exit_code, done.stdout) == (0, "1 marks were lifted.\n")
    assert run(settings).exit_code == 0
