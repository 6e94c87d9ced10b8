"""``palaute rules`` by name: a name that no rule has is told with the nearest one."""

from pathlib import Path

import pytest
from typer import testing

import commands
from tests import smallest


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return smallest.write(tmp_path, smallest.SETTINGS + smallest.CASES)


def run(settings: Path, *words: str) -> testing.Result:
    return testing.CliRunner().invoke(commands.application(["rules", "status"]), ["rules", *words, "--settings", str(settings)])


@pytest.mark.parametrize("what", ["list", "history", "variants"])
def test_a_name_that_no_rule_has_is_told_with_the_nearest(settings: Path, what: str) -> None:
    done = run(settings, what, "Case")
    assert done.exit_code == 1
    assert done.stderr == 'There is no rule “Case”; should be "Cases"\n'


def test_a_rule_that_was_never_in_force_has_no_history_yet(settings: Path) -> None:
    done = run(settings, "history", "Cases")
    assert (done.exit_code, done.stdout) == (1, "No rule has been in force yet: palaute run notes them when it starts.\n")
