"""``palaute sandbox`` and ``python -m sandbox`` from outside."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import typer
from typer.testing import CliRunner

from commands import sandbox as command
from sandbox import lines

SMALL = ("--cases", "5", "--purchases", "5")


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(command.sandbox)
    return made


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    process = start("--dir", str(tmp_path), *SMALL)
    assert process.stdout is not None
    assert str(tmp_path / "sandbox.json") in process.stdout.readline()
    control = json.loads((tmp_path / "sandbox.json").read_text())["control"]
    assert requests.get(f"{control}/counters", timeout=10).status_code == 200
    process.send_signal(stop)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_taken_port_ends_with_status_2_and_a_sentence(tmp_path: Path) -> None:
    with lines.bind(0, "a test") as taken:
        process = start("--dir", str(tmp_path), *SMALL, "--control-port", str(lines.port(taken)))
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.startswith("The sandbox cannot start: Port ")


@pytest.mark.parametrize("wrong", [("--cases", "-1"), ("--seed", "x"), ("--control-port", "70000"), ("--dance",)])
def test_wrong_options_end_with_status_2(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    process = start("--dir", str(tmp_path), *SMALL, *wrong)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert wrong[0].strip("-").split("-")[0] in errors
    assert "Traceback" not in errors


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "NEEDED", ("orjson", "a_package_that_is_not_installed"))
    result = CliRunner().invoke(app(), ["--dir", str(tmp_path)])
    assert result.exit_code == 2
    assert "a_package_that_is_not_installed: install it with pip install" in result.output


def test_the_command_takes_the_options_of_the_contract() -> None:
    result = CliRunner().invoke(app(), ["--help"], env={"COLUMNS": "200"})
    for option in ("--dir", "--seed", "--cases", "--purchases", "--people", "--control-port"):
        assert option in result.output
