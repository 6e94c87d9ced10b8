"""``palaute answers`` in words: which answers, why they are kept apart, and what can be done about them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer import testing

import commands
from tests.journey import conftest
from tests.journey.conftest import make_world, world

__all__ = ["make_world", "world"]

Run = Callable[..., testing.Result]
SETTINGS = """
[store]
url = "{url}"
secret = "file:{folder}/secret"

[connectors.crm]
type = "memory"

[mapping.write.crm.case]
score = "score"
comment = "comment"

[surveys]
languages = ["en"]
default_language = "en"

[surveys.brand]
name = "Havu"

[surveys.survey.csat]
metric = "csat"

[channels]
"""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The commands do not depend on the kind of database."""
    return f"sqlite:///{tmp_path / 'palaute.db'}"


@pytest.fixture
def run(world: conftest.World, tmp_path: Path) -> Run:
    """Runs ``palaute answers`` against a world in which one answer counts and one is kept apart."""
    world.close_case()
    world.turn()
    world.answer("4", "Kiitos", decoy="x")
    world.answer("2", "Secret")
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS.format(url=world.url, folder=tmp_path))

    def answers(*words: str) -> testing.Result:
        line = ["answers", *words, "--settings", str(settings)]
        return testing.CliRunner().invoke(commands.application(["answers", "why"]), line)

    return answers


def test_the_list_tells_state_sign_record_and_no_comment(run: Run, world: conftest.World) -> None:
    lines = run().output.splitlines()
    assert lines[0].startswith("answer-2  confirmed  2 (csat)  2026-03-02 09:00:00 UTC  case_closed 00000001 · case ")
    assert lines[0].endswith("in crm  by memory, fi")
    assert lines[1].startswith("answer-1  doubtful  4 (csat)")
    assert lines[2] == "  decoy: a field that people cannot see was filled in"
    assert "Secret" not in run().output


def test_only_those_in_one_state_and_with_comments(run: Run) -> None:
    output = run("--state", "doubtful", "--comments").output
    assert "“Kiitos”" in output
    assert "Secret" not in output
    assert run("--state", "void").output == "There are none.\n"


def test_release_and_void_say_what_was_done_and_what_was_left(run: Run) -> None:
    done = run("release", "answer-1", "77")
    assert done.exit_code == 1
    assert done.output == "Done: answer-1.\nanswer-77 is left as it is: there is no such answer\n"
    assert run("void", "answer-1", "--why", "a scanner").exit_code == 0
    assert "answer-1  void  4" in run().output


def test_signs_tell_the_share_of_false_alarms(run: Run) -> None:
    run("release", "answer-1")
    lines = run("signs").output.splitlines()
    assert lines[0].split() == ["sign", "fired", "waiting", "void", "released"]
    assert next(line for line in lines if line.startswith("decoy")).split() == [
        "decoy",
        "1",
        "0",
        "0",
        "1",
        "(100%",
        "false",
        "alarms)",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["release"], "which ones?"),
        (["void", "x-1"], "x-1: not an id"),
        (["list", "answer-1"], "takes no ids"),
        (["signs", "1"], "takes no ids"),
        (["list", "--state", "odd"], "odd"),
    ],
)
def test_wrong_use_is_told(run: Run, words: list[str], said: str) -> None:
    ended = run(*words)
    assert ended.exit_code == 2
    assert said in ended.output
