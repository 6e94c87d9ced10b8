"""``palaute retry`` by ids: a dead letter and a message of the same number are told apart."""

from pathlib import Path

import pytest
from typer import testing

import commands
from tests import smallest


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return smallest.write(tmp_path)


def run(settings: Path, *words: str) -> testing.Result:
    return testing.CliRunner().invoke(commands.application(["retry", "status"]), [*words, "--settings", str(settings)])


@pytest.mark.parametrize("wrong", ["5", "write-", "letter-5", "write-5x", "write-1234567890123456"])
def test_what_is_no_id_is_refused_with_an_example(settings: Path, wrong: str) -> None:
    done = run(settings, "retry", wrong)
    assert done.exit_code == 2
    assert "write-12" in done.output


def test_an_id_that_concerns_nothing_is_a_finding(settings: Path) -> None:
    done = run(settings, "retry", "write-5")
    assert (done.exit_code, done.output) == (1, "None of these waits to be tried again; palaute status shows what does.\n")


def test_without_ids_there_may_be_nothing_to_do(settings: Path) -> None:
    done = run(settings, "retry")
    assert (done.exit_code, done.output) == (0, "0 dead letters and 0 unsure messages are due again.\n")
